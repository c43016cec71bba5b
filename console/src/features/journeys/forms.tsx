import { CloseOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, InputNumber, Select } from "antd";
import { type ReactNode, useState } from "react";
import { kindsQuery } from "@/api/queries";
import type { Step } from "@/features/journeys/graph";
import { AsText, At, type Form, Lasting, set, TagSelect } from "@/features/journeys/parts";
import { SendForm } from "@/features/journeys/SendForm";
import { StartForm } from "@/features/journeys/StartForm";
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

const FORMS: Record<string, (form: Form) => ReactNode> = {
  start: StartForm,
  wait: Wait,
  branch: Branch,
  split: Split,
  send: SendForm,
  tag: Tag,
  goal: Goal,
  exit: Exit,
  act: Act,
};
