import { useQuery } from "@tanstack/react-query";
import { answered, api, type Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { RowBar } from "@/ui/figures";
import { Answered } from "@/ui/Page";

type Tag = Schemas["Tags"]["tags"][number];

/** How the values of a tag lie among all who have one: its codes, or its numbers in parts that matter. */
export function Spread({ tag }: { tag: Tag }) {
  const say = useSay();
  const format = useFormat();
  const query = useQuery({
    queryKey: ["spread", tag.tag],
    staleTime: 300_000,
    queryFn: ({ signal }) =>
      answered(
        api.POST("/api/v1/audiences/portrait", {
          body: { rule: { tag: tag.tag, is: "is_known" }, tags: [tag.tag] },
          signal,
        }),
      ),
  });
  return (
    <div className="card">
      <h2>
        {say("Distribution", "分布")}
        {tag.median !== null && (
          <span className="faint">
            {say("lowest", "最小")} {tag.lowest} · {say("median", "中位")} {tag.median} · {say("highest", "最大")}{" "}
            {tag.highest}
          </span>
        )}
      </h2>
      <Answered query={query} rows={4}>
        {(found) => {
          const values = found.tags.find((each) => each.tag === tag.tag)?.values ?? [];
          const most = Math.max(0.0001, ...values.map((each) => each.inside_share));
          return (
            <div className="rows wide-values">
              {values.slice(0, 24).map((each) => (
                <RowBar
                  key={`${each.kind} ${each.label.en}`}
                  name={say(each.label)}
                  share={each.inside_share / most}
                  title={format.number(each.inside)}
                  value={`${format.share(each.inside_share)} · ${format.short(each.inside)}`}
                />
              ))}
            </div>
          );
        }}
      </Answered>
    </div>
  );
}
