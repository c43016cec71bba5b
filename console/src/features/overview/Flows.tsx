import { useQuery } from "@tanstack/react-query";
import type { CSSProperties } from "react";
import { Link } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";

type Told = Schemas["Flows"];
const NONE = "";

/** How many customers moved from which stage of the lifecycle to which in four weeks. */
export function Flows() {
  const say = useSay();
  const format = useFormat();
  const query = useQuery({
    queryKey: ["overview", "flows"],
    queryFn: () => answered(api.GET("/api/v1/overview/flows")),
    refetchInterval: (found) => (found.state.data?.flows === null ? 15_000 : false),
  });
  const found = query.data?.flows;
  return (
    <section className="card">
      <h2>
        <Link to="/tags/lifecycle">{say("Lifecycle: who moved", "生命周期流转")}</Link>
        {found && (
          <span className="faint">
            {format.day(found.before)} → {format.day(found.after)}
          </span>
        )}
      </h2>
      <Answered query={query} rows={5}>
        {({ flows }) =>
          flows ? (
            <Matrix told={flows} />
          ) : (
            <span className="faint">{say("Being counted; it shows here in a while.", "正在统计，稍后显示。")}</span>
          )
        }
      </Answered>
    </section>
  );
}

function Matrix({ told }: { told: Told }) {
  const say = useSay();
  const format = useFormat();
  const moved = new Map(told.moves.map((each) => [`${each.before ?? NONE} ${each.after ?? NONE}`, each.customers]));
  const at = (before: string, after: string) => moved.get(`${before} ${after}`) ?? 0;
  const stages = [...told.stages, { value: NONE, title: { en: "No stage", zh: "无阶段" } }];
  const total = (values: number[]) => values.reduce((sum, each) => sum + each, 0);
  const from = (before: string) => total(stages.map((after) => at(before, after.value)));
  const to = (after: string) => total(stages.map((before) => at(before.value, after)));
  const changed = (before: string, after: string) => before !== after && !(before === NONE && after === NONE);
  const most = Math.max(
    1,
    ...told.moves.filter((each) => changed(each.before ?? NONE, each.after ?? NONE)).map((each) => each.customers),
  );
  if (!told.stages.length)
    return <span className="faint">{say("Tags here have no lifecycle.", "当前标签中没有生命周期。")}</span>;
  return (
    <>
      <Scroll label={say("Lifecycle: who moved", "生命周期流转")} bare>
        <table className="heat flows">
          <thead>
            <tr>
              <td className="corner" />
              {stages.map((stage) => (
                <th key={stage.value} scope="col">
                  {say(stage.title)}
                  <div className="small">{format.short(to(stage.value))}</div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {stages.map((before) => (
              <tr key={before.value}>
                <th scope="row">
                  {say(before.title)} <div className="small">{format.short(from(before.value))}</div>
                </th>
                {stages.map((after) => {
                  const customers = at(before.value, after.value);
                  const heat = changed(before.value, after.value) ? Math.sqrt(customers / most) : 0;
                  return (
                    <td
                      key={after.value}
                      className={changed(before.value, after.value) ? undefined : "stayed"}
                      style={{ "--heat": heat } as CSSProperties}
                    >
                      <span title={`${say(before.title)} → ${say(after.title)}: ${format.number(customers)}`}>
                        {customers ? format.short(customers) : "·"}
                      </span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p className="faint small" style={{ margin: "4px 0 0" }}>
        {say(
          "Down: four weeks before; across: now. Both by today’s data. The darker, the more moved; in the diagonal are those who stayed.",
          "纵向为四周前，横向为现在，均按当前数据计算。颜色越深流转越多；对角线为未变动者。",
        )}
      </p>
    </>
  );
}
