import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
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
  key: number;
  number: string;
  answer: Answer;
  /** Its act once it is kept; null where it was refused. */
  act: Promise<string | null>;
  kept: boolean;
  leaving: boolean;
}

const questionsQuery = (pattern: string) =>
  queryOptions({
    queryKey: ["review", "questions", pattern],
    queryFn: () => answered(api.GET("/api/v1/identity/questions", { params: { query: { pattern, limit: MOST } } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0, // whoever comes back sees what is left
  });

interface Props {
  pattern: Schemas["PatternAnswer"];
  step: (by: number) => void;
  anew: () => void;
}

/** The questions of one pattern, one at a time; answers go out one after the other while the next is looked at. */
export function Questions({ pattern, step, anew }: Props) {
  const query = useQuery(questionsQuery(pattern.name));
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
  const standing = given.filter((each) => !each.leaving);
  const of = (number: string) => given.find((each) => each.number === number);
  const keys = useRef(0);
  const put = (key: number, part: Partial<Given>) =>
    setGiven((before) => before.map((each) => (each.key === key ? { ...each, ...part } : each)));
  const drop = (key: number) => setGiven((before) => before.filter((each) => each.key !== key));

  const told = () => {
    for (const list of ["patterns", "decisions"]) void queries.invalidateQueries({ queryKey: ["review", list] });
  };

  const answer = useMutation({
    scope: { id: "review" },
    mutationFn: (wanted: Pick<Given, "key" | "number" | "answer">) =>
      answered(
        api.POST("/api/v1/identity/answers", {
          body: { answer: wanted.answer, questions: [Number(wanted.number)], reason: why },
        }),
      ),
    onSuccess: (_, { key }) => {
      put(key, { kept: true });
      told();
    },
    onError: (_, { key }) => drop(key),
  });
  // Of the same scope, so that it waits until the answer is kept.
  const undo = useMutation({
    scope: { id: "review" },
    mutationFn: async (last: Given) => {
      const act = await last.act;
      if (act !== null)
        await answered(api.POST("/api/v1/identity/decisions/withdrawals", { body: { acts: [Number(act)] } }));
    },
    // A value that is asked about again is another question, of another number.
    onSuccess: async (_, { key, number }) => {
      told();
      const mine = questionsQuery(pattern.name);
      const known = new Set(queries.getQueryData(mine.queryKey)?.questions.map((each) => each.number));
      await queries.refetchQueries(mine);
      const asked = queries.getQueryData(mine.queryKey)?.questions ?? [];
      go(
        Math.max(
          0,
          asked.findIndex((each) => each.number === number || !known.has(each.number)),
        ),
      );
      drop(key);
    },
    onError: (_, { key }) => put(key, { leaving: false }),
  });

  const move = (by: number) => go((now) => Math.min(questions.length - 1, Math.max(0, now + by)));
  const say_ = (verdict: Answer) => {
    if (!may || !question || of(question.number)) return;
    keys.current += 1;
    const wanted = { key: keys.current, number: question.number, answer: verdict };
    const act = answer.mutateAsync(wanted).then(
      (done) => done.act,
      () => null,
    );
    setGiven((before) => [...before, { ...wanted, act, kept: false, leaving: false }]);
    move(1);
  };
  const back = () => {
    const last = standing[standing.length - 1];
    if (!last) return;
    put(last.key, { leaving: true });
    undo.mutate(last);
    const place = questions.findIndex((each) => each.number === last.number);
    if (place >= 0) go(place);
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
  const left = questions.filter((each) => !standing.some((one) => one.number === each.number)).length;
  return (
    <div className="card grid">
      <h2 style={{ marginBottom: 0 }}>
        <span>
          {say(`Question ${at + 1} of ${questions.length}`, `第 ${at + 1} / ${questions.length} 个问题`)}
          {pattern.questions > questions.length && ` (${format.number(pattern.questions)})`}
        </span>
        <span className="faint" role="status">
          {say(`${left} left`, `剩余 ${left}`)}
          {given.some((each) => !each.kept || each.leaving) && say(" · saving…", " · 保存中……")}
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
          {of(question.number)?.leaving ? say("Being taken back: ", "撤销中：") : say("Answered: ", "已答复：")}
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
            <Button disabled={!standing.length} onClick={back}>
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
  // Before the question is seen, so that the first key counts.
  useLayoutEffect(() => {
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
