import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { sourcesQuery } from "@/api/queries";
import { useFormat } from "@/lib/format";
import { useTongue } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";

/** What each source has delivered, and whether it adds up. */
export function SourceTable() {
  const { say } = useTongue();
  const format = useFormat();
  const query = useQuery(sourcesQuery);
  return (
    <Scroll label={say("Sources", "数据来源")}>
      <h2>
        {say("Sources", "数据来源")}
        <span className="faint">{say("read = landed + refused + known before", "读取 = 入库 + 拒绝 + 已有")}</span>
      </h2>
      <Answered query={query}>
        {({ sources }) => (
          <table className="plain">
            <thead>
              <tr>
                <th>{say("Source", "来源")}</th>
                <th className="number">{say("Read", "读取")}</th>
                <th className="number">{say("Landed", "入库")}</th>
                <th className="number">{say("Refused", "拒绝")}</th>
                <th className="number">{say("Known", "已有")}</th>
                <th>{say("Balance", "对账")}</th>
                <th>{say("Last import", "最近导入")}</th>
              </tr>
            </thead>
            <tbody>
              {sources.map((each) => {
                const total = totals(each.counts);
                const balanced = total.read === total.landed + total.rejected + total.known;
                return (
                  <tr key={each.source}>
                    <td>
                      <Link to={`/data?source=${each.source}`}>{each.source}</Link>
                    </td>
                    <td className="number">{format.number(total.read)}</td>
                    <td className="number">{format.number(total.landed)}</td>
                    <td className="number">{format.number(total.rejected)}</td>
                    <td className="number">{format.number(total.known)}</td>
                    <td>
                      <Pill tone={balanced ? "good" : "warm"}>
                        {balanced ? say("balanced", "平") : say("does not add up", "不平")}
                      </Pill>
                    </td>
                    <td className="faint">{each.last_import ? format.instant(each.last_import) : "–"}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Answered>
    </Scroll>
  );
}

function totals(counts: Schemas["KindCount"][]) {
  const add = (what: "read" | "landed" | "rejected" | "known") =>
    counts.filter((each) => each.grain).reduce((sum, each) => sum + each[what], 0);
  return { read: add("read"), landed: add("landed"), rejected: add("rejected"), known: add("known") };
}
