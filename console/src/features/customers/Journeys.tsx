import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { tracesQuery } from "@/features/customers/asking";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing } from "@/ui/states";

/** What journeys did with him, and why a message did not go. */
export function Journeys({ id, record }: { id: string; record: string }) {
  const say = useSay();
  const format = useFormat();
  const query = useQuery(tracesQuery(id, record));
  return (
    <Answered query={query} rows={6}>
      {({ moves, stands }) =>
        moves.length || stands.length ? (
          <div className="grid">
            {stands.length > 0 && (
              <div className="card">
                <h2>{say("Where he stands", "当前所在旅程")}</h2>
                <ul className="list">
                  {stands.map((each) => (
                    <li key={`${each.journey} ${each.step}`}>
                      <Link to={`/journeys/${each.journey}`}>{each.journey}</Link> · {each.step}{" "}
                      <span className="faint">
                        {say("goes on ", "下一步 ")}
                        {format.instant(each.due)}
                      </span>
                    </li>
                  ))}
                </ul>
              </div>
            )}
            <Scroll label={say("Table", "表格")}>
              <table className="plain">
                <thead>
                  <tr>
                    <th>{say("When", "时间")}</th>
                    <th>{say("Journey", "旅程")}</th>
                    <th>{say("Step", "步骤")}</th>
                    <th>{say("What happened", "结果")}</th>
                  </tr>
                </thead>
                <tbody>
                  {moves.map((each) => (
                    <tr key={`${each.at} ${each.journey} ${each.step} ${each.outcome}`}>
                      <td className="when">{format.instant(each.at)}</td>
                      <td>
                        <Link to={`/journeys/${each.journey}`}>{each.journey}</Link>
                      </td>
                      <td className="faint">{each.step}</td>
                      <td>
                        {say(each.said)} {each.why_not && <Pill tone="warm">{say(each.why_not)}</Pill>}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          </div>
        ) : (
          <Nothing title={say("No journey has met him yet.", "尚无旅程触及该客户。")}>
            <p>
              {say(
                "What other systems sent him stands in the timeline; why a channel is closed beside who he is.",
                "其他系统发送的消息见时间线；渠道不可触达的原因见基本信息。",
              )}
            </p>
          </Nothing>
        )
      }
    </Answered>
  );
}
