import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useEffect, useRef, useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { Help } from "@/features/review/Help";
import { Holders, holdersQuery } from "@/features/review/Holders";
import { Whole } from "@/features/review/Whole";
import { ANSWERS, type Answer } from "@/features/review/words";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Nothing, Refused } from "@/ui/states";

const MOST = 200;
interface Given {
  number: string;
  answer: Answer;
  act?: string;
}

interface Props {
  pattern: Schemas["PatternAnswer"];
  step: (by: number) => void;
  anew: () => void;
}

/** The questions of one pattern, one at a time; answers go out one after the other while the next is looked at. */
export function Questions({ pattern, step, anew }: Props) {
  const query = useQuery({
    queryKey: ["review", "questions", pattern.name],
    queryFn: () =>
      answered(api.GET("/api/v1/identity/questions", { params: { query: { pattern: pattern.name, limit: MOST } } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0, // whoever comes back sees what is left
  });
  return (
    <Answered query={query} rows={8}>
      {({ questions }) => <Asked questions={questions} pattern={pattern} step={step} anew={anew} />}
    </Answered>
  );
}

function Asked({ questions, pattern, step, anew }: Props & { questions: Schemas["QuestionAnswer"][] }) {
  const say = useSay();
  const format = useFormat();
  const may = useMay("marketer");
  const queries = useQueryClient();
  const [at, go] = useState(0);
  const [given, setGiven] = useState<Given[]>([]);
  const [reason, setReason] = useState("");
  const [showing, show] = useState<"help" | "whole">();
  const why = reason.trim() || say("looked at one by one", "逐个审核");
  const question = questions[at];
  const of = (number: string) => given.find((each) => each.number === number);

  const answer = useMutation({
    scope: { id: "review" },
    mutationFn: (wanted: Given) =>
      answered(
        api.POST("/api/v1/identity/answers", {
          body: { answer: wanted.answer, questions: [Number(wanted.number)], reason: why },
        }),
      ),
    onSuccess: (done, wanted) => {
      setGiven((before) => before.map((each) => (each.number === wanted.number ? { ...each, act: done.act } : each)));
      void queries.invalidateQueries({ queryKey: ["review", "patterns"] });
    },
    onError: (_, wanted) => setGiven((before) => before.filter((each) => each.number !== wanted.number)),
  });
  const undo = useMutation({
    scope: { id: "review" },
    mutationFn: (act: string) =>
      answered(api.POST("/api/v1/identity/decisions/withdrawals", { body: { acts: [Number(act)] } })),
    onSuccess: (_, act) => {
      const back = given.find((each) => each.act === act);
      setGiven((before) => before.filter((each) => each.act !== act));
      go(
        Math.max(
          0,
          questions.findIndex((each) => each.number === back?.number),
        ),
      );
      void queries.invalidateQueries({ queryKey: ["review", "patterns"] });
    },
  });

  const move = (by: number) => go((now) => Math.min(questions.length - 1, Math.max(0, now + by)));
  const say_ = (verdict: Answer) => {
    if (!may || !question || of(question.number)) return;
    const wanted = { number: question.number, answer: verdict };
    setGiven((before) => [...before, wanted]);
    answer.mutate(wanted);
    move(1);
  };
  const back = () => {
    const last = given[given.length - 1];
    if (last?.act && !undo.isPending) undo.mutate(last.act);
  };
  const acts: Record<string, () => void> = {
    j: () => move(1),
    arrowdown: () => move(1),
    k: () => move(-1),
    arrowup: () => move(-1),
    l: () => step(1),
    h: () => step(-1),
    m: () => say_("together"),
    s: () => say_("settled"),
    n: () => say_("nobodys"),
    u: back,
    a: () => may && show("whole"),
    "?": () => show("help"),
  };
  useKeys(acts, showing !== undefined);

  const next = questions[at + 1];
  useEffect(() => {
    if (next) void queries.prefetchQuery(holdersQuery(next.number));
  }, [next, queries]);

  if (!question) return <Nothing title={say("This pattern is answered.", "此类问题已全部答复。")} />;
  const left = questions.length - given.length;
  return (
    <div className="card grid">
      <h2 style={{ marginBottom: 0 }}>
        <span>
          {say(`Question ${at + 1} of ${questions.length}`, `第 ${at + 1} / ${questions.length} 个问题`)}
          {pattern.questions > questions.length && ` (${format.number(pattern.questions)})`}
        </span>
        <span className="faint" role="status">
          {say(`${left} left`, `剩余 ${left}`)}
          {given.some((each) => !each.act) && say(" · saving…", " · 保存中……")}
        </span>
      </h2>
      <nav className="asked-of" aria-label={say("Questions", "问题")}>
        {questions.map((each, place) => (
          <button
            key={each.number}
            type="button"
            aria-current={place === at}
            className={of(each.number) ? "done" : undefined}
            onClick={() => go(place)}
          >
            {place + 1}
          </button>
        ))}
      </nav>
      <Holders question={question} />
      {of(question.number) && (
        <div className="faint" role="status">
          {say("Answered: ", "已答复：")}
          {say(ANSWERS[of(question.number)?.answer as Answer].title)}
        </div>
      )}
      {may ? (
        <>
          <div className="chips keys">
            {(Object.keys(ANSWERS) as Answer[]).map((each) => (
              <Button
                key={each}
                type={each === "together" ? "primary" : "default"}
                disabled={of(question.number) !== undefined}
                onClick={() => say_(each)}
              >
                {say(ANSWERS[each].title)}
                <Key name={ANSWERS[each].key} bright={each === "together" && !of(question.number)} />
              </Button>
            ))}
            <Button disabled={!given[given.length - 1]?.act} loading={undo.isPending} onClick={back}>
              {say("Undo", "撤销")}
              <Key name="U" />
            </Button>
            <Button onClick={() => show("whole")}>
              {say("All of this pattern…", "整类答复……")}
              <Key name="A" />
            </Button>
            <Button type="text" onClick={() => show("help")}>
              {say("Keys", "快捷键")}
              <Key name="?" />
            </Button>
          </div>
          <label className="chips" style={{ alignItems: "center" }}>
            <span className="faint small">{say("Reason", "原因")}</span>
            <Input
              size="small"
              style={{ maxWidth: 360 }}
              maxLength={500}
              placeholder={say("looked at one by one", "逐个审核")}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
        </>
      ) : (
        <p className="faint">{say("Marketers and owners answer.", "营销与所有者角色可答复。")}</p>
      )}
      {answer.isError && <Refused error={answer.error} />}
      {undo.isError && <Refused error={undo.error} />}
      {showing === "help" && <Help close={() => show(undefined)} />}
      {showing === "whole" && (
        <Whole
          pattern={pattern}
          close={() => show(undefined)}
          done={() => {
            show(undefined);
            anew();
          }}
        />
      )}
    </div>
  );
}

function Key({ name, bright }: { name: string; bright?: boolean }) {
  return <kbd style={bright ? { color: "inherit", borderColor: "currentColor" } : undefined}>{name}</kbd>;
}

/** Calls what a key is for, unless somebody types into a field or a window is open. */
function useKeys(acts: Record<string, () => void>, off: boolean) {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    if (off) return;
    const press = (event: KeyboardEvent) => {
      const place = event.target as HTMLElement;
      if (event.metaKey || event.ctrlKey || event.altKey || place.closest("input, textarea, select, [role=dialog]"))
        return;
      const act = latest.current[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [off]);
}
