import { useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { answered, api } from "@/api/client";
import { useFormat } from "@/lib/format";
import { typeName, VERDICTS, wordOf } from "@/lib/identifiers";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing, Refused } from "@/ui/states";

/** Who decided what, when and why; each can be taken back. */
export function Decisions({ anew }: { anew: () => void }) {
  const say = useSay();
  const format = useFormat();
  const may = useMay("marketer");
  const query = useQuery({
    queryKey: ["review", "decisions"],
    queryFn: () => answered(api.GET("/api/v1/identity/decisions", { params: { query: { limit: 200 } } })),
    staleTime: 0,
  });
  const back = useMutation({
    mutationFn: (act: string) =>
      answered(api.POST("/api/v1/identity/decisions/withdrawals", { body: { acts: [Number(act)] } })),
    onSuccess: anew,
  });
  return (
    <div className="grid">
      {back.isError && <Refused error={back.error} />}
      <Answered query={query}>
        {({ acts }) =>
          acts.length ? (
            <Scroll label={say("Table", "表格")} style={{ padding: 0 }}>
              <table className="plain">
                <thead>
                  <tr>
                    <th>{say("Number", "编号")}</th>
                    <th>{say("Decided", "时间")}</th>
                    <th>{say("By", "决定人")}</th>
                    <th>{say("What", "决定")}</th>
                    <th>{say("Of", "范围")}</th>
                    <th>{say("Why", "原因")}</th>
                    <th className="number">{say("Change", "操作")}</th>
                  </tr>
                </thead>
                <tbody>
                  {acts.map((each) => (
                    <tr key={each.number}>
                      <td>{each.number}</td>
                      <td>{format.instant(each.decided_at)}</td>
                      <td>{each.author}</td>
                      <td>
                        <b>{say(wordOf(VERDICTS, each.verdict))}</b>
                      </td>
                      <td className="faint">
                        {each.types.map((type) => say(typeName(type))).join(say(", ", "、"))}
                        {each.values > 0 && say(` · ${each.values} values`, ` · ${each.values} 个标识`)}
                        {each.records > 0 && say(` · ${each.records} records`, ` · ${each.records} 条记录`)}
                      </td>
                      <td>{each.reason}</td>
                      <td className="number">
                        {each.withdrawn_at ? (
                          <span className="faint">
                            {say("taken back by ", "已撤销：")}
                            {each.withdrawn_by}
                          </span>
                        ) : (
                          may && (
                            <Button
                              size="small"
                              loading={back.isPending && back.variables === each.number}
                              onClick={() => back.mutate(each.number)}
                            >
                              {say("Undo", "撤销")}
                            </Button>
                          )
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          ) : (
            <Nothing title={say("Nobody has decided anything yet.", "尚无人工决定。")} />
          )
        }
      </Answered>
    </div>
  );
}
