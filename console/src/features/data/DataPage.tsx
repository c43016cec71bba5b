import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { sourcesQuery } from "@/api/queries";
import { DataTabs } from "@/features/data/DataTabs";
import { Drop } from "@/features/data/Drop";
import { Refusals } from "@/features/data/Refusals";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing, Refused } from "@/ui/states";

const importsQuery = {
  queryKey: ["imports"],
  queryFn: () => answered(api.GET("/api/v1/imports", { params: { query: { limit: 50 } } })),
};

export default function DataPage() {
  const say = useSay();
  const may = useMay("marketer");
  const [parameters] = useSearchParams();
  const source = parameters.get("source");
  const query = useQuery({
    ...importsQuery,
    refetchInterval: (found) => (found.state.data?.imports.some((each) => each.state === "running") ? 1_000 : false),
  });
  const [mending, setMending] = useState<string>();
  return (
    <Page
      title={say("Data", "数据")}
      about={say("Files in, by source, with what was refused", "各来源文件的导入与拒绝情况")}
    >
      <DataTabs at="imports" />
      {may && <Drop />}
      <Answered query={query}>
        {({ imports }) => {
          const shown = source ? imports.filter((each) => each.source === source) : imports;
          return shown.length ? (
            <Imports imports={shown} mend={setMending} may={may} />
          ) : (
            <Nothing title={say("Nothing has been imported yet.", "还没有导入记录。")}>
              {say("Drop a file above; a mapping is suggested.", "将文件拖到上方，系统会给出映射建议。")}
            </Nothing>
          );
        }}
      </Answered>
      {mending && <Refusals number={mending} close={() => setMending(undefined)} />}
    </Page>
  );
}

interface ImportsProps {
  imports: Schemas["ImportAnswer"][];
  mend: (number: string) => void;
  may: boolean;
}

function Imports({ imports, mend, may }: ImportsProps) {
  const say = useSay();
  const format = useFormat();
  const queries = useQueryClient();
  const [refused, setRefused] = useState<unknown>();
  const act = async (call: Promise<unknown>) => {
    setRefused(undefined);
    try {
      await call;
    } catch (error) {
      setRefused(error);
    }
    await queries.invalidateQueries({ queryKey: ["imports"] });
    await queries.invalidateQueries(sourcesQuery);
  };
  const path = (number: string) => ({ params: { path: { number } } });
  return (
    <Scroll label={say("Imports", "导入记录")}>
      <h2>{say("Imports", "导入记录")}</h2>
      {refused !== undefined && <Refused error={refused} />}
      <table className="plain">
        <thead>
          <tr>
            <th>#</th>
            <th>{say("Source", "来源")}</th>
            <th>{say("Begun", "开始")}</th>
            <th>{say("State", "状态")}</th>
            <th className="number">{say("Lines", "行数")}</th>
            <th className="number">{say("Landed", "入库")}</th>
            <th className="number">{say("Refused", "拒绝")}</th>
            <th className="number">{say("Known", "已有")}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {imports.map((each) => (
            <tr key={each.number}>
              <td>{each.number}</td>
              <td>
                <Link to={`/data?source=${each.source}`}>{each.source}</Link>
                {each.replays && (
                  <span className="faint"> {say(`replays ${each.replays}`, `重放 ${each.replays}`)}</span>
                )}
              </td>
              <td className="faint when">{format.instant(each.started_at)}</td>
              <td>
                {each.state === "running" ? (
                  <span title={each.step ?? ""}>
                    <progress value={each.share} aria-label={say("Progress", "进度")} /> {format.share(each.share, 0)}
                  </span>
                ) : (
                  <Pill tone={each.state === "landed" ? "good" : each.state === "failed" ? "warm" : undefined}>
                    {stateOf(each.state, say)}
                  </Pill>
                )}
              </td>
              {[each.lines, each.landed].map((count, at) => (
                <td key={at === 0 ? "lines" : "landed"} className="number">
                  {count === null ? "–" : format.number(count)}
                </td>
              ))}
              <td className="number">
                {each.rejected ? (
                  <Button
                    type="link"
                    size="small"
                    style={{ padding: 0 }}
                    disabled={!may}
                    onClick={() => mend(each.number)}
                  >
                    {format.number(each.rejected)}
                  </Button>
                ) : (
                  (each.rejected ?? "–")
                )}
              </td>
              <td className="number">{each.known === null ? "–" : format.number(each.known)}</td>
              <td className="number">
                {may && each.state === "running" && (
                  <Button
                    size="small"
                    onClick={() => act(api.POST("/api/v1/imports/{number}/cancel", path(each.number)))}
                  >
                    {say("Cancel", "取消")}
                  </Button>
                )}
                {may && each.state === "landed" && (
                  <Popconfirm
                    title={say("Take back all that this import has landed?", "撤回此次导入的全部数据？")}
                    okText={say("Take back", "撤回")}
                    cancelText={say("Keep", "保留")}
                    onConfirm={() => act(api.POST("/api/v1/imports/{number}/take-back", path(each.number)))}
                  >
                    <Button type="text" size="small">
                      {say("Take back", "撤回")}
                    </Button>
                  </Popconfirm>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function stateOf(state: string, say: ReturnType<typeof useSay>): string {
  const words: Record<string, { en: string; zh: string }> = {
    landed: { en: "landed", zh: "已入库" },
    failed: { en: "failed", zh: "失败" },
    interrupted: { en: "interrupted", zh: "中断" },
    cancelled: { en: "cancelled", zh: "已取消" },
    "taken back": { en: "taken back", zh: "已撤回" },
  };
  return say(words[state] ?? { en: state, zh: state });
}
