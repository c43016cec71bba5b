import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { campaignsQuery } from "@/api/queries";
import { useFormat } from "@/lib/format";
import { useTongue } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { State } from "@/ui/State";

/** The campaigns that were let out last. */
export function Campaigns() {
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
                      <State state={each.state} />
                    </td>
                    <td className="number faint">
                      {say(
                        `stage ${format.number(each.released)} of ${format.number(each.stages)}`,
                        `阶段 ${format.number(each.released)} / ${format.number(each.stages)}`,
                      )}
                    </td>
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
