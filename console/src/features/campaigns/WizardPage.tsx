import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Input, InputNumber, Select, Steps } from "antd";
import { useMemo, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { answered, api } from "@/api/client";
import { accountsQuery, audiencesQuery, contentsQuery } from "@/api/queries";
import { begin, type Draft, definitionOf, lacks, SENDING, type Stage } from "@/features/campaigns/definition";
import { Plan, type Planned } from "@/features/campaigns/Plan";
import { Preview } from "@/features/campaigns/Preview";
import { useDraft } from "@/lib/draft";
import { useFormat } from "@/lib/format";
import { useMay, useSession } from "@/lib/session";
import { useSettled } from "@/lib/settled";
import { useSay } from "@/lib/text";
import { nameOfArm } from "@/ui/Effect";
import { Field } from "@/ui/Field";
import { Page } from "@/ui/Page";
import { Refused } from "@/ui/states";
import "@/features/campaigns/campaigns.css";

interface Part {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

export default function WizardPage() {
  const say = useSay();
  const go = useNavigate();
  const queries = useQueryClient();
  const mayChange = useMay("marketer");
  const { name: owner } = useSession();
  const [parameters] = useSearchParams();
  const asked = parameters.get("audience") ?? "";
  const start = useMemo(() => begin(asked), [asked]);
  const { value: draft, set, undo, clear } = useDraft<Draft>(`campaign.${asked || "new"}`, start);
  const change = (part: Partial<Draft>) => set({ ...draft, ...part });
  const definition = definitionOf(draft, owner);
  const settled = useSettled(definition, 600);
  const complete = !lacks(draft, 0) && !lacks(draft, 1);
  const plan = useQuery({
    queryKey: ["campaigns", "plan", settled],
    enabled: complete && draft.step > 0 && settled === definition,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.POST("/api/v1/campaigns/plan", { body: { definition: settled }, signal })),
  });
  const apply = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/campaigns", { body: { definition } })),
    onSuccess: async (done) => {
      clear();
      await queries.invalidateQueries({ queryKey: ["campaigns"] });
      await go(`/campaigns/${done.name}`);
    },
  });
  const planned = complete ? (plan.data as Planned | undefined) : undefined;
  const parts = [Audience, Contents, Groups, Stages, Review];
  const Shown = parts[draft.step] ?? Audience;
  const last = draft.step === parts.length - 1;
  return (
    <Page
      title={say("New campaign", "新建活动")}
      about={say("A draft, kept here until it is put in force", "草稿会保留，直到应用")}
      actions={
        <>
          <Button disabled={!undo} onClick={() => undo?.()}>
            {say("Undo", "撤销")}
          </Button>
          <Button onClick={() => set(start)}>{say("Begin anew", "重新开始")}</Button>
        </>
      }
    >
      <Steps
        size="small"
        className="wizard"
        current={draft.step}
        onChange={(step) => change({ step })}
        items={[
          { title: say("Audience and goal", "人群与目标") },
          { title: say("Content and channels", "内容与渠道") },
          { title: say("Groups", "分组") },
          { title: say("Stages", "放量阶段") },
          { title: say("Review", "确认") },
        ]}
      />
      <div className="grid cols-side">
        <div className="card grid">
          <Shown draft={draft} change={change} planned={planned} definition={definition} />
          {apply.isError && <Refused error={apply.error} />}
          <div className="chips">
            {draft.step > 0 && (
              <Button onClick={() => change({ step: draft.step - 1 })}>{say("Back", "上一步")}</Button>
            )}
            {!last && (
              <Button
                type="primary"
                disabled={lacks(draft, draft.step)}
                onClick={() => change({ step: draft.step + 1 })}
              >
                {say("Next", "下一步")}
              </Button>
            )}
            {last && mayChange && (
              <Button type="primary" disabled={!complete} loading={apply.isPending} onClick={() => apply.mutate()}>
                {say("Put in force", "应用")}
              </Button>
            )}
          </div>
        </div>
        <div className="grid">
          {plan.isError && complete ? (
            <Refused error={plan.error} />
          ) : planned ? (
            <Plan plan={planned} busy={plan.isFetching} />
          ) : (
            <section className="card faint">
              {plan.isFetching
                ? say("Working out what it can tell…", "正在测算……")
                : say(
                    "Whom it reaches and what it can tell stands here as soon as audience, contents and channels are chosen.",
                    "选定人群、内容与渠道后，此处显示可触达人数与可检出的效果。",
                  )}
            </section>
          )}
        </div>
      </div>
    </Page>
  );
}

interface Section extends Part {
  planned: Planned | undefined;
  definition: string;
}

