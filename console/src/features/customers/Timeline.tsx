import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { useMemo, useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { CASES, KINDS, STATES } from "@/features/customers/words";
import { CHANNELS } from "@/lib/channels";
import { useFormat } from "@/lib/format";
import { wordOf } from "@/lib/identifiers";
import { type Say, useSay } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Nothing } from "@/ui/states";

type Happening = Schemas["OneHappening"];
const PAGE = 50;

/** All that happened with him, of every room, the newest first. */
export function Timeline({ id }: { id: string }) {
  const say = useSay();
  const [kind, setKind] = useState<string[]>([]);
  const query = useInfiniteQuery({
    queryKey: ["customer", id, "timeline", kind],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/api/v1/customers/{one_id}/timeline", {
          params: { path: { one_id: id }, query: { kind, before: pageParam, limit: PAGE } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
  });
  return (
    <div className="grid">
      <Select
        mode="multiple"
        allowClear
        style={{ maxWidth: 520 }}
        aria-label={say("Kinds", "类型")}
        placeholder={say("Everything; or only…", "全部；或仅看……")}
        value={kind}
        onChange={setKind}
        options={Object.entries(KINDS).map(([value, words]) => ({ value, label: say(words) }))}
      />
      <Answered query={query} rows={10}>
        {({ pages }) => {
          const happened = pages.flatMap((page) => page.happened);
          return happened.length ? (
            <div className="card">
              <Days happened={happened} />
              {query.hasNextPage && (
                <Button
                  style={{ marginTop: 10 }}
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  {say("What came before", "更早的记录")}
                </Button>
              )}
            </div>
          ) : (
            <Nothing title={say("Nothing is known to have happened.", "暂无记录。")} />
          );
        }}
      </Answered>
    </div>
  );
}

function Days({ happened }: { happened: Happening[] }) {
  const format = useFormat();
  const days = useMemo(() => {
    const found: { day: string; of: Happening[] }[] = [];
    for (const each of happened) {
      const day = format.day(each.at);
      const last = found[found.length - 1];
      if (last?.day === day) last.of.push(each);
      else found.push({ day, of: [each] });
    }
    return found;
  }, [happened, format]);
  return (
    <ul className="timeline">
      {days.flatMap(({ day, of }) => [
        <li key={day} className="day">
          {day}
        </li>,
        ...of.map((each) => <One key={`${each.kind} ${each.source} ${each.key}`} each={each} />),
      ])}
    </ul>
  );
}

function One({ each }: { each: Happening }) {
  const say = useSay();
  const format = useFormat();
  const { amount, currency } = each.about as { amount?: number | null; currency?: string | null };
  const money = each.kind === "return" ? -Number(each.about.returned ?? 0) : amount;
  return (
    <li>
      <time className="faint" dateTime={each.at}>
        {format.time(each.at)}
      </time>
      <span className="kind">{say(wordOf(KINDS, each.kind))}</span>
      <span className="told">
        {told(each, say)} <span className="faint small">{each.source}</span>
      </span>
      <span className="number">{money ? format.exact(money, currency ?? null) : ""}</span>
    </li>
  );
}

function told(each: Happening, say: Say): string {
  const of = (name: string): string => {
    const value = each.about[name];
    return value === null || value === undefined ? "" : String(value);
  };
  const parts: (string | false)[] = [];
  switch (each.kind) {
    case "order":
    case "return":
      parts.push(of("status") && say(wordOf(STATES, of("status"))));
      parts.push(say(`${of("lines")} lines`, `${of("lines")} 行`), of("store_name") || of("store") || of("channel"));
      parts.push(of("order_number"));
      break;
    case "case":
      parts.push(say(wordOf(CASES, of("type"))), of("status") && say(wordOf(STATES, of("status"))), of("reason"));
      break;
    case "event":
      parts.push(of("name"), of("product"), of("page"), of("campaign"));
      break;
    case "message":
      parts.push(say(wordOf(CHANNELS, of("channel"))), of("status") && say(wordOf(STATES, of("status"))));
      parts.push(of("campaign"), of("template"));
      break;
    case "response":
      parts.push(say(wordOf(CHANNELS, of("channel"))), say(wordOf(STATES, of("event"))), of("campaign"));
      break;
  }
  return parts.filter(Boolean).join(" · ");
}
