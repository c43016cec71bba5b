import { useQuery } from "@tanstack/react-query";
import { Button, Dropdown, Input, Select } from "antd";
import { useEffect, useState } from "react";
import { answered, api, type Fault, type Schemas } from "@/api/client";
import { Settings } from "@/features/journeys/forms";
import {
  END,
  type Graph,
  insert,
  lead,
  NAME,
  remove,
  removePart,
  rename,
  START,
  type Step,
  targetOf,
  tell,
  waysOf,
} from "@/features/journeys/graph";
import { JourneySettings } from "@/features/journeys/JourneySettings";
import { wayIn } from "@/features/journeys/words";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Field } from "@/ui/Field";
import { RowBar } from "@/ui/figures";

type Detail = Schemas["JourneyDetail"];

interface Panel {
  graph: Graph;
  titles: Record<string, string>;
  selected: string | undefined;
  detail: Detail | undefined;
  faults: Fault[];
  change: ((graph: Graph) => void) | undefined;
  select: (id: string | undefined) => void;
}

/** What is known of the selected step, and its form; of the journey itself where none is selected. */
export function StepPanel(panel: Panel) {
  const say = useSay();
  const { graph, selected, change, faults, titles, detail } = panel;
  const step = graph.nodes.find((each) => each.id === selected);
  if (!step)
    return (
      <section className="card" aria-label={say("The journey", "旅程设置")}>
        <h2>{say("The journey", "旅程设置")}</h2>
        <Faults faults={faults} />
        {change ? (
          <JourneySettings data={graph.journey} fresh={!detail} change={(journey) => change({ ...graph, journey })} />
        ) : (
          <pre className="code">{JSON.stringify(graph.journey, null, 2)}</pre>
        )}
      </section>
    );
  return (
    <section className="card" aria-label={step.id}>
      <h2>
        {titles[step.type] ?? step.type}
        <span className="faint">{step.id}</span>
      </h2>
      <Faults faults={faults} />
      {detail && <Happened detail={detail} step={step} />}
      {step.id !== END && (change ? <Editing {...panel} step={step} change={change} /> : <Shown step={step} />)}
    </section>
  );
}

const Shown = ({ step }: { step: Step }) => <pre className="code">{JSON.stringify(step.data, null, 2)}</pre>;

