import type { Words } from "@/lib/text";

/** The six families of tags, in the order of the catalogue. */
export const FAMILIES: Record<string, Words> = {
  traits: { en: "Who · traits", zh: "Who · 基本属性" },
  value: { en: "How much · value", zh: "How much · 价值" },
  channel: { en: "Where · channels", zh: "Where · 渠道" },
  timing: { en: "When · timing", zh: "When · 时机" },
  category: { en: "What · categories", zh: "What · 品类" },
  content: { en: "Why · content", zh: "Why · 内容偏好" },
};
