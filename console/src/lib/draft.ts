import { useCallback, useState } from "react";

const MOST = 50;

interface Draft<T> {
  value: T;
  set: (value: T) => void;
  /** Undefined where there is nothing to take back. */
  undo: (() => void) | undefined;
  clear: () => void;
}

/** What somebody is working on: every step can be taken back, and it outlives a reload or an ended session. */
export function useDraft<T>(name: string, start: T): Draft<T> {
  const key = `quanyu.draft.${name}`;
  const [steps, setSteps] = useState<T[]>(() => {
    const kept = sessionStorage.getItem(key);
    return [kept ? (JSON.parse(kept) as T) : start];
  });
  const set = useCallback(
    (value: T) => {
      sessionStorage.setItem(key, JSON.stringify(value));
      setSteps((before) => [...before.slice(-MOST), value]);
    },
    [key],
  );
  const back = useCallback(() => {
    setSteps((before) => {
      const left = before.length > 1 ? before.slice(0, -1) : before;
      sessionStorage.setItem(key, JSON.stringify(left[left.length - 1]));
      return left;
    });
  }, [key]);
  const clear = useCallback(() => sessionStorage.removeItem(key), [key]);
  return { value: steps[steps.length - 1] as T, set, undo: steps.length > 1 ? back : undefined, clear };
}
