import { useQuery } from "@tanstack/react-query";
import { type CSSProperties, useMemo } from "react";
import { Link } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { campaignsQuery, sourcesQuery } from "@/api/queries";
import { useFormat } from "@/lib/format";
import { useTongue } from "@/lib/text";
import { Chart } from "@/ui/Chart";
import { Figure, Pill, RowBar } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing } from "@/ui/states";

type Overview = Schemas["Overview"];

export default function OverviewPage() {
  const { say } = useTongue();
  const query = useQuery({ queryKey: ["overview"], queryFn: () => answered(api.GET("/api/v1/overview")) });
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
  const { reachable, bought, again, lately } = found.counts;
  return (
    <div className="grid">
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
          value={share(found.identified, found.customers) ?? "–"}
          beside={format.number(found.identified)}
        />
        <Figure
          name={say("Reachable now", "当前可触达")}
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
      <div className="grid cols-3">
        <Concerns found={found} />
        <Funnel found={found} />
        <Lights found={found} />
      </div>
      <div className="grid cols-2">
        <Rfm pairs={found.pairs.rfm ?? []} />
        <Lifecycle found={found} />
      </div>
      <div className="grid cols-2">
        <Campaigns />
        <Growth months={found.months} />
      </div>
      <SourceTable />
    </div>
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
    [say("Seen in ≥ 2 records", "多记录客户"), found.linked],
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
  const names: Record<string, { en: string; zh: string }> = {
    sms: { en: "SMS", zh: "短信" },
    wecom: { en: "WeCom", zh: "企业微信" },
    official_account: { en: "Official account", zh: "公众号" },
    mini_program: { en: "Mini-program", zh: "小程序" },
    push: { en: "App push", zh: "App 推送" },
    email: { en: "E-mail", zh: "邮件" },
  };
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
            name={<Link to={`/tags/light_${channel}`}>{say(names[channel] ?? { en: channel, zh: channel })}</Link>}
            share={count / Math.max(1, found.customers)}
            value={format.number(count)}
          />
        ))}
      </div>
    </section>
  );
}

