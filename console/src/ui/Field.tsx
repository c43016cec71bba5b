import type { ReactNode } from "react";

export function Field({ name, children }: { name: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is what the caller puts in
    <label className="field">
      <span className="small faint">{name}</span>
      {children}
    </label>
  );
}
