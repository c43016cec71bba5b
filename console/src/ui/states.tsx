import { Button, Skeleton } from "antd";
import { type ReactNode, useId } from "react";
import { ApiError } from "@/api/client";
import { useSay } from "@/lib/text";

export function Loading({ rows = 5 }: { rows?: number }) {
  const say = useSay();
  return (
    <div className="card" role="status" aria-label={say("Loading", "加载中")}>
      <Skeleton active title={false} paragraph={{ rows }} />
    </div>
  );
}

export function Nothing({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="state">
      <b>{title}</b>
      {children && <div>{children}</div>}
      {action}
    </div>
  );
}

/** Says what was refused, what is allowed, what to do; every fault with its place. */
export function Refused({ error, again }: { error: unknown; again?: () => void }) {
  const say = useSay();
  const title = useId();
  const known = error instanceof ApiError ? error : null;
  return (
    <div className="error" role="alert" aria-labelledby={title}>
      <b id={title}>{known?.message ?? say("Something went wrong on this page.", "页面出现错误。")}</b>
      {known?.remedy && <div>{known.remedy}</div>}
      {known?.received && (
        <div className="small faint">
          {say("Received: ", "收到：")}
          {known.received}
          {known.allowed.length > 0 &&
            ` · ${say("allowed: ", "可用：")}${known.allowed.slice(0, 12).join(say(", ", "、"))}`}
        </div>
      )}
      {known && known.faults.length > 0 && (
        <ul>
          {known.faults.slice(0, 30).map((fault) => (
            <li key={`${fault.place} ${fault.problem}`}>
              <code>{fault.place}</code> {fault.problem}
              {fault.received && ` (${fault.received})`}
              {fault.allowed.length > 0 && (
                <span className="faint"> {fault.allowed.slice(0, 10).join(say(", ", "、"))}</span>
              )}
            </li>
          ))}
        </ul>
      )}
      {known?.request && known.status >= 500 && (
        <div className="small faint">
          {say("Request ", "请求编号 ")}
          {known.request}
        </div>
      )}
      {again && (
        <Button size="small" style={{ marginTop: 8 }} onClick={again}>
          {say("Try again", "重试")}
        </Button>
      )}
    </div>
  );
}
