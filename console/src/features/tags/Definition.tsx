import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { ApiError, answered, api, type Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Refused } from "@/ui/states";

/** The file in which a tag is defined; whoever may change it sees what a change would do before it counts. */
export function Definition({ tag }: { tag: string }) {
  const say = useSay();
  const query = useQuery({
    queryKey: ["packs", tag],
    queryFn: () => answered(api.GET("/api/v1/packs/{pack}", { params: { path: { pack: tag } } })),
  });
  return (
    <div className="card">
      <h2>{say("Definition", "定义")}</h2>
      <Answered query={query} rows={3}>
        {(found) => <Edit key={tag} tag={tag} text={found.definition} />}
      </Answered>
    </div>
  );
}

function Edit({ tag, text }: { tag: string; text: string }) {
  const say = useSay();
  const may = useMay("marketer");
  const queries = useQueryClient();
  const [written, setWritten] = useState<string>();
  const own = entryOf(text, tag);
  const preview = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/packs/preview", { body: { definition: written ?? text } })),
  });
  const publish = useMutation({
    mutationFn: async () => {
      const now = await answered(api.GET("/api/v1/packs/{pack}", { params: { path: { pack: tag } } }));
      if (now.definition !== text)
        throw new ApiError(
          409,
          "conflict",
          say(
            "Somebody else has changed this file since you opened it. Copy your text, then load the page anew.",
            "此文件在您打开后已被他人修改。请先复制您的内容，再重新加载页面。",
          ),
        );
      return answered(api.POST("/api/v1/packs", { body: { definition: written ?? text, force: false } }));
    },
    onSuccess: () => {
      setWritten(undefined);
      preview.reset();
      return queries.invalidateQueries();
    },
  });
  if (written === undefined)
    return (
      <>
        <pre className="code">{own}</pre>
        {may && <Button onClick={() => setWritten(text)}>{say("Edit the file…", "编辑文件……")}</Button>}
      </>
    );
  return (
    <div className="grid">
      <Input.TextArea
        rows={18}
        className="code"
        aria-label={say("File of the tag", "标签文件")}
        value={written}
        onChange={(event) => setWritten(event.target.value)}
      />
      <div className="chips">
        <Button loading={preview.isPending} onClick={() => preview.mutate()}>
          {say("Preview", "预览")}
        </Button>
        <Button
          type="primary"
          disabled={!preview.isSuccess || written === text}
          loading={publish.isPending}
          onClick={() => publish.mutate()}
        >
          {say("Publish", "发布")}
        </Button>
        <Button type="text" onClick={() => setWritten(undefined)}>
          {say("Discard", "放弃")}
        </Button>
      </div>
      {preview.isError && <Refused error={preview.error} />}
      {publish.isError && <Refused error={publish.error} />}
      {preview.data && <Preview found={preview.data} tag={tag} />}
    </div>
  );
}

function Preview({ found, tag }: { found: Schemas["quanyu__targeting__tags__routes__PreviewAnswer"]; tag: string }) {
  const say = useSay();
  const format = useFormat();
  const changed = found.tags.filter((each) => each.fate !== "same" || each.tag === tag);
  return (
    <Scroll label={say("Table", "表格")} bare>
      <p className="faint small">
        {say(
          `Worked out over ${format.number(found.sampled)} of ${format.number(found.customers)} customers; nothing was changed.`,
          `按 ${format.number(found.customers)} 位客户中的 ${format.number(found.sampled)} 位试算，未做任何更改。`,
        )}
      </p>
      <table className="plain">
        <thead>
          <tr>
            <th>{say("Tag", "标签")}</th>
            <th>{say("Fate", "变化")}</th>
            <th className="number">{say("Known", "有值")}</th>
            <th className="number">{say("Would move", "将变动")}</th>
            <th>{say("Values", "取值")}</th>
          </tr>
        </thead>
        <tbody>
          {changed.map((each) => (
            <tr key={each.tag}>
              <td>{say(each.title)}</td>
              <td>{each.fate}</td>
              <td className="number">{format.share(each.known / Math.max(1, each.customers))}</td>
              <td className="number">{format.number(each.moved)}</td>
              <td>
                {each.median === null
                  ? each.top
                      .slice(0, 4)
                      .map((one) => one.value)
                      .join(say(", ", "、"))
                  : `${each.lowest} – ${each.median} – ${each.highest}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Returns the lines of one tag's entry in a pack: from its name to the next entry of the same depth. */
function entryOf(text: string, tag: string): string {
  const lines = text.split("\n");
  const begin = lines.findIndex((line) => new RegExp(`^\\s*- (name|tag): ${tag}\\s*$`).test(line));
  if (begin < 0) return text.slice(0, 4_000);
  const depth = (lines[begin] ?? "").search(/\S/);
  const rest = lines.slice(begin + 1).findIndex((line) => line.trim() && line.search(/\S/) <= depth);
  return lines.slice(begin, rest < 0 ? undefined : begin + 1 + rest).join("\n");
}
