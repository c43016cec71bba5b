import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { Campaigns } from "@/features/overview/Campaigns";
import { Flows } from "@/features/overview/Flows";
import { Growth } from "@/features/overview/Growth";
import { Lifecycle } from "@/features/overview/Lifecycle";
import { Lifts } from "@/features/overview/Lifts";
import { Rfm } from "@/features/overview/Rfm";
import { SourceTable } from "@/features/overview/Sources";
import { CHANNELS } from "@/lib/channels";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useTongue } from "@/lib/text";
import { Figure, RowBar } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { Nothing } from "@/ui/states";

type Overview = Schemas["Overview"];

export default function OverviewPage() {
  const { say } = useTongue();
  const query = useQuery({
    queryKey: ["overview"],
    queryFn: () => answered(api.GET("/api/v1/overview")),
    refetchInterval: (found) => (found.state.data?.ready === false ? 3_000 : false),
  });
  return (
    <Page title={say("Overview", "总览")} asOf={query.data?.as_of ?? undefined}>
      <Answered query={query} rows={12}>
        {(found) => (found.records ? <Whole found={found} /> : <Beginning />)}
      </Answered>
    </Page>
  );
}

function Beginning() {
  const { say } = useTongue();
  return (
    <Nothing title={say("Nothing has come in yet.", "还没有任何数据。")}>
      <p>
        {say("Bring a file from any system: customers, orders, messages.", "从任一系统导入文件：客户、订单、消息。")}
      </p>
      <Link to="/data">{say("Import the first file", "导入第一个文件")}</Link>
    </Nothing>
  );
}

function Whole({ found }: { found: Overview }) {
  const { say } = useTongue();
  const format = useFormat();
  const share = (part: number | undefined, whole: number | undefined) =>
    part === undefined || !whole ? undefined : format.share(part / whole);
  const measures = useMay("analyst");
  const { reachable, bought, again, lately } = found.counts;
  return (
    <div className="grid">
      {!found.ready && (
        <div className="card" role="status">
          {say(
            "The figures are being made for the first time; they appear here by themselves.",
            "首次统计正在生成，完成后自动显示。",
          )}
        </div>
      )}
      <div className="grid cols-5">
        <Figure
          name={say("Customers", "客户数")}
          to="/customers"
          value={format.number(found.customers)}
          beside={say(`from ${format.short(found.records)} records`, `来自 ${format.short(found.records)} 条记录`)}
        />
        <Figure
          name={say("Known by phone", "手机号识别率")}
          to="/data/identity"
          value={(found.ready && share(found.identified, found.customers)) || "–"}
          beside={found.ready ? format.number(found.identified) : undefined}
        />
        <Figure
          name={say("Reached in 90 days", "90 天内触达")}
          to="/tags/channels_reachable"
          value={share(reachable, found.customers) ?? "–"}
          beside={reachable === undefined ? undefined : format.number(reachable)}
        />
        <Figure
          name={say("Bought in 90 days", "90 天内购买")}
          to="/tags/recency_days"
          value={lately === undefined ? "–" : format.number(lately)}
          beside={
            share(lately, bought) && say(`${share(lately, bought)} of buyers`, `占已购客户 ${share(lately, bought)}`)
          }
        />
        <Figure
          name={say("Bought again", "复购率")}
          to="/tags/frequency"
          value={share(again, bought) ?? "–"}
          beside={again === undefined ? undefined : format.number(again)}
        />
      </div>
      {found.ready ? <Figures found={found} /> : <Concerns found={found} />}
      <div className={measures ? "grid cols-3-2" : "grid"}>
        {measures && <Lifts />}
        <Campaigns />
      </div>
      <SourceTable />
    </div>
  );
}

function Figures({ found }: { found: Overview }) {
  return (
    <>
      <div className="grid cols-3">
        <Concerns found={found} />
        <Funnel found={found} />
        <Lights found={found} />
      </div>
      <div className="grid cols-2">
        <Rfm pairs={found.pairs.rfm ?? []} />
        <Flows />
      </div>
      <div className="grid cols-2">
        <Lifecycle found={found} />
        <Growth months={found.months} />
      </div>
    </>
  );
}

function Concerns({ found }: { found: Overview }) {
  const { say } = useTongue();
  const none = !found.concerns.length && !found.tasks.length;
  return (
    <section className="card">
      <h2>{say("Needs attention", "需要关注")}</h2>
      {none && <span className="faint">{say("All is well.", "一切正常。")}</span>}
      <ul className="list">
        {found.concerns.map((each) => (
          <li key={`${each.page} ${each.words.en}`} className={each.urgent ? "urgent" : ""}>
            <Link to={each.page}>{say(each.words)}</Link>
          </li>
        ))}
        {found.tasks.map((words) => (
          <li key={words.en}>
            <Link to="/data/survey" className="faint">
              {say(words)}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Funnel({ found }: { found: Overview }) {
  const { say } = useTongue();
  const format = useFormat();
  const steps: [string, number][] = [
    [say("Records", "记录"), found.records],
    [say("Linked records", "已关联记录"), found.linked_records],
    [say("Customers", "客户"), found.customers],
    [say("In ≥ 2 records", "多记录客户"), found.linked],
    [say("Known by phone", "手机号可识别"), found.identified],
  ];
  return (
    <section className="card">
      <h2>
        {say("From records to customers", "从记录到客户（One-ID）")}
        <span className="faint">
          {say("score", "得分")} {found.score}
        </span>
      </h2>
      <div className="rows">
        {steps.map(([name, value]) => (
          <RowBar key={name} name={name} share={value / Math.max(1, found.records)} value={format.number(value)} />
        ))}
      </div>
    </section>
  );
}

function Lights({ found }: { found: Overview }) {
  const { say } = useTongue();
  const format = useFormat();
  return (
    <section className="card">
      <h2>
        {say("Lights: reachable for marketing", "点亮：营销可触达")}
        <span className="faint">{say("of all customers", "占全部客户")}</span>
      </h2>
      <div className="rows">
        {Object.entries(found.lights).map(([channel, count]) => (
          <RowBar
            key={channel}
            name={<Link to={`/tags/light_${channel}`}>{say(CHANNELS[channel] ?? { en: channel, zh: channel })}</Link>}
            share={count / Math.max(1, found.customers)}
            value={format.number(count)}
          />
        ))}
      </div>
    </section>
  );
}
