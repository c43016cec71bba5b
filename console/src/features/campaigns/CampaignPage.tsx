import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Tabs } from "antd";
import { Link, useParams, useSearchParams } from "react-router";
import { answered, api } from "@/api/client";
import { Halt } from "@/features/campaigns/Halt";
import { ReportTab } from "@/features/campaigns/ReportTab";
import { Acts, type Detail, Guards, Shares } from "@/features/campaigns/standing";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { nameOfWho } from "@/lib/who";
import { Pill, RowBar } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { State } from "@/ui/State";
import { Refused } from "@/ui/states";
import "@/features/campaigns/campaigns.css";
import { Scroll } from "@/ui/Scroll";

export default function CampaignPage() {
  const say = useSay();
  const { campaign } = useParams();
  const name = campaign ?? "";
  const [parameters, setParameters] = useSearchParams();
  const mayMeasure = useMay("analyst");
  const query = useQuery({
    queryKey: ["campaigns", name],
    queryFn: async () =>
      (await answered(api.GET("/api/v1/campaigns/{name}", { params: { path: { name } } }))) as unknown as Detail,
    refetchInterval: 10_000,
  });
  const found = query.data;
  return (
    <Page
      title={found ? say(found.title) : name}
      about={
        found && (
          <>
            <State state={found.state} />{" "}
            {say(
              `version ${found.version} by ${nameOfWho(found.author, say)}; counts as of now`,
              `版本 ${found.version}，${nameOfWho(found.author, say)}；人数为实时`,
            )}
          </>
        )
      }
      actions={
        found && (
          <>
            <Link to={`/journeys/${name}`}>{say("Its journey", "对应旅程")}</Link>
            <Halt campaign={name} state={found.state} large />
          </>
        )
      }
    >
      <Tabs
        activeKey={parameters.get("tab") ?? "stages"}
        onChange={(tab) => setParameters({ tab }, { replace: true })}
        items={[
          {
            key: "stages",
            label: say("Stages", "放量"),
            children: <Answered query={query}>{(detail) => <Standing detail={detail} />}</Answered>,
          },
          ...(mayMeasure
            ? [{ key: "report", label: say("Report", "效果报告"), children: <ReportTab campaign={name} /> }]
            : []),
          {
            key: "text",
            label: say("As text", "定义原文"),
            children: <Answered query={query}>{(detail) => <pre className="code card">{detail.text}</pre>}</Answered>,
          },
        ]}
      />
    </Page>
  );
}

function Standing({ detail }: { detail: Detail }) {
  const say = useSay();
  return (
    <div className="grid cols-side">
      <div className="grid">
        <Stages detail={detail} />
        <Sent detail={detail} />
        <Acts acts={detail.acts} />
      </div>
      <div className="grid">
        <Approval detail={detail} />
        <Testing campaign={detail.campaign} />
        <Guards detail={detail} />
        <section className="card">
          <h2>{say("Groups", "分组")}</h2>
          <Shares shares={detail.shares} />
        </section>
      </div>
    </div>
  );
}

/** A change to a campaign that shows what was refused right where it was asked for. */
function useChange<T, R>(campaign: string, act: (wanted: T) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ["campaigns"] });
      await queries.invalidateQueries({ queryKey: ["journeys", campaign] });
    },
  });
}

