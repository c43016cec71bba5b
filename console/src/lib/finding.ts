import { match } from "pinyin-pro";
import type { Words } from "@/lib/text";

export interface Found {
  to: string;
  title: Words;
  kind: Words;
  name: string;
  /** What to find customers by on the page that is opened. */
  find?: string;
}

const MOST = 40;

/** Returns what `typed` names, the best first: by beginning, by any part, by pinyin or its initials. */
export function matching(all: Found[], typed: string): Found[] {
  const asked = typed.trim().toLowerCase();
  const digits = /\d{4,}/.test(asked);
  const customer: Found[] =
    asked.length > 1
      ? [
          {
            to: "/customers",
            title: { en: `Find customers by “${typed.trim()}”`, zh: `按“${typed.trim()}”查找客户` },
            kind: { en: "customer", zh: "客户" },
            name: "",
            find: typed.trim(),
          },
        ]
      : [];
  if (!asked) return all.slice(0, MOST);
  const rated = all.map((one) => ({ one, rank: rankOf(one, asked) })).filter(({ rank }) => rank > 0);
  rated.sort((a, b) => b.rank - a.rank);
  const named = rated.map(({ one }) => one).slice(0, MOST);
  return digits ? [...customer, ...named] : [...named, ...customer];
}

function rankOf(one: Found, asked: string): number {
  const names = [one.title.en.toLowerCase(), one.title.zh, one.name.toLowerCase()];
  if (names.some((name) => name.startsWith(asked))) return 3;
  if (names.some((name) => name.includes(asked))) return 2;
  return /^[a-z]+$/.test(asked) && match(one.title.zh, asked, { precision: "start" }) ? 1 : 0;
}
