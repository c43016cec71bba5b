import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useSettled } from "@/lib/settled";
import { useSay } from "@/lib/text";
import type { Known } from "@/ui/rules/RuleTree";
import { type GroupPart, type Part, writeRule } from "@/ui/rules/rule";
import { Refused } from "@/ui/states";

/** How many a rule selects, while it is typed; the last count stays until the next one is there. */
export function Count({ rule }: { rule: unknown }) {
  const say = useSay();
  const format = useFormat();
  const count = useQuery({
    queryKey: ["count", JSON.stringify(rule)],
    enabled: rule !== null,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.POST("/api/v1/audiences/count", { body: { rule }, signal })),
  });
  if (count.isError && !count.isPlaceholderData) return <Refused error={count.error} />;
  const found = rule === null ? undefined : count.data;
  return (
    <section className="card figure" aria-live="polite" aria-label={say("Count", "人数")} data-busy={count.isFetching}>
      <span className="name">{say("Customers selected", "符合条件的客户")}</span>
      <b style={{ fontSize: 34 }} data-testid="count">
        {found ? format.number(found.size) : "–"}
      </b>
      <span className="faint small">
        {found
          ? say(
              `${format.share(found.size / Math.max(1, found.base), 2)} of ${format.number(found.base)}`,
              `占 ${format.number(found.base)} 人的 ${format.share(found.size / Math.max(1, found.base), 2)}`,
            )
          : say("Complete a condition to count.", "填写条件后即时计数。")}
      </span>
      {found && (
        <span className="row-bar" style={{ gridTemplateColumns: "1fr" }} aria-hidden="true">
          <span className="track">
            <i
              className="fill"
              style={{ display: "block", width: `${(found.size / Math.max(1, found.base)) * 100}%` }}
            />
          </span>
        </span>
      )}
    </section>
  );
}

/** Each condition by itself, so that one sees which of them decides. */
export function Steps({ tree, known }: { tree: GroupPart; known: Known }) {
  const say = useSay();
  const parts = tree.parts.map((part) => ({ part, rule: writeRule(part) })).filter(({ rule }) => rule !== null);
  if (parts.length < 2) return null;
  return (
    <section className="card">
      <h2>{say("Each condition alone", "单个条件的人数")}</h2>
      <div className="rows">
        {parts.slice(0, 12).map(({ part, rule }) => (
          <Step key={part.id} name={nameOf(part, known, say)} rule={rule} />
        ))}
      </div>
    </section>
  );
}

function Step({ name, rule }: { name: string; rule: unknown }) {
  const format = useFormat();
  const settled = useSettled(rule, 400);
  const count = useQuery({
    queryKey: ["count", JSON.stringify(settled)],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.POST("/api/v1/audiences/count", { body: { rule: settled }, signal })),
  });
  return (
    <div className="row-bar" style={{ gridTemplateColumns: "minmax(0, 1fr) auto" }}>
      <span className="ellipsis">{name}</span>
      <span className="value">{count.data ? format.number(count.data.size) : "–"}</span>
    </div>
  );
}

function nameOf(part: Part, known: Known, say: ReturnType<typeof useSay>): string {
  if (part.kind === "tag") {
    const tag = known.tags.find((each) => each.tag === part.tag);
    return tag ? say(tag.title) : (part.tag ?? "");
  }
  const names = {
    group: say("Group", "条件组"),
    did: say("Behaviour", "行为"),
    audience: say("Audience", "人群"),
    share: say("By lot", "随机"),
    raw: say("Rule", "规则"),
  };
  return names[part.kind];
}
