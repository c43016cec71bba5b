import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { useTongue } from "@/lib/text";
import { Chart } from "@/ui/Chart";

export function Growth({ months }: { months: Schemas["GrowthMonth"][] }) {
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
