import { useId } from "react";
import { useFormat } from "@/lib/format";
import { useSession } from "@/lib/session";
import { type Say, useSay, type Words } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Scroll } from "@/ui/Scroll";

/** One comparison of an analysis: an arm against the control in one outcome; rates are fractions of one. */
export interface EffectRow {
  outcome: string;
  kind: "rate" | "amount";
  arm: string;
  control: string;
  arm_customers: number;
  control_customers: number;
  arm_mean: number;
  control_mean: number;
  absolute: number;
  absolute_low: number | null;
  absolute_high: number | null;
  relative: number | null;
  relative_low: number | null;
  relative_high: number | null;
  p_holm: number | null;
  detectable: number | null;
  certain: boolean;
  few: boolean;
}
interface Group {
  name: string;
  customers: number;
}
export interface Analysis {
  control: string;
  arms: Group[];
  effects: EffectRow[];
  words: Words[];
  sample_ratio: { p_value: number | null; alarm: boolean };
  parts: { by: string; parts: { value: string; customers: number; effects: EffectRow[] }[] } | null;
}

const OUTCOMES: Record<string, Words> = {
  bought: { en: "bought", zh: "购买率" },
  spent: { en: "spent, net of returns", zh: "人均净消费" },
  orders: { en: "orders", zh: "人均订单" },
  unsubscribe: { en: "unsubscribed", zh: "退订率" },
  complaint: { en: "complained", zh: "投诉率" },
};
const HARM = ["unsubscribe", "complaint"];
const ARMS: Record<string, Words> = {
  personalised: { en: "personalised", zh: "个性化" },
  same_promotion: { en: "same promotion", zh: "统一促销" },
  no_contact: { en: "no contact", zh: "不触达" },
  control: { en: "left alone", zh: "对照组" },
  rest: { en: "everybody else", zh: "其余客户" },
  entered: { en: "entered", zh: "进入旅程" },
};
export const nameOfOutcome = (name: string, say: Say): string => (OUTCOMES[name] ? say(OUTCOMES[name]) : name);
export const nameOfArm = (name: string, say: Say): string => (ARMS[name] ? say(ARMS[name]) : name);

/** An analysis as it is read: in a sentence each, pictures with harm beside the effect, the table, then all words. */
export function Effect({ analysis, verdict, before = [] }: { analysis: Analysis; verdict?: Words; before?: Words[] }) {
  const say = useSay();
  const judged = useJudged();
  const good = analysis.effects.filter((each) => !HARM.includes(each.outcome));
  const harm = analysis.effects.filter((each) => HARM.includes(each.outcome));
  return (
    <div className="grid">
      <section className="card">
        <h2>{say("In words", "结论")}</h2>
        {judged(analysis.effects).map((each) => (
          <p key={each} className="verdict">
            {each}
          </p>
        ))}
        {verdict && <p>{say(verdict)}</p>}
        {analysis.sample_ratio.alarm && (
          <p className="verdict">
            <Pill tone="warm">{say("The groups do not have the sizes that were drawn", "各组规模与抽签比例不符")}</Pill>{" "}
            {say("Find out why before you believe any effect.", "请先查明原因，再采信任何结论。")}
          </p>
        )}
        <Said words={before} />
      </section>
      <div className="grid cols-2">
        <section className="card">
          <h2>{say("What it brought", "带来的增量")}</h2>
          <Plots rows={good} />
        </section>
        <section className="card">
          <h2>{say("What it did harm to", "负面影响")}</h2>
          {harm.length ? (
            <Plots rows={harm} harm />
          ) : (
            <span className="faint">{say("Not measured here.", "此处未统计。")}</span>
          )}
        </section>
      </div>
      <section className="card">
        <h2>{say("In figures", "明细")}</h2>
        <Figures rows={analysis.effects} />
      </section>
      <section className="card">
        <h2>{say("Said in full", "详细说明")}</h2>
        <Said words={analysis.words} />
      </section>
      {analysis.parts?.parts.map((part) => (
        <section className="card" key={part.value}>
          <h2>
            {part.value} <span className="faint">{part.customers}</span>
          </h2>
          <Plots rows={part.effects} />
        </section>
      ))}
    </div>
  );
}

function Said({ words }: { words: Words[] }) {
  const say = useSay();
  if (!words.length) return null;
  return (
    <ul className="list">
      {words.map((each) => (
        <li key={each.en}>{say(each)}</li>
      ))}
    </ul>
  );
}

export function Plots({ rows, harm }: { rows: EffectRow[]; harm?: boolean }) {
  const say = useSay();
  const outcomes = [...new Set(rows.map((each) => each.outcome))];
  return (
    <div className="grid">
      {outcomes.map((outcome) => (
        <div key={outcome}>
          <h3>{nameOfOutcome(outcome, say)}</h3>
          <Intervals rows={rows.filter((each) => each.outcome === outcome)} harm={harm} />
        </div>
      ))}
    </div>
  );
}

const WIDE = 320;
const HIGH = 26;

