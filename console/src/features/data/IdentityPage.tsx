import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { idReportQuery } from "@/api/queries";
import { DataTabs } from "@/features/data/DataTabs";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Chart } from "@/ui/Chart";
import { Answered, Page } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";

export default function IdentityPage() {
  const say = useSay();
  const query = useQuery(idReportQuery);
  return (
    <Page title={say("One-ID report", "One-ID 报告")} asOf={query.data?.made_at}>
      <DataTabs at="identity" />
      <Answered query={query} rows={12}>
        {(found) => (
          <div className="grid">
            <Sources lines={[found.whole, ...found.sources]} />
            <div className="grid cols-2">
              <Gains gains={found.gains} />
              <Growth months={found.months} />
            </div>
          </div>
        )}
      </Answered>
    </Page>
  );
}

function Sources({ lines }: { lines: Schemas["LineAnswer"][] }) {
  const say = useSay();
  const format = useFormat();
  const share = (part: number, whole: number) => (whole ? format.share(part / whole) : "–");
  return (
    <Scroll label={say("Who is known, by source", "各来源识别情况")}>
      <h2>{say("Who is known, by source", "各来源识别情况")}</h2>
      <table className="plain">
        <thead>
          <tr>
            <th>{say("Source", "来源")}</th>
            <th className="number">{say("Records", "记录")}</th>
            <th className="number">{say("Customers", "客户")}</th>
            <th className="number">{say("Linked", "已关联")}</th>
            <th className="number">{say("By phone", "手机号识别")}</th>
            <th className="number">{say("Taggable", "可打标")}</th>
            <th className="number">{say("Score", "得分")}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.source ?? ""}>
              <td>{line.source ?? <b>{say("All sources", "全部来源")}</b>}</td>
              <td className="number">{format.number(line.records)}</td>
              <td className="number">{format.number(line.customers)}</td>
              <td className="number">{share(line.linked_records, line.records)}</td>
              <td className="number">{share(line.identified, line.customers)}</td>
              <td className="number">{share(line.taggable, line.customers)}</td>
              <td className="number">{line.score}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Gains({ gains }: { gains: Schemas["GainAnswer"][] }) {
  const say = useSay();
  const format = useFormat();
  return (
    <Scroll label={say("What would link most", "最值得补齐的标识")}>
      <h2>{say("What would link most", "最值得补齐的标识")}</h2>
      <table className="plain">
        <thead>
          <tr>
            <th>{say("Identifier", "标识")}</th>
            <th>{say("Missing in", "缺失于")}</th>
            <th className="number">{say("Records without", "缺失记录")}</th>
            <th className="number">{say("Would link", "可关联")}</th>
          </tr>
        </thead>
        <tbody>
          {gains.slice(0, 12).map((each) => (
            <tr key={`${each.type} ${each.source}`}>
              <td>{each.type}</td>
              <td>{each.source}</td>
              <td className="number">{format.number(each.missing)}</td>
              <td className="number">{format.number(each.linked)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Growth({ months }: { months: Schemas["MonthAnswer"][] }) {
  const say = useSay();
  const option = useMemo(
    () => ({
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: months.map((each) => each.month.slice(0, 7)) },
      yAxis: { type: "value" },
      series: [{ type: "bar", data: months.map((each) => each.customers), barMaxWidth: 18 }],
    }),
    [months],
  );
  return (
    <section className="card">
      <h2>{say("New customers by month", "每月新增客户")}</h2>
      <Chart option={option} height={260} label={say("New customers by month", "每月新增客户")} />
    </section>
  );
}
