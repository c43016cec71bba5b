import { Button, Checkbox, InputNumber } from "antd";
import { useState } from "react";
import { SENDING, type Stage } from "@/features/campaigns/definition";
import type { Section } from "@/features/campaigns/whom";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { nameOfArm } from "@/ui/Effect";
import { Field } from "@/ui/Field";
import { Scroll } from "@/ui/Scroll";

const GUARDS = ["unsubscribed", "complained", "bounced"];

export function Stages({ draft, change, planned }: Section) {
  const say = useSay();
  const format = useFormat();
  const names: Record<string, string> = {
    unsubscribed: say("unsubscribed, %", "退订 %"),
    complained: say("complained, %", "投诉 %"),
    bounced: say("bounced, %", "退信 %"),
  };
  const edit = (at: number, part: Partial<Stage>) =>
    change({ stages: draft.stages.map((each, i) => (i === at ? { ...each, ...part } : each)) });
  return (
    <>
      <h2>{say("How is it let out?", "如何放量？")}</h2>
      <Scroll label={say("Table", "表格")} bare>
        <table className="plain">
          <thead>
            <tr>
              <th>{say("Stage", "阶段")}</th>
              <th>{say("Share of the audience, %", "人群比例 %")}</th>
              <th className="number">{say("Customers", "人数")}</th>
              <th>{say("Watched for hours", "观察小时数")}</th>
              <th>{say("Goes on by itself", "自动继续")}</th>
              <th>
                <span className="unseen">{say("What to do", "操作")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {draft.stages.map((each, at) => {
              const last = at === draft.stages.length - 1;
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a stage has no name but its place
                <tr key={at}>
                  <td>{at + 1}</td>
                  <td>
                    <InputNumber
                      size="small"
                      min={0.01}
                      max={100}
                      disabled={last}
                      aria-label={say(`Share of stage ${at + 1}`, `阶段 ${at + 1} 比例`)}
                      value={Math.round(each.share * 1e4) / 100}
                      onChange={(value) => edit(at, { share: Math.round((value ?? 1) * 1e4) / 1e6 })}
                    />
                  </td>
                  <td className="number">
                    {planned?.stages[at] === undefined ? "–" : format.number(planned.stages[at])}
                  </td>
                  <td>
                    <InputNumber
                      size="small"
                      min={0}
                      aria-label={say(`Hours of stage ${at + 1}`, `阶段 ${at + 1} 观察小时数`)}
                      value={each.hours}
                      onChange={(hours) => edit(at, { hours: hours ?? 0 })}
                    />
                  </td>
                  <td>
                    {!last && (
                      <Checkbox
                        checked={each.automatic}
                        disabled={!each.hours}
                        aria-label={say(`Stage ${at + 1} goes on by itself`, `阶段 ${at + 1} 自动继续`)}
                        onChange={(event) => edit(at, { automatic: event.target.checked })}
                      />
                    )}
                  </td>
                  <td>
                    {!last && draft.stages.length > 1 && (
                      <Button
                        size="small"
                        type="text"
                        onClick={() => change({ stages: draft.stages.filter((_, i) => i !== at) })}
                      >
                        {say("Remove", "移除")}
                      </Button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      <Button
        size="small"
        style={{ justifySelf: "start" }}
        onClick={() => {
          const before = draft.stages[draft.stages.length - 2]?.share ?? 0.005;
          const fresh = { share: Math.min(0.9, Math.round(before * 2 * 1e4) / 1e4), hours: 24, automatic: false };
          change({ stages: [...draft.stages.slice(0, -1), fresh, ...draft.stages.slice(-1)] });
        }}
      >
        {say("Another stage", "添加阶段")}
      </Button>
      <h3>{say("It stops by itself when more than this share of messages", "超过以下比例时自动停止")}</h3>
      <div className="chips">
        {GUARDS.map((word) => (
          <Field key={word} name={names[word] ?? word}>
            <InputNumber
              min={0}
              max={100}
              step={0.1}
              style={{ width: 120 }}
              value={Math.round((draft.guards[word] ?? 0) * 1e5) / 1e3}
              onChange={(value) => change({ guards: { ...draft.guards, [word]: (value ?? 0) / 100 } })}
            />
          </Field>
        ))}
      </div>
    </>
  );
}

export function Review({ draft, planned, definition }: Section) {
  const say = useSay();
  const format = useFormat();
  const [text, setText] = useState(false);
  const rows: [string, string][] = [
    [say("Audience", "人群"), `${draft.audience}${planned ? ` · ${format.number(planned.customers)}` : ""}`],
    [
      say("Goal", "目标"),
      say(
        `${draft.outcome}, +${format.share(draft.lift)} within ${draft.days} days`,
        `${draft.outcome === "bought" ? "购买率" : "人均消费"}提升 ${format.share(draft.lift)}，${draft.days} 天内`,
      ),
    ],
    ...SENDING.filter((name) => draft[name].on).map((name): [string, string] => [
      nameOfArm(name, say),
      draft[name].content,
    ]),
    [say("Channels", "渠道"), draft.by.join(say(", then ", " → "))],
    [say("Stages", "放量阶段"), draft.stages.map((each) => format.share(each.share)).join(" → ")],
  ];
  return (
    <>
      <h2>{say("Is it so?", "请确认")}</h2>
      <table className="plain">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="faint">
        {planned?.needs_approval
          ? say(
              "So many customers need somebody else's approval before the first stage. Nobody is written to now.",
              "该规模需他人批准后才能放量。现在不会触达任何人。",
            )
          : say("Nobody is written to before you let a stage out.", "放量前不会触达任何人。")}
      </p>
      <Button size="small" type="link" className="as-text" onClick={() => setText(!text)}>
        {text ? say("Hide the definition", "收起定义") : say("The definition", "查看定义")}
      </Button>
      {text && <pre className="code">{definition}</pre>}
    </>
  );
}