function Audience({ draft, change }: Section) {
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

function Contents({ draft, change, planned }: Section) {
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

function Groups({ draft, change, planned }: Section) {
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

const GUARDS = ["unsubscribed", "complained", "bounced"];

function Stages({ draft, change, planned }: Section) {
  const say = useSay();
  const format = useFormat();
  const names: Record<string, string> = {
    unsubscribed: say("unsubscribed, %", "退订 %"),
    complained: say("complained, %", "投诉 %"),
    bounced: say("bounced, %", "退信 %"),
  };
  const edit = (at: number, part: Partial<Stage>) =>
    change({ stages: draft.stages.map((each, i) => (i === at ? { ...each, ...part } : each)) });
  return (
    <>
      <h2>{say("How is it let out?", "如何放量？")}</h2>
      <div className="scroll">
        <table className="plain">
          <thead>
            <tr>
              <th>{say("Stage", "阶段")}</th>
              <th>{say("Share of the audience, %", "人群比例 %")}</th>
              <th className="number">{say("Customers", "人数")}</th>
              <th>{say("Watched for hours", "观察小时数")}</th>
              <th>{say("Goes on by itself", "自动继续")}</th>
              <th>
                <span className="hidden-words">{say("What to do", "操作")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {draft.stages.map((each, at) => {
              const last = at === draft.stages.length - 1;
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a stage has no name but its place
                <tr key={at}>
                  <td>{at + 1}</td>
                  <td>
                    <InputNumber
                      size="small"
                      min={0.01}
                      max={100}
                      disabled={last}
                      aria-label={say(`Share of stage ${at + 1}`, `阶段 ${at + 1} 比例`)}
                      value={Math.round(each.share * 1e4) / 100}
                      onChange={(value) => edit(at, { share: Math.round((value ?? 1) * 1e4) / 1e6 })}
                    />
                  </td>
                  <td className="number">
                    {planned?.stages[at] === undefined ? "–" : format.number(planned.stages[at])}
                  </td>
                  <td>
                    <InputNumber
                      size="small"
                      min={0}
                      aria-label={say(`Hours of stage ${at + 1}`, `阶段 ${at + 1} 观察小时数`)}
                      value={each.hours}
                      onChange={(hours) => edit(at, { hours: hours ?? 0 })}
                    />
                  </td>
                  <td>
                    {!last && (
                      <Checkbox
                        checked={each.automatic}
                        disabled={!each.hours}
                        aria-label={say(`Stage ${at + 1} goes on by itself`, `阶段 ${at + 1} 自动继续`)}
                        onChange={(event) => edit(at, { automatic: event.target.checked })}
                      />
                    )}
                  </td>
                  <td>
                    {!last && draft.stages.length > 1 && (
                      <Button
                        size="small"
                        type="text"
                        onClick={() => change({ stages: draft.stages.filter((_, i) => i !== at) })}
                      >
                        {say("Remove", "移除")}
                      </Button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <Button
        size="small"
        style={{ justifySelf: "start" }}
        onClick={() => {
          const before = draft.stages[draft.stages.length - 2]?.share ?? 0.005;
          const fresh = { share: Math.min(0.9, Math.round(before * 2 * 1e4) / 1e4), hours: 24, automatic: false };
          change({ stages: [...draft.stages.slice(0, -1), fresh, ...draft.stages.slice(-1)] });
        }}
      >
        {say("Another stage", "添加阶段")}
      </Button>
      <h3>{say("It stops by itself when more than this share of messages", "超过以下比例时自动停止")}</h3>
      <div className="chips">
        {GUARDS.map((word) => (
          <Field key={word} name={names[word] ?? word}>
            <InputNumber
              min={0}
              max={100}
              step={0.1}
              style={{ width: 120 }}
              value={Math.round((draft.guards[word] ?? 0) * 1e5) / 1e3}
              onChange={(value) => change({ guards: { ...draft.guards, [word]: (value ?? 0) / 100 } })}
            />
          </Field>
        ))}
      </div>
    </>
  );
}

function Review({ draft, planned, definition }: Section) {
  const say = useSay();
  const format = useFormat();
  const [text, setText] = useState(false);
  const rows: [string, string][] = [
    [say("Audience", "人群"), `${draft.audience}${planned ? ` · ${format.number(planned.customers)}` : ""}`],
    [
      say("Goal", "目标"),
      say(
        `${draft.outcome}, +${format.share(draft.lift)} within ${draft.days} days`,
        `${draft.outcome === "bought" ? "购买率" : "人均消费"}提升 ${format.share(draft.lift)}，${draft.days} 天内`,
      ),
    ],
    ...SENDING.filter((name) => draft[name].on).map((name): [string, string] => [
      nameOfArm(name, say),
      draft[name].content,
    ]),
    [say("Channels", "渠道"), draft.by.join(say(", then ", " → "))],
    [say("Stages", "放量阶段"), draft.stages.map((each) => format.share(each.share)).join(" → ")],
  ];
  return (
    <>
      <h2>{say("Is it so?", "请确认")}</h2>
      <table className="plain">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="faint">
        {planned?.needs_approval
          ? say(
              "So many customers need somebody else's approval before the first stage. Nobody is written to now.",
              "该规模需他人批准后才能放量。现在不会触达任何人。",
            )
          : say("Nobody is written to before you let a stage out.", "放量前不会触达任何人。")}
      </p>
      <Button size="small" type="link" className="as-text" onClick={() => setText(!text)}>
        {text ? say("Hide the definition", "收起定义") : say("The definition", "查看定义")}
      </Button>
      {text && <pre className="code">{definition}</pre>}
    </>
  );
}
