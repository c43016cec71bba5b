import type { CSSProperties, ReactNode } from "react";

interface ScrollProps {
  label: string;
  /** Within a card already. */
  bare?: boolean;
  style?: CSSProperties;
  children: ReactNode;
}

/** A table that may be wider than the window: it scrolls, by keyboard as well. */
export function Scroll({ label, bare, style, children }: ScrollProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it by the arrow keys
    <section className={bare ? "scroll" : "card scroll"} aria-label={label} tabIndex={0} style={style}>
      {children}
    </section>
  );
}
