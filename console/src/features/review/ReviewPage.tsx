import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Tabs } from "antd";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { Decisions } from "@/features/review/Decisions";
import { Questions } from "@/features/review/Questions";
import "@/features/review/review.css";
import { useFormat } from "@/lib/format";
import { DIFFER, REASONS, typeName, wordOf } from "@/lib/identifiers";
import { useSay } from "@/lib/text";
import { Answered, Page } from "@/ui/Page";
import { Nothing } from "@/ui/states";

/** What recognition leaves open, in patterns, the most at stake first; answered by keys, or a pattern at once. */
export default function ReviewPage() {
  const say = useSay();
  const format = useFormat();
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ["review", "patterns"],
    queryFn: () => answered(api.GET("/api/v1/identity/questions", { params: { query: { limit: 0 } } })),
  });
  const anew = () => {
    void queries.invalidateQueries({ queryKey: ["review"] });
    void queries.invalidateQueries({ queryKey: ["customer"] });
    void queries.invalidateQueries({ queryKey: ["overview"] });
  };
  const open = query.data?.patterns.reduce((sum, each) => sum + each.questions, 0) ?? 0;
  return (
    <Page
      title={say("Merge review", "合并审核")}
      about={
        query.data &&
        say(
          `${format.number(open)} questions in ${query.data.patterns.length} patterns; ${format.number(query.data.settled)} stay as they are`,
          `${format.number(open)} 个待审问题，${query.data.patterns.length} 类；${format.number(query.data.settled)} 个维持现状`,
        )
      }
    >
      <Tabs
        destroyOnHidden
        items={[
          {
            key: "open",
            label: say("Open questions", "待审问题"),
            children: (
              <Answered query={query} rows={10}>
                {(found) => <Open found={found} anew={anew} />}
              </Answered>
            ),
          },
          { key: "log", label: say("Decisions", "决定日志"), children: <Decisions anew={anew} /> },
        ]}
      />
    </Page>
  );
}

function Open({ found, anew }: { found: Schemas["QueueAnswer"]; anew: () => void }) {
  const say = useSay();
  const { patterns } = found;
  // Who is at a pattern stays there, though answers put it elsewhere in the list, or off it: they can be taken back.
  const [chosen, choose] = useState(patterns[0]);
  const at = patterns.findIndex((each) => each.name === chosen?.name);
  const pattern = patterns[at] ?? chosen ?? patterns[0];
  const step = (by: number) => {
    const next = patterns[at < 0 ? 0 : at + by];
    if (next) choose(next);
  };
  if (!pattern)
    return (
      <Nothing title={say("Nothing is open.", "没有待审问题。")}>
        <p>
          {say(
            "Whoever shares a value with others and is not certain to be one person is asked about here. Nobody has to answer: they stay apart until somebody does.",
            "多位客户共用同一标识、又不能确定是同一人时，会在此列出。不答复则维持各自独立。",
          )}
        </p>
      </Nothing>
    );
  return (
    <div className="review">
      <nav className="card patterns" aria-label={say("Patterns, the most at stake first", "模式，按价值排序")}>
        {patterns.map((each) => (
          <Pattern key={each.name} pattern={each} current={each.name === pattern.name} choose={() => choose(each)} />
        ))}
      </nav>
      <Questions
        key={pattern.name}
        pattern={pattern}
        step={step}
        anew={() => {
          choose(undefined);
          anew();
        }}
      />
    </div>
  );
}

function Pattern({
  pattern,
  current,
  choose,
}: {
  pattern: Schemas["PatternAnswer"];
  current: boolean;
  choose: () => void;
}) {
  const say = useSay();
  const format = useFormat();
  const differ = pattern.differ.map((each) => say(wordOf(DIFFER, each))).join(say(", ", "、"));
  return (
    <button type="button" aria-current={current} onClick={choose}>
      <span className="line">
        <b>{say(typeName(pattern.type))}</b>
        <span>{format.money(pattern.worth)}</span>
      </span>
      <span className="small" style={{ display: "block" }}>
        {say(wordOf(REASONS, pattern.reason))}
        {differ && say(` (${differ})`, `（${differ}）`)}
      </span>
      <span className="line faint small">
        <span className="ellipsis">{pattern.sources.join(" + ")}</span>
        <span style={{ whiteSpace: "nowrap" }}>
          {format.number(pattern.questions)} · {format.share(pattern.share, 0)}
        </span>
      </span>
    </button>
  );
}
