import { useEffect, useRef, useState } from "react";

/** Returns `value` once it has stayed the same for `wait` milliseconds; compared by what it says. */
export function useSettled<T>(value: T, wait: number): T {
  const written = JSON.stringify(value);
  const latest = useRef(value);
  latest.current = value;
  const [settled, setSettled] = useState(value);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `written` stands for the value
  useEffect(() => {
    const timer = setTimeout(() => setSettled(latest.current), wait);
    return () => clearTimeout(timer);
  }, [written, wait]);
  return settled;
}