function Rfm({ pairs }: { pairs: Schemas["PairCount"][] }) {
  const { say } = useTongue();
  const format = useFormat();
  const known = pairs.filter((each) => each.one !== null && each.other !== null);
  const most = Math.max(1, ...known.map((each) => each.customers));
  const total = known.reduce((sum, each) => sum + each.customers, 0);
  const scores = ["5", "4", "3", "2", "1"];
  const at = (recency: string, frequency: string) =>
    known.find((each) => each.one === recency && each.other === frequency)?.customers ?? 0;
  return (
    <section className="card">
      <h2>
        {say("RFM: recency and frequency", "RFM：最近与频次")}
        <span className="faint">
          {format.number(total)} {say("buyers", "位购买者")}
        </span>
      </h2>
      <table className="heat">
        <caption className="faint small">
          {say(
            "Down: frequency score. Across: recency score, 5 is the latest.",
            "纵轴：频次分；横轴：最近分，5 为最近。",
          )}
        </caption>
        <tbody>
          {scores.map((frequency) => (
            <tr key={frequency}>
              <th scope="row">F{frequency}</th>
              {["1", "2", "3", "4", "5"].map((recency) => {
                const customers = at(recency, frequency);
                return (
                  <td key={recency} style={{ "--heat": Math.sqrt(customers / most) } as CSSProperties}>
                    <span title={`R${recency} F${frequency}: ${format.number(customers)}`}>
                      {customers ? format.short(customers) : "·"}
                    </span>
                  </td>
                );
              })}
            </tr>
          ))}
          <tr>
            <td className="corner" />
            {["1", "2", "3", "4", "5"].map((recency) => (
              <th key={recency} scope="col">
                R{recency}
              </th>
            ))}
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function Lifecycle({ found }: { found: Overview }) {
  const { say, language } = useTongue();
  const option = useMemo(() => {
    const known = (found.pairs.lifecycle ?? []).filter((each) => each.one && each.other);
    const word = (tag: string, value: string) => say(found.titles[tag]?.[value] ?? { en: value, zh: value });
    const stage = (name: string) => word("lifecycle", name);
    const tier = (name: string) => word("rfm_tier", name);
    const names = new Set(known.flatMap((each) => [stage(each.one as string), tier(each.other as string)]));
    return {
      tooltip: { trigger: "item" },
      series: [
        {
          type: "sankey",
          left: 4,
          right: language === "zh" ? 76 : 110,
          top: 8,
          bottom: 8,
          nodeGap: 10,
          data: [...names].map((name) => ({ name })),
          links: known.map((each) => ({
            source: stage(each.one as string),
            target: tier(each.other as string),
            value: each.customers,
          })),
          lineStyle: { color: "gradient", opacity: 0.28 },
          label: { fontSize: 12, color: "inherit" },
        },
      ],
    };
  }, [found, say, language]);
  return (
    <section className="card">
      <h2>{say("Lifecycle, and what to do about it", "生命周期与客户分层")}</h2>
      <Chart
        option={option}
        height={236}
        label={say("Lifecycle stages flowing into RFM tiers", "生命周期到 RFM 分层的流向")}
      />
    </section>
  );
}

function Campaigns() {
  const { say } = useTongue();
  const format = useFormat();
  const query = useQuery(campaignsQuery);
  return (
    <Scroll label={say("Campaigns", "活动")}>
      <h2>
        {say("Campaigns", "活动")}
        <Link to="/campaigns" className="small">
          {say("all", "全部")}
        </Link>
      </h2>
      <Answered query={query} rows={2}>
        {({ campaigns }) =>
          campaigns.length ? (
            <table className="plain">
              <tbody>
                {campaigns.slice(0, 6).map((each) => (
                  <tr key={each.campaign}>
                    <td>
                      <Link to={`/campaigns/${each.campaign}`}>{say(each.title)}</Link>
                    </td>
                    <td>
                      <Pill tone={each.state === "running" ? "good" : undefined}>{each.state}</Pill>
                    </td>
                    <td className="number">{format.number(each.released)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : (
            <span className="faint">
              {say(
                "None yet. A campaign measures itself against people left alone.",
                "尚无活动。每个活动都会与对照组比较增量。",
              )}
            </span>
          )
        }
      </Answered>
    </Scroll>
  );
}

function Growth({ months }: { months: Schemas["GrowthMonth"][] }) {
  const { say } = useTongue();
  const option = useMemo(
    () => ({
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: months.map((each) => each.month.slice(0, 7)) },
      yAxis: {
        type: "value",
        axisLabel: { formatter: (value: number) => (value >= 1000 ? `${value / 1000}k` : value) },
      },
      series: [{ type: "bar", data: months.map((each) => each.customers), barMaxWidth: 18 }],
    }),
    [months],
  );
  return (
    <section className="card">
      <h2>{say("New customers by month", "每月新增客户")}</h2>
      <Chart option={option} height={180} label={say("New customers by month", "每月新增客户")} />
    </section>
  );
}

function SourceTable() {
  const { say } = useTongue();
  const format = useFormat();
  const query = useQuery(sourcesQuery);
  return (
    <Scroll label={say("Sources", "数据来源")}>
      <h2>
        {say("Sources", "数据来源")}
        <span className="faint">{say("read = landed + refused + known before", "读取 = 入库 + 拒绝 + 已有")}</span>
      </h2>
      <Answered query={query}>
        {({ sources }) => (
          <table className="plain">
            <thead>
              <tr>
                <th>{say("Source", "来源")}</th>
                <th className="number">{say("Read", "读取")}</th>
                <th className="number">{say("Landed", "入库")}</th>
                <th className="number">{say("Refused", "拒绝")}</th>
                <th className="number">{say("Known", "已有")}</th>
                <th>{say("Balance", "对账")}</th>
                <th>{say("Last import", "最近导入")}</th>
              </tr>
            </thead>
            <tbody>
              {sources.map((each) => {
                const total = totals(each.counts);
                const balanced = total.read === total.landed + total.rejected + total.known;
                return (
                  <tr key={each.source}>
                    <td>
                      <Link to={`/data?source=${each.source}`}>{each.source}</Link>
                    </td>
                    <td className="number">{format.number(total.read)}</td>
                    <td className="number">{format.number(total.landed)}</td>
                    <td className="number">{format.number(total.rejected)}</td>
                    <td className="number">{format.number(total.known)}</td>
                    <td>
                      <Pill tone={balanced ? "good" : "warm"}>
                        {balanced ? say("balanced", "平") : say("does not add up", "不平")}
                      </Pill>
                    </td>
                    <td className="faint">{each.last_import ? format.instant(each.last_import) : "–"}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Answered>
    </Scroll>
  );
}

function totals(counts: Schemas["KindCount"][]) {
  const add = (what: "read" | "landed" | "rejected" | "known") =>
    counts.filter((each) => each.grain).reduce((sum, each) => sum + each[what], 0);
  return { read: add("read"), landed: add("landed"), rejected: add("rejected"), known: add("known") };
}
