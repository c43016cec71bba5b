import { Segmented } from "antd";
import { useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { FAMILIES } from "@/lib/families";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Nothing } from "@/ui/states";

type Answer = Schemas["PortraitAnswer"];
type TagAnswer = Answer["tags"][number];

/** What sets these customers apart first, then every tag by family, with the index against the base. */
export function Portrait({ portrait }: { portrait: Answer }) {
  const say = useSay();
  const [family, setFamily] = useState("first");
  const shown = useMemo(() => chosen(portrait, family), [portrait, family]);
  if (portrait.audience.size === 0) return <Nothing title={say("Nobody is in this audience.", "此人群中没有客户。")} />;
  return (
    <div className="grid">
      <div className="scroll">
        <Segmented
          size="small"
          value={family}
          onChange={setFamily}
          options={[
            { value: "first", label: say("What sets them apart", "最显著差异") },
            ...Object.entries(FAMILIES).map(([value, title]) => ({ value, label: say(title) })),
          ]}
        />
      </div>
      {family === "first" && (
        <ul style={{ margin: 0, paddingInlineStart: 18 }}>
          {portrait.distinguishing.slice(0, 6).map((each) => (
            <li key={each.tag}>{say(each.words)}</li>
          ))}
        </ul>
      )}
      <div className="grid portrait">
        {shown.map((tag) => (
          <TagSpread key={tag.tag} tag={tag} />
        ))}
      </div>
    </div>
  );
}

function chosen(portrait: Answer, family: string): TagAnswer[] {
  if (family !== "first") return portrait.tags.filter((tag) => tag.family === family);
  const order = portrait.distinguishing.map((each) => each.tag);
  const told = order.map((name) => portrait.tags.find((tag) => tag.tag === name)).filter((tag) => tag !== undefined);
  return told.length ? told.slice(0, 12) : portrait.tags.slice(0, 12);
}

function TagSpread({ tag }: { tag: TagAnswer }) {
  const say = useSay();
  const format = useFormat();
  const most = Math.max(0.0001, ...tag.values.map((each) => Math.max(each.inside_share, each.outside_share)));
  return (
    <section className="card" aria-label={say(tag.title)}>
      <h2>
        {say(tag.title)}
        {tag.by_rule && <span className="faint">{say("asked by the rule", "规则所选")}</span>}
      </h2>
      <div className="rows">
        {tag.values.slice(0, 9).map((each) => (
          <div
            key={`${each.kind} ${each.label.en}`}
            className="row-bar spread"
            title={`${format.number(each.inside)} · ${format.share(each.inside_share)} / ${format.share(each.outside_share)}`}
          >
            <span className="ellipsis">{say(each.label)}</span>
            <span className="track" aria-hidden="true">
              <i className="fill" style={{ width: `${(each.inside_share / most) * 100}%` }} />
              <i className="mark" style={{ insetInlineStart: `${(each.outside_share / most) * 100}%` }} />
            </span>
            <span className="value">{format.share(each.inside_share)}</span>
            <span className={`value index ${tone(each.index, each.certain)}`}>
              {each.index === null ? "–" : format.number(each.index)}
            </span>
          </div>
        ))}
      </div>
    </section>
  );
}

/** An index (100: as often as in the base) is coloured only where it is more than chance. */
function tone(index: number | null, certain: boolean): string {
  if (index === null || !certain) return "faint";
  return index >= 120 ? "high" : index <= 80 ? "low" : "";
}
