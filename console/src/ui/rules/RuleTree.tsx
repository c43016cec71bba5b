import { CloseOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Dropdown, Input, InputNumber, Segmented, Select } from "antd";
import { memo, type ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { FAMILIES } from "@/lib/families";
import { useSay } from "@/lib/text";
import {
  type DidPart,
  type GroupPart,
  type InPart,
  type Is,
  isFor,
  newGroup,
  newId,
  newTag,
  type Part,
  type RawPart,
  type Scalar,
  type SharePart,
  type TagPart,
} from "@/ui/rules/rule";
import { BEHAVIOURS, IS } from "@/ui/rules/words";

export interface Known {
  tags: Schemas["Tags"]["tags"];
  audiences: Schemas["AudienceAnswer"][];
  lists: Schemas["ListAnswer"][];
  currency: string;
}
interface Editing<T extends Part> {
  part: T;
  known: Known;
  change: (part: Part) => void;
  remove: () => void;
}

/** A group of conditions, with groups inside. */
export function GroupEditor({ part, known, change, remove, root }: Editing<GroupPart> & { root?: boolean }) {
  const say = useSay();
  const put = (index: number, next: Part | null) =>
    change({ ...part, parts: part.parts.flatMap((each, at) => (at === index ? (next ? [next] : []) : [each])) });
  const add = (next: Part) => change({ ...part, parts: [...part.parts, next] });
  return (
    <fieldset className="rule-group">
      <legend className="rule-head">
        <Segmented<"all" | "any">
          size="small"
          value={part.join}
          aria-label={say("How conditions are joined", "条件关系")}
          options={[
            { value: "all", label: say("All of these", "全部满足") },
            { value: "any", label: say("Any of these", "任一满足") },
          ]}
          onChange={(join) => change({ ...part, join })}
        />
        {!root && <Negation part={part} change={change} />}
        {!root && <Remove remove={remove} />}
      </legend>
      {part.parts.map((each, index) => (
        <PartEditor
          key={each.id}
          part={each}
          known={known}
          change={(next) => put(index, next)}
          remove={() => put(index, null)}
        />
      ))}
      <div className="chips">
        <Button size="small" icon={<PlusOutlined />} onClick={() => add(newTag())}>
          {say("Condition", "添加条件")}
        </Button>
        <Dropdown
          trigger={["click"]}
          menu={{
            items: [
              { key: "did", label: say("What they did", "行为") },
              { key: "audience", label: say("In an audience or list", "属于人群或名单") },
              { key: "share", label: say("A share, drawn by lot", "随机抽取") },
              { key: "group", label: say("Group", "条件组") },
            ],
            onClick: ({ key }) => add(fresh(key)),
          }}
        >
          <Button size="small">{say("More", "更多")} ▾</Button>
        </Dropdown>
      </div>
    </fieldset>
  );
}

function fresh(kind: string): Part {
  const base = { id: newId(), not: false };
  if (kind === "did") return { ...base, kind: "did", over: "orders", within: 90, least: 1 };
  if (kind === "audience") return { ...base, kind: "audience" };
  if (kind === "share") return { ...base, kind: "share", share: 0.1, seed: "" };
  return newGroup("any", [newTag()]);
}

const PartEditor = memo(function PartEditor(editing: Editing<Part>) {
  const { part } = editing;
  if (part.kind === "group") return <GroupEditor {...editing} part={part} />;
  return (
    <div className="rule-row">
      {part.kind === "tag" && <TagEditor {...editing} part={part} />}
      {part.kind === "did" && <DidEditor {...editing} part={part} />}
      {part.kind === "audience" && <InEditor {...editing} part={part} />}
      {part.kind === "share" && <ShareEditor {...editing} part={part} />}
      {part.kind === "raw" && <RawEditor {...editing} part={part} />}
      <Negation part={part} change={editing.change} />
      <Remove remove={editing.remove} />
    </div>
  );
});

function Negation({ part, change }: { part: Part; change: (part: Part) => void }) {
  const say = useSay();
  return (
    <Button
      size="small"
      type={part.not ? "primary" : "text"}
      aria-pressed={part.not}
      onClick={() => change({ ...part, not: !part.not })}
    >
      {say("not", "排除")}
    </Button>
  );
}

function Remove({ remove }: { remove: () => void }) {
  const say = useSay();
  return (
    <Button
      size="small"
      type="text"
      icon={<CloseOutlined />}
      aria-label={say("Remove the condition", "移除条件")}
      onClick={remove}
    />
  );
}

function TagEditor({ part, known, change }: Editing<TagPart>) {
  const say = useSay();
  const tag = known.tags.find((each) => each.tag === part.tag);
  const choose = (name: string) => {
    const next = known.tags.find((each) => each.tag === name);
    const is = isFor(next?.type ?? "code")[0] as Is;
    change({ ...part, tag: name, is, value: undefined });
  };
  return (
    <>
      <Select
        showSearch={{
          filterOption: (typed, option) =>
            JSON.stringify(Object.values(option ?? {}))
              .toLowerCase()
              .includes(typed.toLowerCase()),
        }}
        style={{ width: 216 }}
        placeholder={say("Choose a tag", "选择标签")}
        aria-label={say("Tag", "标签")}
        value={part.tag}
        onChange={choose}
        options={groupedTags(known.tags, say)}
      />
      <Select
        style={{ width: 104 }}
        aria-label={say("Comparison", "比较")}
        value={part.is}
        onChange={(is: Is) => change({ ...part, is, value: sameShape(part.is, is) ? part.value : undefined })}
        options={isFor(tag?.type ?? "integer").map((is) => ({ value: is, label: say(IS[is]) }))}
      />
      <ValueEditor part={part} tag={tag} currency={known.currency} change={change} />
    </>
  );
}

type SayWords = ReturnType<typeof useSay>;
const grouped = new WeakMap<object, Map<string, unknown>>();
function groupedTags(tags: Known["tags"], say: SayWords) {
  const key = say("en", "zh");
  const kept = grouped.get(tags) ?? new Map<string, unknown>();
  grouped.set(tags, kept);
  if (!kept.has(key))
    kept.set(
      key,
      Object.entries(FAMILIES).map(([family, title]) => ({
        label: say(title),
        options: tags.filter((tag) => tag.family === family).map((tag) => ({ value: tag.tag, label: say(tag.title) })),
      })),
    );
  return kept.get(key) as { label: string; options: { value: string; label: string }[] }[];
}

const shape = (is: Is): string =>
  is === "between" ? "pair" : is === "in" || is === "not_in" ? "list" : is.startsWith("is_") ? "none" : "one";
const sameShape = (one: Is, other: Is): boolean => shape(one) === shape(other);

function ValueEditor({
  part,
  tag,
  currency,
  change,
}: {
  part: TagPart;
  tag: Known["tags"][number] | undefined;
  currency: string;
  change: (part: Part) => void;
}) {
  const say = useSay();
  const type = tag?.type ?? "integer";
  const set = (value: TagPart["value"]) => change({ ...part, value });
  if (shape(part.is) === "none") return null;
  if (shape(part.is) === "list")
    return (
      <Select
        mode="tags"
        style={{ minWidth: 200, flex: 1 }}
        aria-label={say("Values", "取值")}
        placeholder={say("Values", "取值")}
        maxTagCount="responsive"
        value={(part.value as string[] | undefined) ?? []}
        onChange={(values: string[]) => set(values)}
        options={(tag?.top ?? []).map((each) => ({ value: each.value, label: each.value }))}
      />
    );
  if (shape(part.is) === "pair") {
    const [low, high] = Array.isArray(part.value) ? part.value : [];
    const pair = (at: 0 | 1, value: Scalar | undefined) => {
      const next = [low, high];
      next[at] = value;
      set(next as Scalar[]);
    };
    return (
      <>
        <OneValue type={type} currency={currency} value={low} change={(value) => pair(0, value)} />
        <span>–</span>
        <OneValue type={type} currency={currency} value={high} change={(value) => pair(1, value)} />
      </>
    );
  }
  return <OneValue type={type} currency={currency} value={part.value as Scalar} change={set} />;
}

function OneValue({
  type,
  currency,
  value,
  change,
}: {
  type: string;
  currency: string;
  value: Scalar | undefined;
  change: (value: Scalar | undefined) => void;
}): ReactNode {
  const say = useSay();
  const label = say("Value", "值");
  if (type === "date")
    return (
      <Input
        type="date"
        style={{ width: 140 }}
        aria-label={label}
        value={(value as string) ?? ""}
        onChange={(event) => change(event.target.value || undefined)}
      />
    );
  if (["integer", "number", "money", "share"].includes(type))
    return (
      <InputNumber
        style={{ width: 120 }}
        aria-label={label}
        value={type === "share" && typeof value === "number" ? Math.round(value * 1e6) / 1e4 : (value as number)}
        suffix={type === "share" ? "%" : type === "money" ? currency : undefined}
        precision={type === "integer" ? 0 : undefined}
        onChange={(next) => change(next === null ? undefined : type === "share" ? Number(next) / 100 : Number(next))}
      />
    );
  return (
    <Input
      style={{ width: 160 }}
      aria-label={label}
      value={(value as string) ?? ""}
      onChange={(event) => change(event.target.value || undefined)}
    />
  );
}

function DidEditor({ part, change }: Editing<DidPart>) {
  const say = useSay();
  return (
    <>
      <Select
        style={{ width: 170 }}
        aria-label={say("Behaviour", "行为")}
        value={part.over}
        onChange={(over) => change({ ...part, over })}
        options={BEHAVIOURS.map(({ over, title }) => ({ value: over, label: say(title) }))}
      />
      <span>{say("at least", "至少")}</span>
      <InputNumber
        min={1}
        max={10_000}
        style={{ width: 72 }}
        aria-label={say("How often", "次数")}
        value={part.least}
        onChange={(least) => change({ ...part, least: least ?? 1 })}
      />
      <span>{say("times within", "次，最近")}</span>
      <InputNumber
        min={1}
        max={3_660}
        style={{ width: 84 }}
        placeholder="∞"
        aria-label={say("Days", "天数")}
        value={part.within}
        onChange={(within) => change({ ...part, within })}
      />
      <span>{say("days", "天")}</span>
    </>
  );
}

function InEditor({ part, known, change }: Editing<InPart>) {
  const say = useSay();
  return (
    <Select
      showSearch={{ optionFilterProp: "label" }}
      style={{ minWidth: 260 }}
      aria-label={say("Audience or list", "人群或名单")}
      placeholder={say("Choose an audience or a list", "选择人群或名单")}
      value={part.audience}
      onChange={(audience) => change({ ...part, audience })}
      options={[
        {
          label: say("Audiences", "人群"),
          options: known.audiences.map((each) => ({ value: each.audience, label: say(each.title) })),
        },
        {
          label: say("Lists", "名单"),
          options: known.lists.map((each) => ({ value: each.list, label: each.list })),
        },
      ]}
    />
  );
}

function ShareEditor({ part, change }: Editing<SharePart>) {
  const say = useSay();
  return (
    <>
      <InputNumber
        min={0.01}
        max={100}
        suffix="%"
        style={{ width: 100 }}
        aria-label={say("Share", "比例")}
        value={part.share * 100}
        onChange={(value) => change({ ...part, share: (value ?? 10) / 100 })}
      />
      <span>{say("drawn by lot, named", "随机抽取，批次名")}</span>
      <Input
        style={{ width: 140 }}
        aria-label={say("Name of the lot", "批次名")}
        placeholder={say("such as spring", "如 spring")}
        value={part.seed}
        onChange={(event) => change({ ...part, seed: event.target.value })}
      />
    </>
  );
}

function RawEditor({ part, change }: Editing<RawPart>) {
  const say = useSay();
  return (
    <Input.TextArea
      autoSize={{ minRows: 2, maxRows: 12 }}
      style={{ flex: 1, fontFamily: "ui-monospace, monospace" }}
      aria-label={say("Rule as text", "规则文本")}
      defaultValue={JSON.stringify(part.rule, null, 1)}
      onChange={(event) => {
        try {
          change({ ...part, rule: JSON.parse(event.target.value) });
        } catch {
          /* typed half way: the last whole rule stays */
        }
      }}
    />
  );
}
