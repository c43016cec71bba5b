import { match } from "pinyin-pro";
import type { Words } from "@/lib/text";

export interface Found {
  to: string;
  title: Words;
  kind: Words;
  name: string;
}

const MOST = 40;

/** Returns what `typed` names, the best first: by beginning, by any part, by pinyin or its initials. */
export function matching(all: Found[], typed: string): Found[] {
  const asked = typed.trim().toLowerCase();
  const digits = /^\d{4,}$/.test(asked);
  const customer: Found[] = digits
    ? [
        {
          to: `/customers?find=${asked}`,
          title: { en: `Customers with ${asked}`, zh: `查找客户 ${asked}` },
          kind: { en: "customer", zh: "客户" },
          name: "",
        },
      ]
    : [];
  if (!asked) return all.slice(0, MOST);
  const rated = all.map((one) => ({ one, rank: rankOf(one, asked) })).filter(({ rank }) => rank > 0);
  rated.sort((a, b) => b.rank - a.rank);
  return [...customer, ...rated.map(({ one }) => one)].slice(0, MOST);
}

function rankOf(one: Found, asked: string): number {
  const names = [one.title.en.toLowerCase(), one.title.zh, one.name.toLowerCase()];
  if (names.some((name) => name.startsWith(asked))) return 3;
  if (names.some((name) => name.includes(asked))) return 2;
  return /^[a-z]+$/.test(asked) && match(one.title.zh, asked, { precision: "start" }) ? 1 : 0;
}
