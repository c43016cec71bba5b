import { useQuery } from "@tanstack/react-query";
import { Checkbox, InputNumber, Select } from "antd";
import { accountsQuery, contentsQuery } from "@/api/queries";
import type { Data } from "@/features/journeys/graph";
import { type Form, set, TagSelect } from "@/features/journeys/parts";
import { useSay } from "@/lib/text";
import { Field } from "@/ui/Field";

/** A message: what, by which accounts in which order, until when, and what happens when it does not arrive. */
export function SendForm({ data, change }: Form) {
  const say = useSay();
  const contents = useQuery(contentsQuery);
  const accounts = useQuery(accountsQuery);
  const content = contents.data?.contents.find((each) => each.content === data.content);
  const fits = (channel: string) => !content || content.channels.includes(channel);
  const expires = (data.expires ?? {}) as Data;
  const after = (data.fallback_after ?? {}) as Data;
  const by = (data.by as string[] | undefined) ?? [];
  return (
    <>
      <Field name={say("Content", "内容")}>
        <Select
          showSearch={{ optionFilterProp: "label" }}
          style={{ width: "100%" }}
          aria-label={say("Content", "内容")}
          value={(data.content as string) || undefined}
          onChange={(value) => change({ ...data, content: value })}
          options={contents.data?.contents.map((each) => ({
            value: each.content,
            label: `${say(each.title)} · ${each.content}`,
          }))}
        />
      </Field>
      <Field name={say("By the first of these that reaches", "按顺序取首个可触达的账号")}>
        <Select
          mode="multiple"
          style={{ width: "100%" }}
          aria-label={say("Accounts", "账号")}
          value={by}
          onChange={(chosen) => change(without(data, chosen))}
          options={accounts.data?.accounts.map((each) => ({
            value: each.account,
            label: `${each.account} (${each.channel})`,
            disabled: !fits(each.channel),
          }))}
        />
      </Field>
      <Preferring data={data} change={change} />
      {by.length > 1 && (
        <Field name={say("Not delivered after so many hours: by the next account", "超过多少小时未送达则换下一账号")}>
          <InputNumber
            min={1}
            style={{ width: 110 }}
            aria-label={say("Hours until the next account", "换下一账号前的小时数")}
            value={after.hours as number | undefined}
            onChange={(hours) => change(set(data, "fallback_after", hours ? { ...after, hours } : undefined))}
          />
        </Field>
      )}
      <Field name={say("Not sent after so many hours", "超过多少小时不再发送")}>
        <InputNumber
          min={1}
          style={{ width: 110 }}
          value={expires.hours as number | undefined}
          onChange={(hours) => change(set(data, "expires", hours ? { ...expires, hours } : undefined))}
        />
      </Field>
      <Field name={say("Version (the one in force, if empty)", "版本（留空为生效版本）")}>
        <InputNumber
          min={1}
          max={content?.version}
          style={{ width: 110 }}
          value={data.version as number | undefined}
          onChange={(version) => change(set(data, "version", version))}
        />
      </Field>
    </>
  );
}

/** Each customer's own order of accounts: by a tag for each that says how often he answers there. */
function Preferring({ data, change }: Pick<Form, "data" | "change">) {
  const say = useSay();
  const by = (data.by as string[] | undefined) ?? [];
  const prefer = data.prefer as { answers?: Record<string, string>; worth?: number } | undefined;
  const answers = prefer?.answers ?? {};
  if (by.length < 2) return null;
  return (
    <>
      <Checkbox
        checked={prefer !== undefined}
        onChange={(event) => change(set(data, "prefer", event.target.checked ? { answers: {} } : undefined))}
      >
        {say("Where each answers most comes first", "优先使用客户响应最多的账号")}
      </Checkbox>
      {prefer &&
        by.map((account) => (
          <Field key={account} name={say(`How often he answers by ${account}`, `客户在 ${account} 的响应率`)}>
            <TagSelect
              label={say(`How often he answers by ${account}`, `客户在 ${account} 的响应率`)}
              value={answers[account]}
              change={(tag) => change({ ...data, prefer: { ...prefer, answers: set(answers, account, tag) } })}
            />
          </Field>
        ))}
      {prefer && (
        <Field name={say("What one answer is worth (prices count then)", "一次响应的价值（填写后计入消息价格）")}>
          <InputNumber
            min={0.01}
            style={{ width: 110 }}
            aria-label={say("Worth of an answer", "响应价值")}
            value={prefer.worth}
            onChange={(worth) => change({ ...data, prefer: set(prefer, "worth", worth || undefined) })}
          />
        </Field>
      )}
    </>
  );
}

/** Choose accounts; what was said of one that is no longer among them, or of an order of less than two, goes. */
function without(data: Data, by: string[]): Data {
  const prefer = data.prefer as { answers?: Record<string, string> } | undefined;
  const chosen = { ...data, by };
  if (by.length < 2) return set(set(chosen, "prefer", undefined), "fallback_after", undefined);
  if (!prefer) return chosen;
  const answers = Object.fromEntries(Object.entries(prefer.answers ?? {}).filter(([account]) => by.includes(account)));
  return { ...chosen, prefer: { ...prefer, answers } };
}
