import type { Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { nameOfArm } from "@/ui/Effect";
import { Pill, RowBar } from "@/ui/figures";

interface PlannedArm {
  arm: string;
  customers: number;
  by_account: Record<string, number>;
  undone: Record<string, number>;
}
export type Planned = Omit<Schemas["CampaignPlan"], "arms" | "sizing"> & {
  arms: PlannedArm[];
  sizing: { enough: boolean; needed: number | null } | null;
};

/** Whom a campaign would reach, and what could be told from it. */
export function Plan({ plan, busy }: { plan: Planned; busy: boolean }) {
  const say = useSay();
  const format = useFormat();
  const reachable = Object.entries(plan.reachable);
  return (
    <>
      <section className="card" aria-busy={busy} aria-live="polite">
        <h2>
          {say("What it can tell", "可检出的效果")}
          {plan.sizing && (
            <Pill tone={plan.sizing.enough ? "good" : "warm"}>
              {plan.sizing.enough ? say("enough", "足够") : say("too few", "不足")}
            </Pill>
          )}
        </h2>
        <ul className="list">
          {plan.words.map((each) => (
            <li key={each.en}>{say(each)}</li>
          ))}
        </ul>
        {plan.needs_approval && <p className="small">{say("Needs somebody else's approval.", "需要他人批准。")}</p>}
      </section>
      <section className="card">
        <h2>
          {say("Reachable now", "当前可触达")} <span className="faint">{format.number(plan.customers)}</span>
        </h2>
        <div className="rows">
          {reachable.map(([channel, many]) => (
            <RowBar
              key={channel}
              name={channel}
              share={many / Math.max(1, plan.customers)}
              value={format.number(many)}
            />
          ))}
        </div>
      </section>
      {plan.arms
        .filter((each) => each.arm !== "no_contact")
        .map((arm) => (
          <section className="card" key={arm.arm}>
            <h2>
              {nameOfArm(arm.arm, say)} <span className="faint">{format.number(arm.customers)}</span>
            </h2>
            <div className="rows">
              {Object.entries(arm.by_account).map(([account, many]) => (
                <RowBar
                  key={account}
                  name={say(`by ${account}`, `经 ${account}`)}
                  share={many / Math.max(1, arm.customers)}
                  value={format.number(many)}
                />
              ))}
              {Object.entries(arm.undone).map(([word, many]) => {
                const name = plan.said[word] ? say(plan.said[word]) : word;
                return (
                  <RowBar
                    key={word}
                    name={name}
                    title={name}
                    share={many / Math.max(1, arm.customers)}
                    value={format.number(many)}
                    colour="var(--line)"
                  />
                );
              })}
            </div>
          </section>
        ))}
    </>
  );
}
