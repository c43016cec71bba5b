import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, InputNumber, Select } from "antd";
import { accountsQuery, audiencesQuery, contentsQuery } from "@/api/queries";
import { type Draft, SENDING } from "@/features/campaigns/definition";
import type { Planned } from "@/features/campaigns/Plan";
import { Preview } from "@/features/campaigns/Preview";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { nameOfArm } from "@/ui/Effect";
import { Field } from "@/ui/Field";

interface Part {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

export interface Section extends Part {
  planned: Planned | undefined;
  definition: string;
}

export function Audience({ draft, change }: Section) {
  const say = useSay();
  const format = useFormat();
  const audiences = useQuery(audiencesQuery);
  return (
    <>
      <h2>{say("Whom, and for what?", "面向谁，目标是什么？")}</h2>
      <Field name={say("Audience", "人群")}>
        <Select
          showSearch={{ optionFilterProp: "label" }}
          aria-label={say("Audience", "人群")}
          value={draft.audience || undefined}
          onChange={(audience) => change({ audience })}
          options={audiences.data?.audiences.map((each) => ({
            value: each.audience,
            label: `${say(each.title)} · ${each.last ? format.number(each.last.size) : "–"}`,
          }))}
        />
      </Field>
      <div className="grid cols-2">
        <Field name={say("Chinese title", "中文名称")}>
          <Input maxLength={80} value={draft.zh} onChange={(event) => change({ zh: event.target.value })} />
        </Field>
        <Field name={say("English title", "英文名称")}>
          <Input
            maxLength={80}
            value={draft.en}
            onChange={(event) => {
              const en = event.target.value;
              const follows = draft.name === "" || draft.name === plain(draft.en);
              change({ en, ...(follows ? { name: plain(en) } : {}) });
            }}
          />
        </Field>
      </div>
      <Field name={say("Name in files and the API (a–z, 0–9, _)", "标识（a–z、0–9、_）")}>
        <Input value={draft.name} onChange={(event) => change({ name: event.target.value })} />
      </Field>
      <div className="chips">
        <Field name={say("Goal", "目标")}>
          <Select
            style={{ width: 200 }}
            aria-label={say("Goal", "目标")}
            value={draft.outcome}
            onChange={(outcome) => change({ outcome })}
            options={[
              { value: "bought", label: say("more people buy", "更多客户购买") },
              { value: "spent", label: say("more is spent", "人均消费提升") },
            ]}
          />
        </Field>
        <Field name={say("Within days", "天数")}>
          <InputNumber min={1} max={365} value={draft.days} onChange={(days) => change({ days: days ?? 14 })} />
        </Field>
        <Field name={say("Expected lift, %", "预期相对提升 %")}>
          <InputNumber
            min={0.1}
            max={1000}
            value={Math.round(draft.lift * 1000) / 10}
            onChange={(lift) => change({ lift: (lift ?? 20) / 100 })}
          />
        </Field>
        <Field name={say("Purpose", "目的")}>
          <Select
            style={{ width: 130 }}
            aria-label={say("Purpose", "目的")}
            value={draft.purpose}
            onChange={(purpose) => change({ purpose })}
            options={[
              { value: "marketing", label: say("marketing", "营销") },
              { value: "service", label: say("service", "服务") },
            ]}
          />
        </Field>
      </div>
    </>
  );
}

const plain = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 40);

