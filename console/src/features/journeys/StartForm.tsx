import { useQuery } from "@tanstack/react-query";
import { Checkbox, InputNumber, Select } from "antd";
import { kindsQuery } from "@/api/queries";
import type { Data } from "@/features/journeys/graph";
import { At, AudienceSelect, type Form, set, TagSelect } from "@/features/journeys/parts";
import { useSay } from "@/lib/text";
import { Field } from "@/ui/Field";
import { RuleField } from "@/ui/rules/RuleField";

const STARTS = ["audience", "date", "calendar", "schedule", "event", "call"];

/** By what customers enter: one of six ways, each with its own settings. */
export function StartForm({ data, change }: Form) {
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
