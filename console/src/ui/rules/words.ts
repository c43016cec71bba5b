import type { Words } from "@/lib/text";
import type { Is } from "@/ui/rules/rule";

export const IS: Record<Is, Words> = {
  "=": { en: "is", zh: "等于" },
  "!=": { en: "is not", zh: "不等于" },
  "<": { en: "less than", zh: "小于" },
  "<=": { en: "at most", zh: "至多" },
  ">": { en: "more than", zh: "大于" },
  ">=": { en: "at least", zh: "至少" },
  in: { en: "is one of", zh: "属于" },
  not_in: { en: "is none of", zh: "不属于" },
  between: { en: "between", zh: "介于" },
  is_null: { en: "is not known", zh: "未知" },
  is_known: { en: "is known", zh: "已知" },
};

export const BEHAVIOURS: { over: string; title: Words }[] = [
  { over: "orders", title: { en: "ordered", zh: "下单" } },
  { over: "lines", title: { en: "bought an item", zh: "购买商品" } },
  { over: "returns", title: { en: "returned an item", zh: "退货" } },
  { over: "refunds", title: { en: "was refunded", zh: "退款" } },
  { over: "cases", title: { en: "had an after-sales case", zh: "有售后单" } },
  { over: "events", title: { en: "browsed or clicked", zh: "浏览或点击" } },
  { over: "messages", title: { en: "was sent a message", zh: "收到消息" } },
  { over: "responses", title: { en: "responded to a message", zh: "响应消息" } },
  { over: "coupons", title: { en: "got a coupon", zh: "领取优惠券" } },
];
