import type { ReactNode } from "react";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";

interface SettledProps {
  preliminary: boolean;
  on: string;
  children: ReactNode;
}

/** Whether a report may still change, and until when; then what it counts. */
export function Settled({ preliminary, on, children }: SettledProps) {
  const say = useSay();
  const day = useFormat().day(on);
  return (
    <p className="small">
      {preliminary ? (
        <>
          <Pill tone="warm">{say("preliminary", "初步结果")}</Pill>{" "}
          {say(
            `Purchases may still be made, or come back, until ${day}; the limits hold at any look.`,
            `${day} 之前仍可能有购买或退货；区间在任意时点均有效。`,
          )}
        </>
      ) : (
        <Pill tone="good">{say(`settled on ${day}`, `${day} 已定`)}</Pill>
      )}{" "}
      {children}
    </p>
  );
}
