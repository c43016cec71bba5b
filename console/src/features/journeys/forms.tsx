import { CloseOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, InputNumber, Select } from "antd";
import { type ReactNode, useState } from "react";
import { kindsQuery } from "@/api/queries";
import type { Data, Step } from "@/features/journeys/graph";
import { AsText, At, AudienceSelect, type Form, Lasting, set, TagSelect } from "@/features/journeys/parts";
import { SendForm } from "@/features/journeys/SendForm";
import { useSay } from "@/lib/text";
import { Field } from "@/ui/Field";
import { RuleField } from "@/ui/rules/RuleField";

/** The form of a step's settings; what has none, or what a form does not know, is edited as text. */
export function Settings({ step, ...form }: Form & { step: Step }) {
  const say = useSay();
  const Known = FORMS[step.type];
  const [text, setText] = useState(false);
  return (
    <div className="grid">
      {Known && !text ? <Known {...form} /> : <AsText data={form.data} change={form.change} />}
      {Known && (
        <Button size="small" type="link" className="as-text" onClick={() => setText(!text)}>
          {text ? say("As a form", "表单编辑") : say("As text", "文本编辑")}
        </Button>
      )}
    </div>
  );
}

function Wait({ data, change }: Form) {
  const say = useSay();
  const until = data.until !== undefined;
  return (
    <>
      <Checkbox
        checked={until}
        onChange={(event) =>
          change(
            event.target.checked
              ? { days: 14, ...set(data, "at", undefined), until: { tag: "frequency", is: ">=", value: 1 } }
              : set(data, "until", undefined),
          )
        }
      >
        {say("Until a rule is true", "直到满足条件")}
      </Checkbox>
      {until && <RuleField rule={data.until} change={(rule) => change({ ...data, until: rule })} />}
      {until && <span className="small faint">{say("At most", "最长")}</span>}
      <Lasting data={data} change={change} />
      {!until && <At data={data} change={change} />}
    </>
  );
}

function Branch({ data, change, removePart }: Form) {
  const say = useSay();
  const cases = (data.cases as { when: unknown }[] | undefined) ?? [];
  return (
    <>
      <span className="small faint">
        {say("Each goes where the first rule that is true leads.", "按首个满足的条件前往对应步骤。")}
      </span>
      {cases.map((each, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a case has no name but its place
        <div key={at} className="part">
          <div className="part-head">
            <b className="small">{say(`Rule ${at + 1}`, `条件 ${at + 1}`)}</b>
            <Button
              size="small"
              type="text"
              icon={<CloseOutlined />}
              disabled={cases.length < 2}
              aria-label={say(`Remove rule ${at + 1}`, `移除条件 ${at + 1}`)}
              onClick={() => removePart("cases", at)}
            />
          </div>
          <RuleField
            rule={each.when}
            change={(when) => change({ ...data, cases: cases.map((one, i) => (i === at ? { ...one, when } : one)) })}
          />
        </div>
      ))}
      <Button
        size="small"
        icon={<PlusOutlined />}
        onClick={() => change({ ...data, cases: [...cases, { when: { tag: "frequency", is: ">=", value: 2 } }] })}
      >
        {say("Another rule", "添加条件")}
      </Button>
    </>
  );
}

function Split({ data, change, removePart }: Form) {
  const say = useSay();
  const shares = (data.shares as number[] | undefined) ?? [];
  const sum = shares.reduce((total, each) => total + each, 0);
  return (
    <>
      {shares.map((each, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a share has no name but its place
        <div key={at} className="part-head">
          <InputNumber
            min={0}
            max={100}
            suffix="%"
            aria-label={say(`Share ${at + 1}`, `比例 ${at + 1}`)}
            value={Math.round(each * 1e6) / 1e4}
            onChange={(value) =>
              change({
                ...data,
                shares: shares.map((one, i) => (i === at ? Math.round((value ?? 0) * 1e4) / 1e6 : one)),
              })
            }
          />
          <Button
            size="small"
            type="text"
            icon={<CloseOutlined />}
            disabled={shares.length < 3}
            aria-label={say(`Remove share ${at + 1}`, `移除比例 ${at + 1}`)}
            onClick={() => removePart("shares", at)}
          />
        </div>
      ))}
      <span className={Math.abs(sum - 1) > 1e-9 ? "small warm-words" : "small faint"}>
        {say(
          `In all ${Math.round(sum * 1000) / 10}%; it must be 100%.`,
          `合计 ${Math.round(sum * 1000) / 10}%，应为 100%。`,
        )}
      </span>
      <Button
        size="small"
        icon={<PlusOutlined />}
        onClick={() => change({ ...data, shares: [...shares, Math.max(0, Math.round((1 - sum) * 1e6) / 1e6)] })}
      >
        {say("Another share", "添加比例")}
      </Button>
      <Field name={say("Exactly so within each value of a tag", "按标签值分层精确分配")}>
        <TagSelect value={data.within as string | undefined} change={(tag) => change(set(data, "within", tag))} />
      </Field>
    </>
  );
}

function Tag({ data, change }: Form) {
  const say = useSay();
  return (
    <>
      <Field name={say("Manual tag", "人工标签")}>
        <TagSelect value={data.tag as string} change={(tag) => change({ ...data, tag: tag ?? "" })} />
      </Field>
      <Field name={say("Value", "值")}>
        <Input
          value={String(data.value ?? "")}
          onChange={(event) => {
            const typed = event.target.value;
            const number = typed !== "" && !Number.isNaN(Number(typed));
            change({
              ...data,
              value: number ? Number(typed) : typed === "true" ? true : typed === "false" ? false : typed,
            });
          }}
        />
      </Field>
    </>
  );
}

