import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Scroll } from "@/ui/Scroll";
import "@/features/audiences/upset.css";

type Overlap = Schemas["OverlapAnswer"];
type Cell = Schemas["CellAnswer"];

/** An UpSet plot as a table: a row for those who are in exactly these audiences, a dot for each of them. */
export function UpSet({ found, title }: { found: Overlap; title: (name: string) => string }) {
  const say = useSay();
  const format = useFormat();
  const [chosen, choose] = useState<string>();
  const cells = found.cells ?? [];
  const most = Math.max(1, ...cells.map((cell) => cell.size));
  const largest = Math.max(1, ...found.audiences.map((each) => each.size));
  const names = found.audiences.map((each) => each.name ?? "");
  const current = cells.find((cell) => keyOf(cell) === chosen);
  return (
    <>
      <Scroll label={say("Who is in which of them", "各组合人数")} bare>
        <table className="upset">
          <thead>
            <tr>
              <th scope="col" className="size">
                {say("In exactly these", "恰好属于")}
              </th>
              {found.audiences.map((each) => (
                <th
                  key={each.name}
                  scope="col"
                  className={current?.audiences.includes(each.name ?? "") ? "set in" : "set"}
                >
                  <span className="turned" title={say(each.title)}>
                    {say(each.title)}
                  </span>
                </th>
              ))}
            </tr>
            <tr className="whole">
              <th scope="row" className="size">
                {say("All of the audience", "人群总数")}
              </th>
              {found.audiences.map((each) => (
                <td key={each.name}>
                  <i style={{ height: `${Math.max(1, (each.size / largest) * 36)}px` }} aria-hidden="true" />
                  {format.short(each.size)}
                </td>
              ))}
            </tr>
          </thead>
          <tbody>
            {cells.map((cell) => (
              <tr key={keyOf(cell)} className={keyOf(cell) === chosen ? "chosen" : undefined}>
                <th scope="row" className="size">
                  <button
                    type="button"
                    aria-pressed={keyOf(cell) === chosen}
                    aria-label={`${cell.audiences.map(title).join(say(" and ", "、"))}: ${format.number(cell.size)}`}
                    onClick={() => choose(keyOf(cell) === chosen ? undefined : keyOf(cell))}
                  >
                    <span className="track" aria-hidden="true">
                      <i style={{ width: `${(cell.size / most) * 100}%` }} />
                    </span>
                    <span className="value">{format.number(cell.size)}</span>
                  </button>
                </th>
                <Dots cell={cell} names={names} />
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p className="small" role="status">
        {current
          ? say(
              `${format.number(current.size)} customers are in ${current.audiences.map(title).join(", ")} and in none of the others: ${format.share(current.size / Math.max(1, found.any))} of those in any.`,
              `${format.number(current.size)} 位客户恰好属于“${current.audiences.map(title).join("”“")}”，不在其他人群中：占至少属于其一者的 ${format.share(current.size / Math.max(1, found.any))}。`,
            )
          : say(
              `${format.number(found.any)} customers are in one of them at least.`,
              `共 ${format.number(found.any)} 位客户至少属于其中之一。`,
            )}{" "}
        {(found.more_cells ?? 0) > 0 && (
          <span className="faint">
            {say(
              `${found.more_cells} smaller combinations hold ${format.number(found.in_more_cells ?? 0)} more.`,
              `另有 ${found.more_cells} 种较小组合，共 ${format.number(found.in_more_cells ?? 0)} 人。`,
            )}
          </span>
        )}
      </p>
    </>
  );
}

function Dots({ cell, names }: { cell: Cell; names: string[] }) {
  const say = useSay();
  const places = names.flatMap((name, at) => (cell.audiences.includes(name) ? [at] : []));
  const first = places[0] ?? 0;
  const last = places[places.length - 1] ?? 0;
  const kindOf = (at: number) =>
    ["dot", places.includes(at) && "in", at > first && at <= last && "before", at >= first && at < last && "after"]
      .filter(Boolean)
      .join(" ");
  return names.map((name, at) => (
    <td key={name} className={kindOf(at)}>
      <span className="unseen">{places.includes(at) ? say("in", "属于") : say("not in", "不属于")}</span>
    </td>
  ));
}

const keyOf = (cell: Cell): string => cell.audiences.join(" ");
