import type { Words } from "@/lib/text";

export type Answer = "together" | "settled" | "nobodys";
export const ANSWERS: Record<Answer, { title: Words; about: Words; key: string }> = {
  together: {
    key: "M",
    title: { en: "Same person", zh: "同一人" },
    about: { en: "whoever has the value becomes one customer", zh: "拥有该标识的记录合并为一位客户" },
  },
  settled: {
    key: "S",
    title: { en: "Different", zh: "不是同一人" },
    about: {
      en: "they stay apart; asked again when other records have the value",
      zh: "维持独立；有新记录拥有该标识时再次询问",
    },
  },
  nobodys: {
    key: "N",
    title: { en: "Nobody's", zh: "不属于任何人" },
    about: {
      en: "the value is no person's, such as a store's phone: it joins nobody",
      zh: "该标识不属于个人（如门店电话），不再据此合并",
    },
  },
};
