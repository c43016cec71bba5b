import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { useTongue } from "@/lib/text";
import { Chart } from "@/ui/Chart";

/** Stages of the lifecycle, and the tiers in which their customers are. */
export function Lifecycle({ found }: { found: Schemas["Overview"] }) {
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
          right: language === "zh" ? 76 : 148,
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
