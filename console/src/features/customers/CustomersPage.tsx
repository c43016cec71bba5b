import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Input, type InputRef, Select } from "antd";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { audiencesQuery } from "@/api/queries";
import "@/features/customers/customers.css";
import { lately } from "@/features/customers/lately";
import { WAYS } from "@/features/customers/words";
import { take } from "@/lib/asked";
import { CHANNELS } from "@/lib/channels";
import { useFormat } from "@/lib/format";
import { wordOf } from "@/lib/identifiers";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { Loading, Nothing, Refused } from "@/ui/states";

type By = NonNullable<Schemas["WantedCustomers"]["by"]>;
type Person = Schemas["FoundCustomer"];

export default function CustomersPage() {
  const say = useSay();
  const { key } = useLocation();
  const field = useRef<InputRef>(null);
  const [typed, setTyped] = useState("");
  const [by, setBy] = useState<By>();
  const { mutate, reset, ...search } = useMutation({
    mutationFn: (body: { text: string; by?: By }) => answered(api.POST("/api/v1/customers/searches", { body })),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each visit may bring something to look for
  useEffect(() => {
    const text = take();
    if (text) {
      setTyped(text);
      setBy(undefined);
      mutate({ text });
    }
    field.current?.focus();
  }, [key]);
  const ask = (way = by) => {
    const text = typed.trim();
    if (text) mutate({ text, by: way });
    else reset();
  };
  return (
    <Page title={say("Customers", "客户")} asOf={search.data?.as_of ?? undefined}>
      <div className="grid">
        <form
          className="ask"
          aria-label={say("Find a customer", "查找客户")}
          onSubmit={(event) => {
            event.preventDefault();
            ask();
          }}
        >
          <Input
            ref={field}
            className="whom"
            size="large"
            allowClear
            autoComplete="off"
            spellCheck={false}
            aria-label={say("Phone, card, order, name or id", "手机号、会员卡、订单号、姓名或编号")}
            placeholder={say(
              "Phone or its last four digits, card, order, name, id",
              "手机号或后四位、会员卡、订单号、姓名、编号",
            )}
            value={typed}
            maxLength={200}
            onKeyDown={(event) => {
              const first = event.key === "ArrowDown" && document.querySelector<HTMLAnchorElement>("a.who");
              if (!first) return;
              event.preventDefault();
              first.focus();
            }}
            onChange={(event) => {
              setTyped(event.target.value);
              if (!event.target.value) reset();
            }}
          />
          <Select
            size="large"
            style={{ width: 170 }}
            aria-label={say("What it is", "类型")}
            value={by ?? ""}
            onChange={(way) => {
              const chosen = (way || undefined) as By | undefined;
              setBy(chosen);
              ask(chosen);
            }}
            options={[
              { value: "", label: say("anything", "自动识别") },
              ...Object.entries(WAYS).map(([value, words]) => ({ value, label: say(words) })),
            ]}
          />
          <Button size="large" type="primary" htmlType="submit" loading={search.isPending}>
            {say("Find", "查找")}
          </Button>
        </form>
        {search.isPending ? (
          <Loading rows={6} />
        ) : search.isError ? (
          <Refused error={search.error} />
        ) : search.data ? (
          <Found found={search.data} />
        ) : (
          <Beginning />
        )}
      </div>
    </Page>
  );
}

function Found({ found }: { found: Schemas["FoundCustomers"] }) {
  const say = useSay();
  const format = useFormat();
  if (!found.found.length)
    return (
      <Nothing title={say("Nobody was found.", "未找到客户。")}>
        <p>
          {say(
            "Phones, cards and orders are found whole; names in full, as 王芳 or Wang Fang. A nickname finds nobody.",
            "手机号、会员卡、订单号需完整输入；姓名需全名（王芳或 Wang Fang），昵称无法查找。",
          )}
        </p>
      </Nothing>
    );
  const more = found.total - found.found.length;
  return (
    <>
      <div role="status">
        {say(`${format.number(found.total)} found by `, `找到 ${format.number(found.total)} 位，依据：`)}
        {say(wordOf(WAYS, found.by ?? ""))}
        {more > 0 &&
          say(
            `; those ${found.found.length} are shown who have bought most. Say more to narrow it.`,
            `；仅显示消费最高的 ${found.found.length} 位，请输入更多信息缩小范围。`,
          )}
      </div>
      <People people={found.found} />
    </>
  );
}

/** A row each; the arrow keys go from one to the next. */
function People({ people }: { people: Person[] }) {
  const say = useSay();
  const format = useFormat();
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>("a.who")];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    event.preventDefault();
    links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys go from link to link
    <div className="card scroll" style={{ padding: 0 }} onKeyDown={move}>
      <table className="plain people">
        <thead>
          <tr>
            <th>{say("Customer", "客户")}</th>
            <th>{say("Phone", "手机号")}</th>
            <th>{say("Last purchase", "最近购买")}</th>
            <th className="number">{say("Bought", "累计消费")}</th>
            <th className="number">{say("Orders", "订单")}</th>
            <th>{say("Level", "等级")}</th>
            <th>{say("Reached by", "可触达")}</th>
            <th>{say("Known from", "来源")}</th>
          </tr>
        </thead>
        <tbody>
          {people.map((each) => (
            <tr key={each.one_id}>
              <td>
                <Link className="who" to={`/customers/${each.one_id}`}>
                  {each.name ?? say("no name", "无姓名")}
                </Link>{" "}
                <code className="faint small">…{each.one_id.slice(-8)}</code>
              </td>
              <td>{each.phone ?? <span className="faint">–</span>}</td>
              <td>{each.last_purchase ? format.day(each.last_purchase) : <span className="faint">–</span>}</td>
              <td className="number">{each.bought === null ? "–" : format.money(each.bought)}</td>
              <td className="number">{each.orders === null ? "–" : format.number(each.orders)}</td>
              <td>{each.level ?? <span className="faint">–</span>}</td>
              <td>
                <span className="chips" style={{ flexWrap: "nowrap" }}>
                  {each.lit.length ? (
                    each.lit.map((channel) => (
                      <Pill key={channel} tone="good">
                        {say(wordOf(CHANNELS, channel))}
                      </Pill>
                    ))
                  ) : (
                    <span className="faint">–</span>
                  )}
                </span>
              </td>
              <td className="faint small">{each.sources.join(say(", ", "、"))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Beginning() {
  const say = useSay();
  const [ids] = useState(lately);
  return (
    <div className="grid">
      {ids.length > 0 && <Shown title={say("Looked at lately", "最近查看")} ids={ids} />}
      <OfAudience />
      <div className="card">
        <h2>{say("How to find somebody", "如何查找")}</h2>
        <ul className="list">
          <li>
            {say("A phone, whole or its last four digits: 138 0013 8000, 8000", "手机号或后四位：138 0013 8000、8000")}
          </li>
          <li>{say("A member card, an account or an order number, whole", "完整的会员卡号、账号或订单号")}</li>
          <li>{say("A full name: 王芳, or Wang Fang as it is read", "全名：王芳，或拼音 Wang Fang")}</li>
          <li>{say("A customer's id: cus_…", "客户编号：cus_…")}</li>
        </ul>
        <p className="faint small" style={{ marginBottom: 0 }}>
          {say(
            "What you type is looked up as a keyed hash and is kept nowhere: not in an address, a log or the audit.",
            "输入内容仅以加密摘要比对，不写入网址、日志或审计。",
          )}
        </p>
      </div>
    </div>
  );
}

function OfAudience() {
  const say = useSay();
  const audiences = useQuery(audiencesQuery).data?.audiences.filter((each) => each.last) ?? [];
  const [chosen, choose] = useState<string>();
  const audience = chosen ?? audiences[0]?.audience;
  const members = useQuery({
    queryKey: ["members", audience, 12],
    enabled: audience !== undefined,
    queryFn: () =>
      answered(
        api.GET("/api/v1/audiences/{audience}/members", {
          params: { path: { audience: audience as string }, query: { limit: 12 } },
        }),
      ),
  });
  if (!audiences.length) return null;
  const pick = (
    <Select
      size="small"
      style={{ minWidth: 200 }}
      aria-label={say("Audience", "人群")}
      value={audience}
      onChange={choose}
      options={audiences.map((each) => ({ value: each.audience, label: say(each.title) }))}
    />
  );
  return (
    <Answered query={members} rows={4}>
      {({ one_ids }) => <Shown title={say("From an audience", "人群中的客户")} beside={pick} ids={one_ids} />}
    </Answered>
  );
}

function Shown({ title, ids, beside }: { title: string; ids: string[]; beside?: React.ReactNode }) {
  const say = useSay();
  const query = useQuery({
    queryKey: ["customers", "shown", ids],
    enabled: ids.length > 0,
    queryFn: () => answered(api.POST("/api/v1/customers/searches", { body: { text: "", ids } })),
  });
  return (
    <section className="grid" style={{ gap: 6 }}>
      <h2 style={{ display: "flex", gap: 10, alignItems: "center" }}>
        {title} {beside}
      </h2>
      {ids.length === 0 ? (
        <div className="card faint">{say("Nobody is in this audience.", "此人群中没有客户。")}</div>
      ) : (
        <Answered query={query} rows={3}>
          {({ found }) =>
            found.length ? (
              <People people={found} />
            ) : (
              <div className="card faint">{say("They are no customers any more.", "这些客户已不存在。")}</div>
            )
          }
        </Answered>
      )}
    </section>
  );
}
