import { useMutation } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Scroll } from "@/ui/Scroll";
import { Refused } from "@/ui/states";

interface MappingProps {
  suggestion: Schemas["SuggestionAnswer"];
  again: (kind: string) => void;
  start: () => void;
  leave: () => void;
}

/** What each column was taken for, how surely, with masked samples; and what importing a sample would refuse. */
export function Mapping({ suggestion, again, start, leave }: MappingProps) {
  const say = useSay();
  const format = useFormat();
  const [text, setText] = useState<string>();
  const save = useMutation({
    mutationFn: () =>
      answered(api.POST("/api/v1/mappings", { body: { mapping: suggestion.mapping, text: text ?? "" } })),
    onSuccess: start,
  });
  const sure = suggestion.refused === 0;
  return (
    <div className="grid">
      <div className="chips" style={{ alignItems: "center" }}>
        <h2>{suggestion.source}</h2>
        {suggestion.export && <Pill tone="good">{say(suggestion.export)}</Pill>}
        <Pill>{suggestion.kinds.join(say(", ", "、"))}</Pill>
        <Pill tone={sure ? "good" : "warm"}>
          {say(
            `tried on ${format.number(suggestion.read)} lines: ${format.number(suggestion.refused)} would be refused`,
            `试读 ${format.number(suggestion.read)} 行，${format.number(suggestion.refused)} 行会被拒绝`,
          )}
        </Pill>
        {suggestion.rivals.map((kind) => (
          <Button key={kind} size="small" onClick={() => again(kind)}>
            {say(`Rather ${kind}?`, `其实是 ${kind}？`)}
          </Button>
        ))}
      </div>
      {suggestion.reasons.length > 0 && (
        <ul style={{ margin: 0 }}>
          {suggestion.reasons.map((each) => (
            <li key={`${each.input} ${each.column} ${each.problem}`}>
              {format.number(each.lines)} × {each.column}: {each.problem}
            </li>
          ))}
        </ul>
      )}
      {text === undefined ? (
        <Columns suggestion={suggestion} />
      ) : (
        <Input.TextArea
          rows={20}
          className="code"
          aria-label={say("Mapping", "映射")}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      {save.isError && <Refused error={save.error} />}
      <div className="chips">
        <Button
          type="primary"
          loading={save.isPending}
          onClick={() => (text === undefined || text === suggestion.text ? start() : save.mutate())}
        >
          {say("Import", "导入")}
        </Button>
        {text === undefined && (
          <Button onClick={() => setText(suggestion.text)}>{say("Edit the mapping…", "编辑映射……")}</Button>
        )}
        <Button type="text" onClick={leave}>
          {say("Not now", "暂不导入")}
        </Button>
      </div>
    </div>
  );
}

function Columns({ suggestion }: { suggestion: Schemas["SuggestionAnswer"] }) {
  const say = useSay();
  const format = useFormat();
  return (
    <Scroll label={say("Table", "表格")} bare style={{ maxHeight: 380 }}>
      <table className="plain">
        <thead>
          <tr>
            <th>{say("Column", "列")}</th>
            <th>{say("Taken for", "识别为")}</th>
            <th className="number">{say("Sure", "把握")}</th>
            <th>{say("Samples", "示例")}</th>
            <th>{say("Or", "也可能")}</th>
          </tr>
        </thead>
        <tbody>
          {suggestion.columns.map((each) => (
            <tr key={`${each.kind} ${each.input} ${each.columns.join()}`} className={each.mapped ? "" : "faint"}>
              <td>{each.columns.join(" + ") || `"${each.constant}"`}</td>
              <td>
                {say(each.title)} <span className="faint small">{each.kind}</span>
                {!each.mapped && <span className="faint"> {say("(doubtful, left out)", "（存疑，未映射）")}</span>}
              </td>
              <td className="number">{format.share(each.confidence, 0)}</td>
              <td className="small">{each.samples}</td>
              <td className="small faint">{each.others.join(say(", ", "、"))}</td>
            </tr>
          ))}
          {suggestion.identifiers.map((each) => (
            <tr key={`${each.type} ${each.column}`}>
              <td>{each.column}</td>
              <td>
                {say("identifier", "标识")} {each.type} <span className="faint small">{each.scope}</span>
              </td>
              <td className="number">{format.share(each.confidence, 0)}</td>
              <td />
              <td />
            </tr>
          ))}
          {suggestion.unused.map((name) => (
            <tr key={name} className="faint">
              <td>{name}</td>
              <td>{say("not used", "未使用")}</td>
              <td />
              <td />
              <td />
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