function Faults({ faults }: { faults: Fault[] }) {
  if (!faults.length) return null;
  return (
    <div role="alert">
      <ul className="list faults">
        {faults.map((each) => (
          <li key={each.place + each.problem} className="urgent">
            {each.problem} {each.received && <code>{each.received}</code>}
            {each.allowed.length > 0 && <span className="faint"> {each.allowed.slice(0, 8).join(", ")}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

const ENTRY = ["entered", "inside", "entered_before", "control"];

/** Who stands here, what became of those who came, and why messages did not go. */
function Happened({ detail, step }: { detail: Detail; step: Step }) {
  const say = useSay();
  const format = useFormat();
  const inside = detail.at_steps[step.id] ?? 0;
  const outcomes = detail.outcomes.filter((each) => each.step === step.id);
  const most = Math.max(1, ...outcomes.map((each) => each.customers));
  const batches = useQuery({
    queryKey: ["journeys", detail.journey, "batches"],
    enabled: step.type === "send",
    queryFn: () => answered(api.GET("/api/v1/channels/batches", { params: { query: { key: `${detail.journey}/` } } })),
  });
  const mine = (batches.data?.batches ?? []).filter((each) => each.key.split("/")[2] === step.id);
  const reasons = new Map<string, number>();
  for (const batch of mine)
    for (const [word, many] of Object.entries(batch.reasons)) reasons.set(word, (reasons.get(word) ?? 0) + many);
  const accepted = mine.reduce((sum, each) => sum + each.accepted, 0);
  const open = mine.reduce((sum, each) => sum + each.open, 0);
  const isSend = step.type === "send";
  const sent = outcomes.filter((each) => !isSend || each.outcome.startsWith("sent:"));
  const unsent = outcomes.filter((each) => isSend && !each.outcome.startsWith("sent:"));
  return (
    <div className="happened">
      {step.id !== START && (
        <p>
          <b>{format.number(inside)}</b> {say("stand here now", "位客户停留于此")}
        </p>
      )}
      {sent.length > 0 && (
        <div className="rows">
          {sent.map((each) => (
            <RowBar
              key={each.outcome}
              name={say(each.said)}
              title={say(each.said)}
              share={each.customers / most}
              value={format.number(each.customers)}
              colour={ENTRY.slice(1).includes(each.outcome) ? "var(--line)" : undefined}
            />
          ))}
        </div>
      )}
      {isSend && (
        <>
          <h3>{say("Why not sent", "未发送的原因")}</h3>
          {unsent.length + reasons.size === 0 && (
            <p className="faint small">{say("Nobody was left out so far.", "目前无人被排除。")}</p>
          )}
          <div className="rows">
            {unsent.map((each) => (
              <RowBar
                key={each.outcome}
                name={say(each.said)}
                title={say(each.said)}
                share={each.customers / most}
                value={format.number(each.customers)}
              />
            ))}
            {[...reasons].map(([word, many]) => {
              const words = batches.data?.said[word];
              const name = `${words ? say(words) : word} (${say("at delivery", "投递时")})`;
              return <RowBar key={word} name={name} title={name} share={many / most} value={format.number(many)} />;
            })}
          </div>
          {mine.length > 0 && (
            <p className="small faint">
              {say(
                `Delivered: ${format.number(accepted)} taken over, ${format.number(open)} still to go.`,
                `投递：已受理 ${format.number(accepted)}，待发送 ${format.number(open)}。`,
              )}
            </p>
          )}
        </>
      )}
    </div>
  );
}

function Editing({ graph, step, change, select, titles }: Panel & { step: Step; change: (graph: Graph) => void }) {
  const say = useSay();
  const isStart = step.id === START;
  return (
    <div className="grid">
      {!isStart && (
        <Name
          key={step.id}
          step={step}
          taken={graph.nodes.map((each) => each.id)}
          rename={(name) => {
            change(rename(graph, step.id, name));
            select(name);
          }}
        />
      )}
      <Settings
        key={`${step.id} ${step.type}`}
        step={step}
        data={step.data}
        change={(data) => change(tell(graph, step.id, data))}
        removePart={(list, at) => change(removePart(graph, step.id, list, at))}
      />
      {waysOf(graph, step).map((key) => (
        <div key={key} className="way-row">
          <Field name={say(`${wayIn(key, step, say)} →`, `${wayIn(key, step, say)} →`)}>
            <Select
              size="small"
              style={{ width: "100%" }}
              aria-label={say(`Where “${wayIn(key, step, say)}” leads`, `“${wayIn(key, step, say)}”前往`)}
              value={targetOf(graph, step.id, key)}
              onChange={(target) => change(lead(graph, step.id, key, target))}
              options={graph.nodes
                .filter((each) => each.id !== START && each.id !== step.id)
                .map((each) => ({ value: each.id, label: each.id === END ? say("the end", "结束") : each.id }))}
            />
          </Field>
          <AddStep
            titles={titles}
            add={(type) => {
              const done = insert(graph, step.id, key, type);
              change(done.graph);
              select(done.id);
            }}
          />
        </div>
      ))}
      {!isStart && (
        <Button
          danger
          size="small"
          onClick={() => {
            change(remove(graph, step.id));
            select(undefined);
          }}
        >
          {say("Remove the step", "移除步骤")}
        </Button>
      )}
    </div>
  );
}

const ORDER = ["send", "wait", "branch", "split", "tag", "goal", "act", "exit"];

export function AddStep({ titles, add }: { titles: Record<string, string>; add: (type: string) => void }) {
  const say = useSay();
  const words = [...new Set([...ORDER, ...Object.keys(titles)])].filter(
    (each) => titles[each] && each !== START && each !== END,
  );
  return (
    <Dropdown
      trigger={["click"]}
      menu={{ items: words.map((each) => ({ key: each, label: titles[each] })), onClick: ({ key }) => add(key) }}
    >
      <Button size="small">{say("+ Step", "+ 步骤")}</Button>
    </Dropdown>
  );
}

function Name({ step, taken, rename: put }: { step: Step; taken: string[]; rename: (name: string) => void }) {
  const say = useSay();
  const [typed, setTyped] = useState(step.id);
  useEffect(() => setTyped(step.id), [step.id]);
  const good = typed === step.id || (NAME.test(typed) && !taken.includes(typed));
  return (
    <Field name={say("Name of the step (a–z, 0–9, _)", "步骤名称（a–z、0–9、_）")}>
      <Input
        value={typed}
        status={good ? undefined : "error"}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => (good && typed !== step.id ? put(typed) : setTyped(step.id))}
        onPressEnter={() => good && typed !== step.id && put(typed)}
      />
    </Field>
  );
}