function Stages({ detail }: { detail: Detail }) {
  const say = useSay();
  const format = useFormat();
  const mayChange = useMay("marketer");
  const path = { params: { path: { name: detail.campaign } } };
  const release = useChange(detail.campaign, (early: boolean) =>
    answered(api.POST("/api/v1/campaigns/{name}/stages", { ...path, body: { stage: detail.released + 1, early } })),
  );
  const all = Array.from({ length: detail.stages }, (_, at) => at + 1);
  const watched = detail.watched_until !== null;
  return (
    <section className="card">
      <h2>
        {say("Stages", "放量阶段")}
        <span className="faint">
          {say(`${format.number(detail.customers)} customers let in`, `已放量 ${format.number(detail.customers)} 人`)}
        </span>
      </h2>
      <Scroll label={say("Stages", "放量阶段")} bare>
        <table className="plain">
          <thead>
            <tr>
              <th>{say("Stage", "阶段")}</th>
              <th>{say("Let out", "放量时间")}</th>
              <th>{say("By", "操作人")}</th>
              <th className="number">{say("Customers", "人数")}</th>
              <th>
                <span className="unseen">{say("What to do", "操作")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {all.map((stage) => {
              const out = detail.out.find((each) => each.stage === stage);
              const next = stage === detail.released + 1;
              return (
                <tr key={stage} className="stage-row">
                  <td>
                    {stage} {out && <Pill tone="good">{say("out", "已放量")}</Pill>}
                  </td>
                  <td className="faint when">{out ? format.instant(out.released_at) : "–"}</td>
                  <td className="faint">{out ? nameOfWho(out.who, say) : "–"}</td>
                  <td className="number">{out ? format.number(out.customers) : "–"}</td>
                  <td className="number">
                    {next && mayChange && (
                      <Button
                        size="small"
                        type="primary"
                        loading={release.isPending}
                        onClick={() => release.mutate(watched && stage > 1)}
                      >
                        {watched && stage > 1
                          ? say("Let out before its watch is over", "提前放量")
                          : say("Let out", "放量")}
                      </Button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      {detail.watched_until && (
        <p className="small faint">
          {say(
            `The last stage is watched until ${format.instant(detail.watched_until)}.`,
            `最近阶段观察至 ${format.instant(detail.watched_until)}。`,
          )}
        </p>
      )}
      {release.isError && <Refused error={release.error} />}
    </section>
  );
}

function Sent({ detail }: { detail: Detail }) {
  const say = useSay();
  const format = useFormat();
  const journey = useQuery({
    queryKey: ["journeys", detail.campaign],
    queryFn: () => answered(api.GET("/api/v1/journeys/{name}", { params: { path: { name: detail.campaign } } })),
    refetchInterval: 15_000,
  });
  const key = `${detail.campaign}/`;
  const batches = useQuery({
    queryKey: ["journeys", detail.campaign, "batches"],
    queryFn: () => answered(api.GET("/api/v1/channels/batches", { params: { query: { key } } })),
    refetchInterval: 15_000,
  });
  return (
    <section className="card">
      <h2>{say("What was sent, and why not", "发送情况与未发送原因")}</h2>
      <Answered query={journey} rows={3}>
        {(found) => {
          const moves = found.outcomes.filter((each) => !SILENT.test(each.outcome));
          const sums = new Map<string, { name: string; many: number; sent: boolean }>();
          const add = (word: string, name: string, many: number) =>
            sums.set(word, { name, many: (sums.get(word)?.many ?? 0) + many, sent: word.startsWith("sent:") });
          for (const each of moves) add(each.outcome, say(each.said), each.customers);
          for (const batch of batches.data?.batches ?? [])
            for (const [word, many] of Object.entries(batch.reasons)) {
              const words = batches.data?.said[word];
              add(`at ${word}`, `${words ? say(words) : word} (${say("at delivery", "投递时")})`, many);
            }
          const rows = [...sums.values()].sort((a, b) => b.many - a.many);
          const most = Math.max(1, ...rows.map((each) => each.many));
          if (!rows.length) return <span className="faint">{say("Nothing yet.", "尚无发送。")}</span>;
          return (
            <div className="rows">
              {rows.map((each) => (
                <RowBar
                  key={each.name}
                  name={each.name}
                  title={each.name}
                  share={each.many / most}
                  value={format.number(each.many)}
                  colour={each.sent ? "var(--primary)" : undefined}
                />
              ))}
            </div>
          );
        }}
      </Answered>
    </section>
  );
}

/** Outcomes that are no message: who enters, goes his way, waits, leaves. */
const SILENT = /^(entered|inside|entered_before|control|to:|case:|otherwise|yes|no|ended|exit|waits|over|goal)/;

function Approval({ detail }: { detail: Detail }) {
  const say = useSay();
  const format = useFormat();
  const mayChange = useMay("marketer");
  const { campaign, approval } = detail;
  const approve = useChange(campaign, () =>
    answered(api.POST("/api/v1/campaigns/{name}/approvals", { params: { path: { name: campaign } } })),
  );
  return (
    <section className="card">
      <h2>
        {say("Approval", "批准")}
        {approval &&
          (approval.changed.length ? (
            <Pill tone="warm">{say("void: changed since", "已失效：内容有变更")}</Pill>
          ) : (
            <Pill tone="good">{say("approved", "已批准")}</Pill>
          ))}
      </h2>
      {approval ? (
        <p className="small">
          {nameOfWho(approval.who, say)} · {format.instant(approval.approved_at)} ·{" "}
          {say(`${format.number(approval.customers)} customers`, `${format.number(approval.customers)} 人`)}
        </p>
      ) : (
        <p className="small faint">{say("Nobody has approved this version yet.", "该版本尚未批准。")}</p>
      )}
      {approval && approval.changed.length > 0 && (
        <ul className="list">
          {approval.changed.map((each) => (
            <li key={each.place} className="urgent">
              <code>{each.place}</code> {say(each.problem)}
            </li>
          ))}
        </ul>
      )}
      {mayChange && (!approval || approval.changed.length > 0) && (
        <Button size="small" loading={approve.isPending} onClick={() => approve.mutate(undefined)}>
          {say("Approve", "批准")}
        </Button>
      )}
      {approve.isError && <Refused error={approve.error} />}
    </section>
  );
}

function Testing({ campaign }: { campaign: string }) {
  const say = useSay();
  const mayChange = useMay("marketer");
  const test = useChange(campaign, () =>
    answered(api.POST("/api/v1/campaigns/{name}/tests", { params: { path: { name: campaign } } })),
  );
  if (!mayChange) return null;
  return (
    <section className="card">
      <h2>{say("Try it", "测试发送")}</h2>
      <p className="small faint">
        {say(
          "Testers get what every group is sent, once for each version, and count nowhere.",
          "测试人员收到每组内容，每版本一次，不计入任何统计。",
        )}
      </p>
      <Button size="small" loading={test.isPending} onClick={() => test.mutate(undefined)}>
        {say("Send to testers", "发送给测试人员")}
      </Button>
      {test.data && (
        <p className="small" aria-live="polite">
          {say(
            `${test.data.messages} messages to ${test.data.testers} testers; ${test.data.before} went before.`,
            `向 ${test.data.testers} 位测试人员发送 ${test.data.messages} 条；此前已发 ${test.data.before} 条。`,
          )}
        </p>
      )}
      {test.isError && <Refused error={test.error} />}
    </section>
  );
}
