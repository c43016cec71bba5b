import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Input, Modal } from "antd";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { watched } from "@/features/data/watching";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing, Refused } from "@/ui/states";

/** Refused lines with the cell at fault marked; whatever is changed here comes in again, each line once. */
export function Refusals({ number, close }: { number: string; close: () => void }) {
  const say = useSay();
  const format = useFormat();
  const queries = useQueryClient();
  const [mended, setMended] = useState<Record<string, Record<string, string>>>({});
  const query = useQuery({
    queryKey: ["refused", number],
    queryFn: () =>
      answered(api.GET("/api/v1/imports/{number}/refused", { params: { path: { number: Number(number) } } })),
  });
  const replay = useMutation({
    mutationFn: async () => {
      const body = { lines: Object.entries(mended).map(([reject, values]) => ({ reject, values })) };
      const { job } = await answered(
        api.POST("/api/v1/imports/{number}/mended", { params: { path: { number: Number(number) } }, body }),
      );
      return watched(job, () => {});
    },
    onSuccess: () => {
      setMended({});
      void queries.invalidateQueries();
    },
  });
  const count = Object.keys(mended).length;
  return (
    <Modal
      open
      width={1100}
      title={say(`Lines that import ${number} refused`, `第 ${number} 次导入被拒绝的行`)}
      okText={say(`Bring ${format.number(count)} mended lines in`, `重放 ${format.number(count)} 行`)}
      cancelText={say("Close", "关闭")}
      okButtonProps={{ disabled: !count, loading: replay.isPending }}
      onOk={() => replay.mutate()}
      onCancel={close}
    >
      {replay.isError && <Refused error={replay.error} />}
      <Answered query={query}>
        {({ columns, lines }) =>
          lines.length ? (
            <Scroll label={say("Table", "表格")} bare style={{ maxHeight: 480 }}>
              <table className="plain">
                <thead>
                  <tr>
                    <th>{say("Line", "行")}</th>
                    <th>{say("Why", "原因")}</th>
                    {columns.map((name) => (
                      <th key={name}>{name}</th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {lines.map((line) => (
                    <tr key={line.reject}>
                      <td className="small faint">
                        {line.file}:{line.line}
                      </td>
                      <td style={{ minWidth: 180 }}>{say(line.reason)}</td>
                      {columns.map((name) => (
                        <td key={name}>
                          <Input
                            size="small"
                            style={{ minWidth: 90 }}
                            status={line.column === name ? "error" : undefined}
                            aria-label={`${name} ${line.line}`}
                            value={mended[line.reject]?.[name] ?? line.values[name] ?? ""}
                            onChange={(event) =>
                              setMended((before) => ({
                                ...before,
                                [line.reject]: { ...before[line.reject], [name]: event.target.value },
                              }))
                            }
                          />
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          ) : (
            <Nothing title={say("Every refused line has been mended.", "被拒绝的行均已修正。")} />
          )
        }
      </Answered>
    </Modal>
  );
}
