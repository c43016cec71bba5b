import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Input, Modal, Select } from "antd";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { CHANNELS } from "@/lib/channels";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSay, type Words } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Refused } from "@/ui/states";

const ADDRESSED = ["sms", "email", "wecom", "push", "mini_program", "official_account"];

const STATES: Record<string, Words> = {
  waiting: { en: "waiting", zh: "排队中" },
  started: { en: "being written", zh: "导出中" },
  finished: { en: "ready", zh: "已完成" },
  failed: { en: "failed", zh: "失败" },
  interrupted: { en: "interrupted", zh: "中断" },
  expired: { en: "expired", zh: "已过期" },
};

/** Exports the last snapshot, without whoever may not be addressed, and lists who exported what. */
export function Export({ audience, close }: { audience: string; close: () => void }) {
  const say = useSay();
  const owner = useMay("owner");
  const queries = useQueryClient();
  const [format, setFormat] = useState("xlsx");
  const [channel, setChannel] = useState<string>();
  const [identifiers, setIdentifiers] = useState(false);
  const [reason, setReason] = useState("");
  const start = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/audiences/{audience}/exports", {
          params: { path: { audience } },
          body: {
            format: format as "xlsx",
            channel,
            purpose: channel ? "marketing" : undefined,
            identifiers,
            reason: reason || undefined,
          },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["exports", audience] }),
  });
  return (
    <Modal
      open
      width={720}
      title={say("Export", "导出")}
      okText={say("Export", "导出")}
      cancelText={say("Close", "关闭")}
      okButtonProps={{ loading: start.isPending, disabled: identifiers && !reason.trim() }}
      onOk={() => start.mutate()}
      onCancel={close}
    >
      <div className="grid">
        <div className="chips" style={{ alignItems: "center" }}>
          <Select
            style={{ width: 130 }}
            aria-label={say("Form", "格式")}
            value={format}
            onChange={setFormat}
            options={[
              { value: "xlsx", label: "Excel" },
              { value: "csv", label: "CSV" },
              { value: "parquet", label: "Parquet" },
            ]}
          />
          <Select
            allowClear
            style={{ width: 260 }}
            aria-label={say("Only who may be addressed on", "仅含可触达")}
            placeholder={say("everybody in the audience", "人群中的所有人")}
            value={channel}
            onChange={setChannel}
            options={ADDRESSED.map((each) => {
              const name = CHANNELS[each] ?? { en: each, zh: each };
              return {
                value: each,
                label: say(`reachable for marketing: ${name.en}`, `营销可触达：${name.zh}`),
              };
            })}
          />
        </div>
        {owner && (
          <Checkbox checked={identifiers} onChange={(event) => setIdentifiers(event.target.checked)}>
            {say("With private identifiers (audited)", "含私密标识（将记入审计）")}
          </Checkbox>
        )}
        {identifiers && (
          <Input
            aria-label={say("Reason", "原因")}
            placeholder={say("For what are they needed?", "用途说明")}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
        {start.isError && <Refused error={start.error} />}
        <Exports audience={audience} />
      </div>
    </Modal>
  );
}

function Exports({ audience }: { audience: string }) {
  const say = useSay();
  const format = useFormat();
  const query = useQuery({
    queryKey: ["exports", audience],
    queryFn: () => answered(api.GET("/api/v1/exports", { params: { query: { audience, limit: 10 } } })),
    refetchInterval: (found) => (found.state.data?.exports.some((each) => !each.finished_at) ? 1_000 : false),
  });
  return (
    <Answered query={query} rows={2}>
      {({ exports }) =>
        exports.length ? (
          <table className="plain">
            <thead>
              <tr>
                <th>{say("Who", "操作人")}</th>
                <th>{say("When", "时间")}</th>
                <th className="number">{say("Rows", "行数")}</th>
                <th>{say("State", "状态")}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {exports.map((each) => (
                <tr key={each.export}>
                  <td>{each.who}</td>
                  <td>{format.instant(each.started_at)}</td>
                  <td className="number">{each.rows === null ? "–" : format.number(each.rows)}</td>
                  <td>{each.error ?? say(STATES[each.state] ?? { en: each.state, zh: each.state })}</td>
                  <td>
                    {each.state === "finished" && each.target !== "database" && (
                      <Button type="link" size="small" href={`/api/v1/exports/${each.export}/file`}>
                        {say("Download", "下载")}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <span className="faint">{say("Nothing has been exported yet.", "尚无导出记录。")}</span>
        )
      }
    </Answered>
  );
}
