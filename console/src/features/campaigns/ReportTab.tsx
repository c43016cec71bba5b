import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, InputNumber, Modal } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSettled } from "@/lib/settled";
import { useSay, type Words } from "@/lib/text";
import { type Analysis, Effect, nameOfArm, Plots } from "@/ui/Effect";
import { Field } from "@/ui/Field";
import { RowBar } from "@/ui/figures";
import { Answered } from "@/ui/Page";
import { Settled } from "@/ui/Settled";
import { Refused } from "@/ui/states";

/** What each arm changed against no contact, whom it reached, and the next wave. */
export function ReportTab({ campaign }: { campaign: string }) {
  const say = useSay();
  const mayChange = useMay("marketer");
  const [days, setDays] = useState<number | null>(null);
  const settled = useSettled(days ?? undefined, 500);
  const [drafting, setDrafting] = useState(false);
  const query = useQuery({
    queryKey: ["campaigns", campaign, "effect", settled],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/campaigns/{name}/effect", {
          params: { path: { name: campaign }, query: { days: settled } },
          signal,
        }),
      ),
  });
  return (
    <div className="grid">
      <div className="chips bar" style={{ alignItems: "end" }}>
        <Field name={say("Days that count (as the goal says, if empty)", "计入天数（留空按目标）")}>
          <InputNumber min={1} max={365} style={{ width: 120 }} value={days} onChange={setDays} />
        </Field>
        {mayChange && <Button onClick={() => setDrafting(true)}>{say("Draft the next wave…", "起草下一波……")}</Button>}
      </div>
      <Answered query={query} rows={8}>
        {(found) => <Told report={found} />}
      </Answered>
      {drafting && <Wave campaign={campaign} close={() => setDrafting(false)} />}
    </div>
  );
}

function Told({ report }: { report: Schemas["CampaignReport"] }) {
  const say = useSay();
  const format = useFormat();
  const between = report.between as unknown as Analysis | null;
  const contacted = Object.entries(report.customers).filter(([arm]) => arm !== "no_contact");
  const whole = Math.max(1, report.handed + Object.values(report.why_not).reduce((sum, each) => sum + each, 0));
  return (
    <div className="grid">
      <Settled preliminary={report.preliminary} on={report.settled_on}>
        <span className="faint">{say(`${report.days} days count.`, `计入 ${report.days} 天。`)}</span>
      </Settled>
      <Effect analysis={report.analysis as unknown as Analysis} verdict={report.verdict} />
      {between && (
        <section className="card">
          <h2>{say("Personalised against the same promotion", "个性化对比统一促销")}</h2>
          <Plots rows={between.effects} />
        </section>
      )}
      <section className="card">
        <h2>
          {say("Whom it reached, and why not the others", "触达情况与未触达原因")}
          <span className="faint">
            {contacted.map(([arm, many]) => `${nameOfArm(arm, say)} ${format.number(many)}`).join(" · ")}
          </span>
        </h2>
        <div className="rows">
          <RowBar
            name={say("got a message", "收到消息")}
            share={report.handed / whole}
            value={format.number(report.handed)}
            colour="var(--primary)"
          />
          {Object.entries(report.why_not).map(([word, many]) => {
            const name = report.said[word] ? say(report.said[word]) : word;
            return <RowBar key={word} name={name} title={name} share={many / whole} value={format.number(many)} />;
          })}
        </div>
      </section>
    </div>
  );
}

const GROUPS: Record<string, Words> = {
  converted: { en: "bought", zh: "已购买" },
  read: { en: "opened or clicked", zh: "打开或点击" },
  silent: { en: "silent", zh: "无反馈" },
  not_reached: { en: "not reached", zh: "未触达" },
  again: { en: "go into the next wave", zh: "进入下一波" },
};

function Wave({ campaign, close }: { campaign: string; close: () => void }) {
  const say = useSay();
  const go = useNavigate();
  const format = useFormat();
  const queries = useQueryClient();
  const draft = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/campaigns/{name}/waves", { params: { path: { name: campaign } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["lists"] }),
  });
  const apply = useMutation({
    mutationFn: (definition: string) => answered(api.POST("/api/v1/campaigns", { body: { definition } })),
    onSuccess: async (done) => {
      await queries.invalidateQueries({ queryKey: ["campaigns"] });
      await go(`/campaigns/${done.name}`);
      close();
    },
  });
  const nameOf = (list: string) => {
    const group = Object.keys(GROUPS).find((each) => list.endsWith(each));
    return group && GROUPS[group] ? say(GROUPS[group]) : list;
  };
  const found = draft.data;
  return (
    <Modal
      open
      width={720}
      title={say("The next wave", "下一波")}
      okText={found ? say("Put in force", "应用") : say("Draft it", "起草")}
      cancelText={say("Close", "关闭")}
      okButtonProps={{ loading: draft.isPending || apply.isPending }}
      onOk={() => (found ? apply.mutate(found.text) : draft.mutate())}
      onCancel={close}
    >
      <div className="grid">
        {!found && (
          <p>
            {say(
              "Keeps what became of this one as lists, and drafts a campaign to all but those who bought. Who was left alone stays out of it. Nobody is written to.",
              "将本次结果保存为名单，并起草面向未购买者的活动；不触达组不参与。不会触达任何人。",
            )}
          </p>
        )}
        {found && (
          <>
            <p className="verdict">{say(found.verdict)}</p>
            <table className="plain">
              <tbody>
                {Object.entries(found.lists).map(([list, many]) => (
                  <tr key={list}>
                    <td>{nameOf(list)}</td>
                    <td className="faint">{list}</td>
                    <td className="number">{format.number(many)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            <pre className="code">{found.text}</pre>
          </>
        )}
        {draft.isError && <Refused error={draft.error} />}
        {apply.isError && <Refused error={apply.error} />}
      </div>
    </Modal>
  );
}
