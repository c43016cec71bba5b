import { useMemo } from "react";
import { useSession } from "@/lib/session";
import { useTongue } from "@/lib/text";

const DAY = 86_400_000;
const TEN_THOUSAND = 10_000; // below it a number is short as it stands

/** Numbers, shares, money and times as this language and this workspace write them. */
export function useFormat() {
  const { language, say } = useTongue();
  const { time_zone: timeZone, currency } = useSession();
  return useMemo(() => {
    const locale = language === "zh" ? "zh-CN" : "en-GB";
    const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
    const digits = currency === "JPY" || currency === "KRW" ? 0 : 2;
    const instant = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "medium", timeStyle: "short" });
    const time = new Intl.DateTimeFormat(locale, { timeZone, timeStyle: "short" });
    const day = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "medium" });
    const money = new Intl.NumberFormat(locale, { style: "currency", currency, maximumFractionDigits: 0 });
    return {
      number: (value: number) => whole.format(value),
      short: (value: number) => (value < TEN_THOUSAND ? whole : short).format(value),
      share: (value: number, decimals = 1) =>
        new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: decimals }).format(value),
      /** `value` in minor units. */
      money: (value: number) => money.format(value / 10 ** digits),
      /** An amount in major units, as tags tell it. */
      whole: (value: string) => money.format(Number(value)),
      /** `value` in minor units, to the last of them. */
      exact: (value: number, of: string | null) =>
        new Intl.NumberFormat(locale, { style: "currency", currency: of ?? currency }).format(
          value / 10 ** (of === "JPY" || of === "KRW" ? 0 : digits),
        ),
      time: (value: string) => time.format(new Date(value)),
      instant: (value: string) => instant.format(new Date(value)),
      day: (value: string) => day.format(new Date(value.length === 10 ? `${value}T12:00:00Z` : value)),
      since: (value: string, now: string) => {
        const days = Math.floor((Date.parse(now) - Date.parse(value)) / DAY);
        if (days < 1) return say("today", "今天");
        return say(`${days} d ago`, `${days} 天前`);
      },
    };
  }, [language, say, timeZone, currency]);
}
