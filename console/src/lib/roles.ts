import type { Role } from "@/lib/session";
import type { Words } from "@/lib/text";

export const ROLE_WORDS: Record<Role, Words> = {
  owner: { en: "owner", zh: "所有者" },
  marketer: { en: "marketer", zh: "营销" },
  analyst: { en: "analyst", zh: "分析" },
  service: { en: "service desk", zh: "客服" },
  viewer: { en: "viewer", zh: "只读" },
};
