import type { Words } from "@/lib/text";

/** The states of journeys and campaigns in words. */
export const STATES: Record<string, Words> = {
  draft: { en: "not started", zh: "未启动" },
  running: { en: "running", zh: "运行中" },
  paused: { en: "paused", zh: "已暂停" },
  stopped: { en: "stopped", zh: "已停止" },
};
