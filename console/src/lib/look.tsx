import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

const KEPT = "quanyu.look";
interface Look {
  dark: boolean;
  turn: () => void;
}
const Seen = createContext<Look>({ dark: false, turn: () => {} });

export function LookProvider({ children }: { children: ReactNode }) {
  const [dark, setDark] = useState(() => {
    const kept = localStorage.getItem(KEPT);
    return kept ? kept === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  });
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  }, [dark]);
  const turn = () => {
    localStorage.setItem(KEPT, dark ? "light" : "dark");
    setDark(!dark);
  };
  return <Seen.Provider value={{ dark, turn }}>{children}</Seen.Provider>;
}

export const useLook = (): Look => useContext(Seen);
