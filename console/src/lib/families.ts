import type { Words } from "@/lib/text";

/** The six families of tags, in the order of the catalogue. */
export const FAMILIES: Record<string, Words> = {
  traits: { en: "Who · traits", zh: "谁 · 基本属性" },
  value: { en: "How much · value", zh: "多少 · 价值" },
  channel: { en: "Where · channels", zh: "何处 · 渠道" },
  timing: { en: "When · timing", zh: "何时 · 时机" },
  category: { en: "What · categories", zh: "什么 · 品类" },
  content: { en: "Why · content", zh: "为何 · 内容偏好" },
};