/** Intervals of 95% against zero; one that does not hold zero stands out. */
function Intervals({ rows, harm }: { rows: EffectRow[]; harm?: boolean }) {
  const say = useSay();
  const title = useId();
  const told = useTold();
  const ends = rows.flatMap((each) => [each.absolute_low ?? each.absolute, each.absolute_high ?? each.absolute, 0]);
  const air = (Math.max(...ends) - Math.min(...ends)) * 0.08;
  const low = Math.min(...ends) - air;
  const span = Math.max(...ends) + air - low || 1;
  const at = (value: number) => 8 + ((value - low) / span) * (WIDE - 16);
  return (
    <div className="intervals">
      {rows.map((each) => (
        <div className="interval" key={each.arm}>
          <span className="ellipsis">{nameOfArm(each.arm, say)}</span>
          <svg viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-labelledby={`${title}-${each.arm}`}>
            <title id={`${title}-${each.arm}`}>{told.sentence(each)}</title>
            <line className="zero" x1={at(0)} x2={at(0)} y1={0} y2={HIGH} />
            <line
              className={each.certain ? (harm && each.absolute > 0 ? "span bad" : "span sure") : "span"}
              x1={at(each.absolute_low ?? low)}
              x2={at(each.absolute_high ?? low + span)}
              y1={HIGH / 2}
              y2={HIGH / 2}
            />
            <circle className="point" cx={at(each.absolute)} cy={HIGH / 2} r={4.5} />
          </svg>
          <span className="value">
            {told.lift(each.kind, each.absolute)}
            <span className="small faint limits">{told.limits(each)}</span>
          </span>
        </div>
      ))}
    </div>
  );
}

function Figures({ rows }: { rows: EffectRow[] }) {
  const say = useSay();
  const format = useFormat();
  const told = useTold();
  return (
    <Scroll label={say("Table", "表格")} bare>
      <table className="plain">
        <thead>
          <tr>
            <th>{say("Outcome", "指标")}</th>
            <th>{say("Group", "组")}</th>
            <th className="number">{say("Customers", "人数")}</th>
            <th className="number">{say("Is", "实际")}</th>
            <th className="number">{say("Left alone", "对照")}</th>
            <th className="number">{say("Difference", "差值")}</th>
            <th className="number">{say("95% interval", "95% 区间")}</th>
            <th className="number">{say("Relative", "相对")}</th>
            <th>{say("Told", "判断")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((each) => (
            <tr key={`${each.outcome} ${each.arm}`}>
              <td>{nameOfOutcome(each.outcome, say)}</td>
              <td>{nameOfArm(each.arm, say)}</td>
              <td className="number">
                {format.number(each.arm_customers)} / {format.number(each.control_customers)}
              </td>
              <td className="number">{told.level(each.kind, each.arm_mean)}</td>
              <td className="number">{told.level(each.kind, each.control_mean)}</td>
              <td className="number">{told.lift(each.kind, each.absolute)}</td>
              <td className="number">{told.limits(each)}</td>
              <td className="number">{each.relative === null ? "–" : signed(each.relative, format.share)}</td>
              <td>
                <Pill tone={each.certain ? "good" : undefined}>
                  {each.certain ? say("certain", "显著") : say("cannot tell", "无法判断")}
                </Pill>
                {each.few && <span className="faint small"> {say("few", "样本少")}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Says in a sentence for each group whether it made more people buy; of harm only where it is certain. */
function useJudged(): (rows: EffectRow[]) => string[] {
  const say = useSay();
  const told = useTold();
  return (rows) => {
    const first = rows.find((each) => !HARM.includes(each.outcome))?.outcome;
    const main = rows.filter((each) => each.outcome === first);
    const harm = rows.filter((each) => HARM.includes(each.outcome) && each.certain && each.absolute > 0);
    return [...main, ...harm].map((each) => {
      const sentence = told.sentence(each);
      if (!each.certain) return say(`Cannot tell yet: ${sentence}.`, `尚无法判断：${sentence}。`);
      if (HARM.includes(each.outcome)) return say(`It does harm: ${sentence}.`, `有负面影响：${sentence}。`);
      return each.absolute > 0
        ? say(`It works: ${sentence}.`, `有效：${sentence}。`)
        : say(`It works the wrong way: ${sentence}.`, `效果为负：${sentence}。`);
    });
  };
}

const signed = (value: number, write: (value: number) => string): string =>
  `${value > 0 ? "+" : ""}${write(value).replace("-", "−")}`;

type Limited = Pick<EffectRow, "absolute_low" | "absolute_high"> & { kind: string };

/** Writes rates as points of a hundred and amounts as money. */
export function useTold() {
  const say = useSay();
  const format = useFormat();
  const { currency } = useSession();
  const money = (value: number) => `${value.toFixed(2)} ${currency}`;
  const level = (kind: string, value: number) => (kind === "rate" ? format.share(value, 2) : money(value));
  const unit = (kind: string) => (kind === "rate" ? say("pp", "个百分点") : currency);
  const bare = (kind: string, value: number | null, open: string) =>
    value === null ? open : signed(kind === "rate" ? value * 100 : value, (each) => each.toFixed(2));
  const lift = (kind: string, value: number | null) => `${bare(kind, value, "∞")} ${unit(kind)}`;
  const ends = ({ kind, absolute_low: low, absolute_high: high }: Limited) =>
    [bare(kind, low, "−∞"), bare(kind, high, "+∞")] as const;
  /** Both ends of the interval, with their unit once. */
  const limits = (row: Limited) => `${ends(row).join(" … ")} ${unit(row.kind)}`;
  const sentence = (row: EffectRow) => {
    const [low, high] = ends(row);
    return say(
      `${nameOfArm(row.arm, say)}, ${nameOfOutcome(row.outcome, say)} ${lift(row.kind, row.absolute)}, 95% between ${low} and ${high} ${unit(row.kind)}`,
      `${nameOfArm(row.arm, say)}，${nameOfOutcome(row.outcome, say)} ${lift(row.kind, row.absolute)}，95% 区间 ${low} 至 ${high} ${unit(row.kind)}`,
    );
  };
  return { level, lift, limits, sentence };
}
