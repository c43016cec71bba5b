import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { nameOfArm, nameOfOutcome, useTold } from "@/ui/Effect";
import { Pill } from "@/ui/figures";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";

type Lift = Schemas["LiftAnswer"];
type Effect = Schemas["LiftEffect"];

/** What runs and leaves some alone, with what it has changed so far. */
export function Lifts() {
  const say = useSay();
  const query = useQuery({
    queryKey: ["overview", "lifts"],
    queryFn: () => answered(api.GET("/api/v1/overview/lifts")),
    refetchInterval: (found) => (found.state.data?.lifts.some((each) => each.made_at === null) ? 15_000 : false),
  });
  return (
    <Scroll label={say("Running, with its lift so far", "进行中的活动与旅程：增量")}>
      <h2>{say("Running, with its lift so far", "进行中的活动与旅程：增量")}</h2>
      <Answered query={query} rows={3}>
        {({ lifts }) =>
          lifts.length ? (
            <table className="plain lifts">
              <thead>
                <tr>
                  <th>{say("What", "名称")}</th>
                  <th className="number">{say("Came in", "进入人数")}</th>
                  <th>{say("Lift, 95% limits", "增量与 95% 区间")}</th>
                  <th>{say("How final", "状态")}</th>
                </tr>
              </thead>
              <tbody>
                {lifts.map((each) => (
                  <Row key={each.name} lift={each} />
                ))}
              </tbody>
            </table>
          ) : (
            <span className="faint">
              {say(
                "No campaign or journey runs that leaves some customers alone to be measured against.",
                "没有正在进行且设有对照组的活动或旅程。",
              )}
            </span>
          )
        }
      </Answered>
    </Scroll>
  );
}

function Row({ lift }: { lift: Lift }) {
  const say = useSay();
  const format = useFormat();
  return (
    <tr>
      <td>
        <Link to={lift.page}>{say(lift.title)}</Link>
      </td>
      <td className="number">{format.number(lift.entered)}</td>
      <td>
        {lift.effects.map((each) => (
          <Told key={each.arm} effect={each} outcome={lift.outcome} several={lift.effects.length > 1} />
        ))}
        <span className="faint">
          {lift.made_at === null ? say("being reported", "报告生成中") : lift.why_not && say(lift.why_not)}
        </span>
      </td>
      <td>
        {lift.settled_on && (
          <>
            <Pill tone={lift.preliminary ? "warm" : "good"}>
              {lift.preliminary ? say("preliminary", "初步结果") : say("settled", "最终结果")}
            </Pill>
            {lift.preliminary && (
              <div className="faint small">
                {say(`until ${format.day(lift.settled_on)}`, `至 ${format.day(lift.settled_on)}`)}
              </div>
            )}
          </>
        )}
      </td>
    </tr>
  );
}

function Told({ effect, outcome, several }: { effect: Effect; outcome: string; several: boolean }) {
  const say = useSay();
  const { lift, limits } = useTold();
  return (
    <div>
      <b>{lift(effect.kind, effect.absolute)}</b> <span className="faint">{limits(effect)}</span>
      <div className="faint small">
        {nameOfOutcome(outcome, say)}
        {several && ` · ${nameOfArm(effect.arm, say)}`}
        {!effect.certain && ` · ${say("cannot tell yet", "尚无法判断")}`}
      </div>
    </div>
  );
}
