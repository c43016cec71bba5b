import type { ReactNode } from "react";
import type { Fault, Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useSay, type Words } from "@/lib/text";
import { nameOfWho } from "@/lib/who";
import { nameOfArm } from "@/ui/Effect";
import { RowBar } from "@/ui/figures";
import { Scroll } from "@/ui/Scroll";

export interface Detail extends Omit<Schemas["CampaignDetail"], "out" | "acts" | "approval" | "counted"> {
  out: { stage: number; released_at: string; who: string; customers: number }[];
  acts: { at: string; who: string; act: string; said: Words; told: Record<string, unknown> }[];
  approval: {
    who: string;
    approved_at: string;
    customers: number;
    changed: (Omit<Fault, "problem"> & { problem: Words })[];
  } | null;
  counted: { messages: number; answers: Record<string, number> };
}

export function Shares({ shares }: { shares: Record<string, number> }) {
  const say = useSay();
  const format = useFormat();
  return (
    <div className="rows">
      {Object.entries(shares).map(([arm, share]) => (
        <RowBar key={arm} name={nameOfArm(arm, say)} share={share} value={format.share(share)} />
      ))}
    </div>
  );
}

const GUARDS: Record<string, Words> = {
  unsubscribed: { en: "unsubscribed", zh: "退订" },
  complained: { en: "complained", zh: "投诉" },
  bounced: { en: "bounced", zh: "退信" },
};

export function Guards({ detail }: { detail: Detail }) {
  const say = useSay();
  const format = useFormat();
  const { messages, answers } = detail.counted;
  return (
    <section className="card">
      <h2>
        {say("Guard rails", "护栏")}
        <span className="faint">
          {say(`of ${format.number(messages)} messages`, `共 ${format.number(messages)} 条消息`)}
        </span>
      </h2>
      <div className="rows wide-values">
        {Object.entries(detail.limits).map(([word, limit]) => {
          const share = (answers[word] ?? 0) / Math.max(1, messages);
          return (
            <RowBar
              key={word}
              name={GUARDS[word] ? say(GUARDS[word]) : word}
              share={share / limit}
              value={`${format.share(share, 2)} / ${format.share(limit, 2)}`}
              title={format.number(answers[word] ?? 0)}
              colour={share > limit ? "var(--warm)" : undefined}
            />
          );
        })}
      </div>
      <p className="small faint">
        {say(
          "It stops by itself when one is passed, of a hundred messages at least.",
          "超过限值（至少 100 条消息）时自动停止。",
        )}
      </p>
    </section>
  );
}

export function Acts({ acts }: { acts: Detail["acts"] }) {
  const say = useSay();
  const format = useFormat();
  const rows: ReactNode[] = acts.map((each) => (
    <tr key={`${each.at} ${each.act}`}>
      <td className="faint when">{format.instant(each.at)}</td>
      <td>{nameOfWho(each.who, say)}</td>
      <td>
        {say(each.said)}
        {typeof each.told.stage === "number" && ` ${each.told.stage}`}
      </td>
    </tr>
  ));
  return (
    <section className="card">
      <h2>{say("Who did what", "操作记录")}</h2>
      <Scroll label={say("Who did what", "操作记录")} bare>
        <table className="plain">
          <thead>
            <tr>
              <th>{say("When", "时间")}</th>
              <th>{say("Who", "操作人")}</th>
              <th>{say("What", "操作")}</th>
            </tr>
          </thead>
          <tbody>{rows}</tbody>
        </table>
      </Scroll>
    </section>
  );
}
