import type { CSSProperties } from "react";
import type { Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useTongue } from "@/lib/text";

/** How many buyers have each pair of scores: the darker, the more. */
export function Rfm({ pairs }: { pairs: Schemas["PairCount"][] }) {
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
