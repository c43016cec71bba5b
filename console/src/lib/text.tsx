import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

export type Language = "en" | "zh";
export interface Words {
  en: string;
  zh: string;
}
/** Says one of two texts: `say("Customers", "客户")`, or the words that the API tells. */
export type Say = ((en: string, zh: string) => string) & ((words: Words) => string);

interface Tongue {
  language: Language;
  say: Say;
  speak: (language: Language) => void;
}

const KEPT = "quanyu.language";
const Spoken = createContext<Tongue | null>(null);

export function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

export function TongueProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(preferred);
  const tongue = useMemo<Tongue>(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    return {
      language,
      say: ((en: string | Words, zh?: string) =>
        typeof en === "string" ? (language === "zh" ? (zh ?? en) : en) : en[language]) as Say,
      speak: (next) => {
        localStorage.setItem(KEPT, next);
        setLanguage(next);
      },
    };
  }, [language]);
  return <Spoken.Provider value={tongue}>{children}</Spoken.Provider>;
}

export function useTongue(): Tongue {
  const tongue = useContext(Spoken);
  if (!tongue) throw new Error("useTongue outside of TongueProvider");
  return tongue;
}

export const useSay = (): Say => useTongue().say;
