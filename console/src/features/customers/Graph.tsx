import type { Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { REASONS, STRENGTHS, typeName, wordOf } from "@/lib/identifiers";
import { useSay } from "@/lib/text";

const ROW = 46;
const BOX = { width: 210, height: 36 };
const RIGHT = 470;
const MOST = 60;

/** Records on the left, what several of them have on the right; a line is a record that has the value. */
export function Graph({ graph }: { graph: Schemas["RecordGraph"] }) {
  const say = useSay();
  const format = useFormat();
  const nodes = graph.nodes.slice(0, MOST);
  const values = graph.values.slice(0, MOST);
  const height = Math.max(nodes.length, values.length) * ROW + 8;
  const y = (at: number, of: number) => 4 + at * ROW + ((Math.max(nodes.length, values.length) - of) * ROW) / 2;
  const left = (at: number) => y(at, nodes.length);
  const right = (at: number) => y(at, values.length);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it by keys
    <section className="graph" tabIndex={0} aria-label={say("Graph of records", "记录图谱")}>
      <svg
        width={RIGHT + BOX.width + 8}
        height={height}
        role="img"
        aria-label={say("Records and what joins them; the table below says the same", "记录及其关联标识；下表内容相同")}
      >
        {values.flatMap((value, at) =>
          value.holders
            .filter((holder) => holder.node < nodes.length)
            .map((holder) => {
              const from = left(holder.node) + BOX.height / 2;
              const to = right(at) + BOX.height / 2;
              const node = nodes[holder.node];
              return (
                <path
                  // biome-ignore lint/suspicious/noArrayIndexKey: values have no key: they are never told
                  key={`${at} ${holder.node}`}
                  className={holder.reason ? "refused" : undefined}
                  d={`M ${BOX.width + 4} ${from} C ${BOX.width + 130} ${from}, ${RIGHT - 130} ${to}, ${RIGHT} ${to}`}
                >
                  <title>
                    {[
                      say(typeName(value.type)),
                      say(wordOf(STRENGTHS, value.strength)),
                      node?.source,
                      node?.since && format.day(node.since),
                      holder.reason && say(wordOf(REASONS, holder.reason)),
                    ]
                      .filter(Boolean)
                      .join(" · ")}
                  </title>
                </path>
              );
            }),
        )}
        {nodes.map((node, at) => (
          <g key={node.record} transform={`translate(4 ${left(at)})`}>
            <rect className="node" {...BOX} rx={5} strokeDasharray={node.follows ? "3 3" : undefined} />
            <text x={10} y={15}>
              {node.source}
            </text>
            <text className="faint" x={10} y={29}>
              #{node.record}
              {node.since ? ` · ${format.day(node.since)}` : ""}
              {node.follows ? ` · ${say("follows", "随附")}` : ""}
            </text>
          </g>
        ))}
        {values.map((value, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: values have no key: they are never told
          <g key={at} transform={`translate(${RIGHT} ${right(at)})`}>
            <rect className="value" {...BOX} rx={18} />
            <text x={14} y={15}>
              {say(typeName(value.type))}
            </text>
            <text className="faint" x={14} y={29}>
              {say(wordOf(STRENGTHS, value.strength))} ·{" "}
              {say(`${value.touches} records have it`, `${value.touches} 条记录拥有`)}
            </text>
          </g>
        ))}
      </svg>
    </section>
  );
}
