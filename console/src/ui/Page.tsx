import { type ReactNode, useEffect } from "react";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Loading, Refused } from "@/ui/states";

interface Heading {
  title: string;
  /** Instant up to which the figures of the page count. */
  asOf?: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, asOf, about, actions, children }: Heading) {
  const say = useSay();
  const format = useFormat();
  useEffect(() => {
    document.title = `${title} · Quanyu 全域`;
  }, [title]);
  return (
    <div className="page">
      <header>
        <h1>{title}</h1>
        {about && <span className="faint">{about}</span>}
        {asOf && (
          <span className="faint small">
            {say("Data as of ", "数据截至 ")}
            <time dateTime={asOf}>{format.instant(asOf)}</time>
          </span>
        )}
        {actions && <div className="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** Shows what a query answers; until then that it loads, and what to do when it is refused. */
export function Answered<T>({
  query,
  rows,
  children,
}: {
  query: { data: T | undefined; isError: boolean; error: unknown; refetch: () => unknown };
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <Refused error={query.error} again={() => void query.refetch()} />;
  return <Loading rows={rows} />;
}
