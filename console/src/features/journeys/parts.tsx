import { useQuery } from "@tanstack/react-query";
import { Input, InputNumber, Select } from "antd";
import { useEffect, useState } from "react";
import { audiencesQuery, tagsQuery } from "@/api/queries";
import type { Data } from "@/features/journeys/graph";
import { useSay } from "@/lib/text";
import { Field } from "@/ui/Field";
import { Pill } from "@/ui/figures";

export interface Form {
  data: Data;
  change: (data: Data) => void;
  /** Takes one part of a list out, with the way that leads from it. */
  removePart: (list: string, at: number) => void;
}

/** Returns the data with a setting changed; a setting without a value is left out. */
export function set(data: Data, key: string, value: unknown): Data {
  const { [key]: _, ...rest } = data;
  return value === undefined || value === null || value === "" ? rest : { ...data, [key]: value };
}

export function AsText({ data, change }: { data: unknown; change: (data: Data) => void }) {
  const say = useSay();
  const written = JSON.stringify(data, null, 2);
  const [typed, setTyped] = useState(written);
  const [wrong, setWrong] = useState(false);
  useEffect(() => setTyped(written), [written]);
  const take = () => {
    try {
      const read = JSON.parse(typed);
      if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Error("no object");
      setWrong(false);
      if (JSON.stringify(read) !== JSON.stringify(data)) change(read);
    } catch {
      setWrong(true);
    }
  };
  return (
    <Field name={say("Settings as JSON", "设置（JSON）")}>
      <Input.TextArea
        className="code"
        autoSize={{ minRows: 3, maxRows: 18 }}
        status={wrong ? "error" : undefined}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
      />
      {wrong && (
        <span role="alert" className="small warm-words">
          {say("This is no JSON object; it is not taken over.", "不是有效的 JSON 对象，未生效。")}
        </span>
      )}
    </Field>
  );
}

export function Lasting({ data, change }: Pick<Form, "data" | "change">) {
  const say = useSay();
  const units = [
    { key: "days", name: say("Days", "天") },
    { key: "hours", name: say("Hours", "小时") },
    { key: "minutes", name: say("Minutes", "分钟") },
  ];
  return (
    <div className="chips">
      {units.map(({ key, name }) => (
        <Field key={key} name={name}>
          <InputNumber
            style={{ width: 84 }}
            min={0}
            aria-label={name}
            value={data[key] as number | undefined}
            onChange={(value) => change(set(data, key, value || undefined))}
          />
        </Field>
      ))}
    </div>
  );
}

export function At({ data, change, needed }: Pick<Form, "data" | "change"> & { needed?: boolean }) {
  const say = useSay();
  return (
    <Field name={needed ? say("At", "时刻") : say("At (the next such time after)", "时刻（之后最近的该时刻）")}>
      <Input
        type="time"
        style={{ width: 130 }}
        value={String(data.at ?? "")}
        onChange={(event) => change(set(data, "at", event.target.value))}
      />
    </Field>
  );
}

type OfTag = { value: string | undefined; change: (tag: string | undefined) => void; label?: string };

export function TagSelect({ value, change, label }: OfTag) {
  const say = useSay();
  const tags = useQuery(tagsQuery);
  return (
    <Select
      allowClear
      showSearch={{ optionFilterProp: "label" }}
      style={{ width: "100%" }}
      aria-label={label ?? say("Tag", "标签")}
      value={value || undefined}
      onChange={change}
      options={tags.data?.tags.map((each) => ({ value: each.tag, label: `${say(each.title)} · ${each.tag}` }))}
    />
  );
}

export function AudienceSelect({ value, change }: { value: string | undefined; change: (name: string) => void }) {
  const say = useSay();
  const audiences = useQuery(audiencesQuery);
  return (
    <Select
      showSearch={{ optionFilterProp: "label" }}
      style={{ width: "100%" }}
      aria-label={say("Audience", "人群")}
      value={value || undefined}
      onChange={change}
      options={audiences.data?.audiences.map((each) => ({
        value: each.audience,
        label: `${say(each.title)} · ${each.audience}`,
      }))}
    />
  );
}

/** Accounts that a journey would send by, which somebody has removed: what they would have sent goes otherwise. */
export function GoneAccounts({ names }: { names: string[] }) {
  const say = useSay();
  return (
    names.length > 0 && (
      <Pill tone="warm">{say(`no account ${names.join(", ")}`, `账号缺失：${names.join("、")}`)}</Pill>
    )
  );
}
