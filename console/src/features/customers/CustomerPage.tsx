import { usePrefetchQuery, useQuery } from "@tanstack/react-query";
import { Tabs } from "antd";
import { useEffect } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import type { Schemas } from "@/api/client";
import { customerQuery, lightsQuery, tagsOfQuery } from "@/features/customers/asking";
import "@/features/customers/customers.css";
import { Journeys } from "@/features/customers/Journeys";
import { Lights } from "@/features/customers/Lights";
import { note } from "@/features/customers/lately";
import { Orders } from "@/features/customers/Orders";
import { TagList } from "@/features/customers/TagList";
import { Timeline } from "@/features/customers/Timeline";
import { Values } from "@/features/customers/Values";
import { CHANNELS } from "@/lib/channels";
import { useFormat } from "@/lib/format";
import { wordOf } from "@/lib/identifiers";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Figure } from "@/ui/figures";
import { Later, part } from "@/ui/Later";
import { Answered, Page } from "@/ui/Page";
import { Loading } from "@/ui/states";

const RECORDS = part(() => import("@/features/customers/Records"));

export default function CustomerPage() {
  const say = useSay();
  const { customer = "" } = useParams();
  const query = useQuery(customerQuery(customer));
  // what is shown beside him is on its way before it is known who he is
  usePrefetchQuery(tagsOfQuery(customer));
  usePrefetchQuery(lightsQuery(customer));
  const name = query.data?.values.find((each) => each.attribute === "name")?.value;
  const id = query.data?.one_id;
  useEffect(() => {
    if (id) note(id);
  }, [id]);
  return (
    <Page
      title={name ?? say("Customer", "客户")}
      about={<code className="small one-id">{id ?? customer}</code>}
      actions={<Link to="/customers">{say("Find another", "查找其他客户")}</Link>}
    >
      {id && id !== customer && (
        <p className="faint">
          {say("The id that was asked for was merged: this is who he is now.", "所查编号已合并，以下为合并后的客户。")}
        </p>
      )}
      <Answered query={query} rows={8}>
        {(found) => <One key={found.one_id} found={found} />}
      </Answered>
    </Page>
  );
}

function One({ found }: { found: Schemas["OneCustomer"] }) {
  const say = useSay();
  const analyst = useMay("analyst");
  const [params, setParams] = useSearchParams();
  const id = found.one_id;
  const record = found.records.find((each) => !each.follows) ?? found.records[0];
  return (
    <div className="grid">
      <Summary id={id} records={found.records} />
      <Tabs
        destroyOnHidden
        activeKey={params.get("tab") ?? "who"}
        onChange={(tab) => setParams(tab === "who" ? {} : { tab }, { replace: true })}
        items={[
          {
            key: "who",
            label: say("Who he is", "基本信息"),
            children: (
              <div className="grid cols-side">
                <Values found={found} />
                <Lights id={id} />
              </div>
            ),
          },
          { key: "tags", label: say("Tags", "标签"), children: <TagList id={id} /> },
          { key: "timeline", label: say("Timeline", "时间线"), children: <Timeline id={id} /> },
          { key: "orders", label: say("Orders", "订单"), children: <Orders id={id} /> },
          ...(analyst && record
            ? [
                {
                  key: "journeys",
                  label: say("Messages and why not", "触达与未触达原因"),
                  children: <Journeys id={id} record={record.name} />,
                },
              ]
            : []),
          {
            key: "records",
            label: say(`Records (${found.records.length})`, `记录（${found.records.length}）`),
            children: <Later of={RECORDS} props={{ found }} meanwhile={<Loading rows={8} />} />,
          },
        ]}
      />
    </div>
  );
}

const LIGHT = "light_";

/** What the last run of tags says first; a tag that the workspace does not have is left out. */
function Summary({ id, records }: { id: string; records: Schemas["OwnRecord"][] }) {
  const say = useSay();
  const format = useFormat();
  const query = useQuery(tagsOfQuery(id));
  const tag = (name: string) => query.data?.tags.find((each) => each.tag === name);
  const told = (name: string) => {
    const found = tag(name);
    return found && (found.said ? say(found.said) : found.value);
  };
  const bought = tag("monetary");
  const last = tag("last_purchase");
  const lit = (query.data?.tags ?? []).filter((each) => each.tag.startsWith(LIGHT) && each.value === "reachable");
  const asOf = query.data && say(`as of ${format.day(query.data.day)}`, `截至 ${format.day(query.data.day)}`);
  return (
    <div className="grid cols-5">
      <Figure name={say("Bought", "累计消费")} value={bought ? format.whole(bought.value) : "–"} beside={asOf} />
      <Figure
        name={say("Orders", "订单数")}
        value={told("frequency") ?? "–"}
        beside={last && say(`last ${format.day(last.value)}`, `最近 ${format.day(last.value)}`)}
      />
      <Figure name={say("Lifecycle", "生命周期")} value={told("lifecycle") ?? "–"} beside={told("rfm_tier")} />
      <Figure
        name={say("Open to marketing", "可营销渠道")}
        value={query.data ? lit.length : "–"}
        beside={
          lit.map((each) => say(wordOf(CHANNELS, each.tag.slice(LIGHT.length)))).join(say(", ", "、")) || undefined
        }
      />
      <Figure
        name={say("Records", "记录数")}
        value={records.length}
        beside={say(
          `of ${new Set(records.map((each) => each.source)).size} systems`,
          `来自 ${new Set(records.map((each) => each.source)).size} 个系统`,
        )}
      />
    </div>
  );
}
