import { useQuery } from "@tanstack/react-query";
import { lightsQuery } from "@/features/customers/asking";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";

/** Whether marketing may address him on each channel now, and why not. */
export function Lights({ id }: { id: string }) {
  const say = useSay();
  const format = useFormat();
  const query = useQuery(lightsQuery(id));
  return (
    <Answered query={query} rows={6}>
      {({ lights }) => (
        <Scroll label={say("Channels for marketing", "营销触达渠道")}>
          <h2>{say("Channels for marketing", "营销触达渠道")}</h2>
          <table className="plain lights">
            <tbody>
              {lights.map((each) => (
                <tr key={each.channel}>
                  <th scope="row" style={{ color: "var(--ink)" }}>
                    {say(each.title)}
                  </th>
                  <td>
                    <Pill tone={each.state === "reachable" ? "good" : undefined}>{say(each.why)}</Pill>
                    <div className="faint small">
                      {each.proven && say(each.proven)}
                      {each.since && say(`, since ${format.day(each.since)}`, `，自 ${format.day(each.since)}`)}
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Answered>
  );
}
