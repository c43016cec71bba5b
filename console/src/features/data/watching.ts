import { refusal } from "@/api/client";

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
