import { END, START, type Step } from "@/features/journeys/graph";
import type { Say, Words } from "@/lib/text";

export const KINDS: Record<string, Words> = {
  start: { en: "Start", zh: "入口" },
  end: { en: "End", zh: "结束" },
  wait: { en: "Wait", zh: "等待" },
  branch: { en: "Branch", zh: "条件分支" },
  split: { en: "Split by lot", zh: "随机分流" },
  send: { en: "Send a message", zh: "发送消息" },
  tag: { en: "Give a tag", zh: "打标签" },
  goal: { en: "Goal", zh: "目标" },
  exit: { en: "Exit", zh: "退出" },
  act: { en: "Act", zh: "执行动作" },
};

/** Says the way out of a step in a word or two. */
export function wayIn(key: string, step: Step, say: Say): string {
  const [root, place] = key.split(".");
  if (root === "shares") return share((step.data.shares as number[])[Number(place)] ?? 0);
  if (root === "cases") {
    const many = (step.data.cases as unknown[] | undefined)?.length ?? 0;
    return many > 1 ? say(`rule ${Number(place) + 1}`, `条件 ${Number(place) + 1}`) : say("yes", "是");
  }
  const otherwise: Record<string, Words> = {
    act: { en: "cannot have it", zh: "未执行" },
    wait: { en: "when time is over", zh: "超时" },
  };
  const words = new Map<string, Words>([
    ["next", { en: "then", zh: "然后" }],
    ["then", { en: "when it happens", zh: "发生后" }],
    ["otherwise", otherwise[step.type] ?? { en: "otherwise", zh: "否则" }],
    ["unsent", { en: "not sent", zh: "未发送" }],
  ]);
  const found = words.get(key);
  return found ? say(found) : key;
}

const share = (value: number): string => `${Math.round(value * 1000) / 10}%`;

/** Says what an audience or a content is called; its name in files where that is not known. */
export type Called = (kind: "audience" | "content", name: unknown) => string;

/** Says what a step is set to, in a line. */
export function summary({ id, type, data }: Step, say: Say, called: Called): string {
  if (id === START) return startIn(data, say, called);
  if (id === END) return "";
  const list = (value: unknown) => (Array.isArray(value) ? value : []);
  switch (type) {
    case "wait": {
      const lasting = [
        data.days ? say(`${data.days} d`, `${data.days} 天`) : "",
        data.hours ? say(`${data.hours} h`, `${data.hours} 小时`) : "",
        data.minutes ? say(`${data.minutes} min`, `${data.minutes} 分钟`) : "",
      ].filter(Boolean);
      const at = data.at ? say(`at ${data.at}`, `${data.at}`) : "";
      const until = data.until === undefined ? "" : say("until a rule is true, at most", "直到满足条件，最长");
      return [until, ...lasting, at].filter(Boolean).join(" ");
    }
    case "branch": {
      const many = list(data.cases).length;
      return say(many === 1 ? "1 rule" : `${many} rules`, `${many} 个条件`);
    }
    case "split":
      return (
        list(data.shares)
          .map((each) => share(Number(each)))
          .join(" / ") + (data.within ? say(` within ${data.within}`, `，按 ${data.within} 分层`) : "")
      );
    case "send":
      return `${data.content ? called("content", data.content) : say("no content yet", "未选内容")} · ${list(data.by).join(" → ")}`;
    case "tag":
      return `${data.tag} = ${data.value}`;
    case "goal":
      return String(data.name ?? "");
    case "act":
      return String(data.action ?? "");
    case "exit":
      return say("the journey is over", "旅程结束");
    default:
      return JSON.stringify(data);
  }
}

function startIn(data: Record<string, unknown>, say: Say, called: Called): string {
  const inner = (name: string) => (data[name] ?? {}) as Record<string, unknown>;
  if (data.audience)
    return data.leaves
      ? say(`who leaves: ${called("audience", data.audience)}`, `离开：${called("audience", data.audience)}`)
      : say(`who enters: ${called("audience", data.audience)}`, `进入：${called("audience", data.audience)}`);
  if (data.date)
    return say(
      `${inner("date").days ?? 0} d from ${inner("date").tag}`,
      `${inner("date").tag} 的 ${inner("date").days ?? 0} 天`,
    );
  if (data.calendar) return `${inner("calendar").festival} ${inner("calendar").days ?? 0}`;
  if (data.schedule)
    return say(
      `every ${inner("schedule").every}: ${called("audience", inner("schedule").audience)}`,
      `每${{ day: "天", week: "周", month: "月" }[String(inner("schedule").every)] ?? ""}：${called("audience", inner("schedule").audience)}`,
    );
  if (data.event) return say("who has done something", "发生行为");
  return say("who is brought, by API or hand", "API 或手动送入");
}
