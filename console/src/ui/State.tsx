import { STATES } from "@/lib/states";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";

/** The state of a journey or a campaign. */
export function State({ state }: { state: string }) {
  const say = useSay();
  const tone = state === "running" ? "good" : state === "paused" ? "warm" : undefined;
  return <Pill tone={tone}>{STATES[state] ? say(STATES[state]) : state}</Pill>;
}