function Goal({ data, change }: Form) {
  const say = useSay();
  return (
    <Field name={say("What is reached, as reports name it", "目标名称（报告中使用）")}>
      <Input value={String(data.name ?? "")} onChange={(event) => change({ ...data, name: event.target.value })} />
    </Field>
  );
}

function Exit() {
  const say = useSay();
  return <span className="faint">{say("Whoever comes here leaves the journey.", "到达此处的客户退出旅程。")}</span>;
}

function Act({ data, change }: Form) {
  const say = useSay();
  const kinds = useQuery(kindsQuery);
  const actions = kinds.data?.actions ?? [];
  return (
    <>
      <Field name={say("Action", "动作")}>
        <Select
          style={{ width: "100%" }}
          aria-label={say("Action", "动作")}
          value={(data.action as string) || undefined}
          notFoundContent={say("No action is installed.", "尚未安装任何动作。")}
          onChange={(action) => change({ ...data, action })}
          options={actions.map((each) => ({ value: each.word, label: say(each.title) }))}
        />
      </Field>
      <AsText data={data.with ?? {}} change={(given) => change({ ...data, with: given })} />
    </>
  );
}

const STARTS = ["audience", "date", "calendar", "schedule", "event", "call"];

function Start({ data, change }: Form) {
  const say = useSay();
  const kinds = useQuery(kindsQuery);
  const word = STARTS.find((each) => each in data) ?? "call";
  const inner = (typeof data[word] === "object" ? (data[word] ?? {}) : {}) as Data;
  const put = (next: Data) => change({ ...data, [word]: next });
  const fresh: Record<string, Data> = {
    audience: { audience: "" },
    date: { date: { tag: "next_birthday", days: -7, at: "10:00" } },
    calendar: { calendar: { festival: "double_11", days: -3, at: "10:00", audience: "" } },
    schedule: { schedule: { every: "week", on: 1, at: "10:00", audience: "" } },
    event: { event: { did: { over: "events", within: 1 } } },
    call: { call: {} },
  };
  const named: Record<string, string> = {
    audience: say("an audience", "人群变动"),
    date: say("a date of the customer", "客户日期"),
    calendar: say("a festival", "节日"),
    schedule: say("a schedule", "定时"),
    event: say("something done", "行为"),
    call: say("API or hand", "API 或手动"),
  };
  return (
    <>
      <Field name={say("Customers enter by", "进入方式")}>
        <Select
          style={{ width: "100%" }}
          aria-label={say("Customers enter by", "进入方式")}
          value={word}
          onChange={(next) => change(fresh[next] ?? {})}
          options={STARTS.map((each) => ({ value: each, label: named[each] }))}
        />
      </Field>
      {word === "audience" && (
        <>
          <AudienceSelect value={data.audience as string} change={(audience) => change({ ...data, audience })} />
          <Checkbox
            checked={data.leaves === true}
            onChange={(event) => change(set(data, "leaves", event.target.checked || undefined))}
          >
            {say("who leaves it", "离开该人群时")}
          </Checkbox>
          <Checkbox
            checked={data.present === true}
            onChange={(event) => change(set(data, "present", event.target.checked || undefined))}
          >
            {say("also who is in it when the journey starts", "含启动时已在人群中的客户")}
          </Checkbox>
        </>
      )}
      {word === "date" && (
        <Field name={say("Tag that holds a date", "日期标签")}>
          <TagSelect value={inner.tag as string} change={(tag) => put({ ...inner, tag: tag ?? "" })} />
        </Field>
      )}
      {word === "calendar" && (
        <Field name={say("Festival", "节日")}>
          <Select
            style={{ width: "100%" }}
            aria-label={say("Festival", "节日")}
            value={inner.festival as string}
            onChange={(festival) => put({ ...inner, festival })}
            options={kinds.data?.festivals.map((each) => ({ value: each.word, label: say(each.title) }))}
          />
        </Field>
      )}
      {(word === "date" || word === "calendar") && (
        <Field name={say("Days after (before, if negative)", "之后的天数（负数为之前）")}>
          <InputNumber
            style={{ width: 110 }}
            value={(inner.days as number | undefined) ?? 0}
            onChange={(days) => put({ ...inner, days: days ?? 0 })}
          />
        </Field>
      )}
      {word === "schedule" && (
        <div className="chips">
          <Field name={say("Every", "每")}>
            <Select
              style={{ width: 110 }}
              aria-label={say("Every", "每")}
              value={inner.every as string}
              onChange={(every) =>
                put(every === "day" ? set({ ...inner, every }, "on", undefined) : { ...inner, every, on: 1 })
              }
              options={[
                { value: "day", label: say("day", "天") },
                { value: "week", label: say("week", "周") },
                { value: "month", label: say("month", "月") },
              ]}
            />
          </Field>
          {inner.every !== "day" && (
            <Field name={say("On (1 is Monday, or the first)", "第几天（1 为周一或 1 号）")}>
              <InputNumber
                min={1}
                max={inner.every === "week" ? 7 : 31}
                value={inner.on as number}
                onChange={(on) => put({ ...inner, on: on ?? 1 })}
              />
            </Field>
          )}
        </div>
      )}
      {["date", "calendar", "schedule"].includes(word) && <At needed data={inner} change={put} />}
      {(word === "calendar" || word === "schedule") && (
        <AudienceSelect value={inner.audience as string} change={(audience) => put({ ...inner, audience })} />
      )}
      {word === "event" && <RuleField rule={data.event} change={(event) => change({ ...data, event })} />}
    </>
  );
}

const FORMS: Record<string, (form: Form) => ReactNode> = {
  start: Start,
  wait: Wait,
  branch: Branch,
  split: Split,
  send: SendForm,
  tag: Tag,
  goal: Goal,
  exit: Exit,
  act: Act,
};
