import { refusal } from "@/api/client";
import type { Say, Words } from "@/lib/text";

export interface Told {
  state: string;
  step: string | null;
  share: number | null;
}

/** Follows a job by server-sent events until it has ended, and returns how; a connection that breaks is made anew. */
export function watched(job: string, told: (now: Told) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const source = new EventSource(`/api/v1/jobs/${job}/events`);
    source.onmessage = (event) => {
      const now = JSON.parse(event.data as string) as Told;
      told(now);
      if (["succeeded", "failed", "cancelled"].includes(now.state)) {
        source.close();
        resolve(now.state);
      }
    };
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      void fetch(`/api/v1/jobs/${job}`).then(async (answer) => reject(await refusal(answer)), reject);
    };
  });
}

const STEPS: [RegExp, Words][] = [
  [/^waiting/, { en: "waiting for its turn", zh: "排队中" }],
  [/^running/, { en: "running", zh: "处理中" }],
  [/^reading/, { en: "reading and checking", zh: "读取并检查" }],
  [/^landing/, { en: "landing", zh: "写入" }],
  [/^settling/, { en: "settling", zh: "汇总" }],
];

/** Says what a job is doing; a step of another name is shown as it is. */
export function doing(now: Told, say: Say): string {
  const step = now.step ?? now.state;
  const words = STEPS.find(([known]) => known.test(step))?.[1];
  return words ? say(words) : step;
}
