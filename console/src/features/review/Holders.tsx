import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { DIFFER, REASONS, typeName, wordOf } from "@/lib/identifiers";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered } from "@/ui/Page";

type Holder = Schemas["HolderAnswer"];

export const holdersQuery = (number: string) =>
  queryOptions({
    queryKey: ["holders", number],
    queryFn: () =>
      answered(api.GET("/api/v1/identity/questions/{number}", { params: { path: { number: Number(number) } } })),
  });

/** Who shares the value, customer beside customer; names are masked. */
export function Holders({ question }: { question: Schemas["QuestionAnswer"] }) {
  const say = useSay();
  const format = useFormat();
  const query = useQuery(holdersQuery(question.number));
  return (
    <div className="grid" style={{ gap: 8 }}>
      <div className="chips">
        <Pill>
          {say(
            `${question.customers} customers share one ${typeName(question.type).en.toLowerCase()}`,
            `${question.customers} 位客户共用同一${typeName(question.type).zh}`,
          )}
        </Pill>
        <Pill tone="warm">{say(wordOf(REASONS, question.reason))}</Pill>
        {question.differ.map((each) => (
          <Pill key={each} tone={each === "silent" ? undefined : "warm"}>
            {say("differ: ", "不同：")}
            {say(wordOf(DIFFER, each))}
          </Pill>
        ))}
        <span className="faint small">
          {say("bought ", "累计消费 ")}
          {format.money(question.worth)} · {say("asked since ", "提出于 ")}
          {format.day(question.asked_at)}
        </span>
      </div>
      <Answered query={query} rows={4}>
        {({ holders }) => (
          <section className="sides" aria-label={say("Who shares it", "共用者")}>
            {byCustomer(holders).map(([customer, records]) => (
              <Side key={customer} customer={customer} records={records} />
            ))}
          </section>
        )}
      </Answered>
    </div>
  );
}

function byCustomer(holders: Holder[]): [string, Holder[]][] {
  const found = new Map<string, Holder[]>();
  for (const each of holders) {
    const key = each.customer ?? `#${each.record}`;
    found.set(key, [...(found.get(key) ?? []), each]);
  }
  return [...found];
}

function Side({ customer, records }: { customer: string; records: Holder[] }) {
  const say = useSay();
  const known = customer.startsWith("cus_");
  return (
    <div className="side">
      {known ? (
        <Link to={`/customers/${customer}`}>
          <code>…{customer.slice(-8)}</code>
        </Link>
      ) : (
        <span className="faint">{say("not recognised yet", "尚未识别")}</span>
      )}
      {records.map((each) => (
        <div key={each.record} style={{ marginTop: 6 }}>
          <div className="name">{each.name ?? <span className="faint">{say("no name", "无姓名")}</span>}</div>
          <div className="faint small">
            {each.source} #{each.record}
            {each.gender && ` · ${each.gender === "f" ? say("female", "女") : say("male", "男")}`}
            {each.import_number !== null && say(` · import ${each.import_number}`, ` · 导入 ${each.import_number}`)}
          </div>
        </div>
      ))}
    </div>
  );
}
