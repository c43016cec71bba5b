import type { ReactNode } from "react";
import { Link } from "react-router";

/** A number with its name; the name leads to what it means. */
export function Figure({
  name,
  value,
  beside,
  to,
}: {
  name: string;
  value: ReactNode;
  beside?: ReactNode;
  to?: string;
}) {
  return (
    <div className="card figure">
      <span className="name">{to ? <Link to={to}>{name}</Link> : name}</span>
      <b>{value}</b>
      <span className="small faint">{beside ?? " "}</span>
    </div>
  );
}

/** One line with a bar: `share` of 1 fills it. */
export function RowBar({
  name,
  share,
  value,
  title,
  colour,
}: {
  name: ReactNode;
  share: number;
  value: ReactNode;
  title?: string;
  colour?: string;
}) {
  return (
    <div className="row-bar" title={title}>
      <span className="ellipsis">{name}</span>
      <span className="track" aria-hidden="true">
        <span
          className="fill"
          style={{ display: "block", width: `${Math.min(100, Math.max(0, share * 100))}%`, background: colour }}
        />
      </span>
      <span className="value">{value}</span>
    </div>
  );
}

export function Pill({ children, tone }: { children: ReactNode; tone?: "good" | "warm" }) {
  return <span className={`pill ${tone ?? ""}`}>{children}</span>;
}