export function Contents({ draft, change, planned }: Section) {
  const say = useSay();
  const format = useFormat();
  const contents = useQuery(contentsQuery);
  const accounts = useQuery(accountsQuery);
  const audiences = useQuery(audiencesQuery);
  const options = contents.data?.contents.map((each) => ({
    value: each.content,
    label: `${say(each.title)} · ${each.content} (${each.channels.join(", ")})`,
  }));
  const reach = (channel: string) => {
    const many = planned?.reachable[channel];
    return many === undefined ? "" : say(` · reaches ${format.number(many)}`, ` · 可触达 ${format.number(many)}`);
  };
  return (
    <>
      <h2>{say("What is said, and by which channels?", "发送什么内容，经由哪些渠道？")}</h2>
      {SENDING.map((name) => {
        const arm = draft[name];
        return (
          <fieldset className="rule-group" key={name}>
            <legend>
              <Checkbox checked={arm.on} onChange={(event) => change({ [name]: { ...arm, on: event.target.checked } })}>
                {nameOfArm(name, say)}
              </Checkbox>
            </legend>
            {arm.on && (
              <>
                <Field name={say("Content", "内容")}>
                  <Select
                    showSearch={{ optionFilterProp: "label" }}
                    aria-label={say(`Content, ${nameOfArm(name, say)}`, `${nameOfArm(name, say)}内容`)}
                    value={arm.content || undefined}
                    onChange={(content) => change({ [name]: { ...arm, content } })}
                    options={options}
                  />
                </Field>
                {arm.cases.map((each, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a case has no name but its place
                  <div className="chips" key={at}>
                    <Select
                      style={{ width: 200 }}
                      aria-label={say("For this audience", "针对人群")}
                      placeholder={say("for this audience", "针对人群")}
                      value={each.audience || undefined}
                      onChange={(audience) =>
                        change({ [name]: { ...arm, cases: put(arm.cases, at, { ...each, audience }) } })
                      }
                      options={audiences.data?.audiences.map((one) => ({ value: one.audience, label: say(one.title) }))}
                    />
                    <Select
                      style={{ width: 240 }}
                      aria-label={say("This content", "使用内容")}
                      placeholder={say("this content", "使用内容")}
                      value={each.content || undefined}
                      onChange={(content) =>
                        change({ [name]: { ...arm, cases: put(arm.cases, at, { ...each, content }) } })
                      }
                      options={options}
                    />
                    <Button
                      type="text"
                      onClick={() => change({ [name]: { ...arm, cases: arm.cases.filter((_, i) => i !== at) } })}
                    >
                      {say("Remove", "移除")}
                    </Button>
                  </div>
                ))}
                {name === "personalised" && (
                  <Button
                    size="small"
                    style={{ justifySelf: "start" }}
                    onClick={() => change({ [name]: { ...arm, cases: [...arm.cases, { audience: "", content: "" }] } })}
                  >
                    {say("Another content for some", "部分客户使用其他内容")}
                  </Button>
                )}
              </>
            )}
          </fieldset>
        );
      })}
      <Field name={say("By the first of these accounts that reaches", "按顺序取首个可触达的账号")}>
        <Select
          mode="multiple"
          aria-label={say("Accounts", "账号")}
          value={draft.by}
          onChange={(by) => change({ by })}
          options={accounts.data?.accounts.map((each) => ({
            value: each.account,
            label: `${each.account} (${each.channel})${reach(each.channel)}`,
          }))}
        />
      </Field>
      <Field name={say("Not sent after so many hours", "超过多少小时不再发送")}>
        <InputNumber min={1} style={{ width: 120 }} value={draft.expires} onChange={(expires) => change({ expires })} />
      </Field>
      <Preview draft={draft} />
    </>
  );
}

const put = <T,>(list: T[], at: number, by: T): T[] => list.map((each, i) => (i === at ? by : each));

export function Groups({ draft, change, planned }: Section) {
  const say = useSay();
  const format = useFormat();
  const sized = draft.alone === null;
  return (
    <>
      <h2>{say("Who is left alone?", "谁不触达？")}</h2>
      <p className="faint">
        {say(
          "What a campaign changed is told by comparing with customers whom the lot leaves alone. Too few of them, and nothing can be told.",
          "活动增量须与抽签不触达的客户比较得出；人数过少则无法判断。",
        )}
      </p>
      <Checkbox
        checked={sized}
        onChange={(event) => change({ alone: event.target.checked ? null : (planned?.shares.no_contact ?? 0.1) })}
      >
        {say("Size the group without contact from power", "按统计功效确定不触达组规模")}
      </Checkbox>
      {!sized && (
        <Field name={say("Left alone, %", "不触达比例 %")}>
          <InputNumber
            min={0.1}
            max={99}
            style={{ width: 120 }}
            value={Math.round((draft.alone ?? 0) * 1e4) / 100}
            onChange={(value) => change({ alone: Math.round((value ?? 10) * 1e4) / 1e6 })}
          />
        </Field>
      )}
      {planned && (
        <table className="plain">
          <tbody>
            {Object.entries(planned.shares).map(([arm, share]) => (
              <tr key={arm}>
                <td>{nameOfArm(arm, say)}</td>
                <td className="number">{format.share(share, 1)}</td>
                <td className="number">
                  {format.number(planned.arms.find((each) => each.arm === arm)?.customers ?? 0)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
