import { useQuery } from "@tanstack/react-query";
import { Button, Select, Tabs } from "antd";
import { useMemo, useState } from "react";
import { Link, useParams } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { audiencesQuery, tagsQuery } from "@/api/queries";
import { Export } from "@/features/audiences/Export";
import { Portrait } from "@/features/audiences/Portrait";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Chart } from "@/ui/Chart";
import { Pill } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { told } from "@/ui/rules/telling";
import { Scroll } from "@/ui/Scroll";
import { Nothing } from "@/ui/states";

export default function AudiencePage() {
  const { audience = "" } = useParams();
  const say = useSay();
  const query = useQuery(audiencesQuery);
  const found = query.data?.audiences.find((each) => each.audience === audience);
  if (!query.data)
    return (
      <Page title={audience}>
        <Answered query={query}>{() => null}</Answered>
      </Page>
    );
  if (!found)
    return (
      <Page title={audience}>
        <Nothing title={say("There is no audience of this name.", "没有此名称的人群。")}>
          <Link to="/audiences">{say("All audiences", "全部人群")}</Link>
        </Nothing>
      </Page>
    );
  return <One audience={found} />;
}

function One({ audience }: { audience: Schemas["AudienceAnswer"] }) {
  const say = useSay();
  const format = useFormat();
  const [exporting, setExporting] = useState(false);
  const tags = useQuery(tagsQuery).data?.tags;
  return (
    <Page
      title={say(audience.title)}
      about={say(audience.description)}
      asOf={audience.last?.as_of}
      actions={
        <>
          <Button onClick={() => setExporting(true)} disabled={!audience.last}>
            {say("Export…", "导出……")}
          </Button>
          <Link to={`/campaigns/new-campaign?audience=${audience.audience}`}>
            <Button disabled={!audience.last}>{say("Campaign…", "发起活动……")}</Button>
          </Link>
          <Link to={`/audiences/${audience.audience}/edit`}>
            <Button type="primary">{say("Edit the rule", "编辑规则")}</Button>
          </Link>
        </>
      }
    >
      <div className="grid cols-3">
        <div className="card figure">
          <span className="name">{say("Customers in the last snapshot", "最近快照人数")}</span>
          <b>{audience.last ? format.number(audience.last.size) : "–"}</b>
          {audience.jump && (
            <Pill tone="warm">
              {say(`Usually ${format.number(audience.jump.usual)}`, `平时约 ${format.number(audience.jump.usual)}`)}
            </Pill>
          )}
        </div>
        <div className="card" style={{ gridColumn: "span 2" }}>
          <h2>{say("Rule", "规则")}</h2>
          <div style={{ whiteSpace: "pre-line" }}>{told(audience.rule, tags ?? [], say)}</div>
        </div>
      </div>
      <Tabs
        destroyOnHidden
        style={{ marginTop: 8 }}
        items={[
          {
            key: "portrait",
            label: say("Portrait", "画像"),
            children: <PortraitOf audience={audience.audience} />,
          },
          { key: "history", label: say("History", "历史"), children: <History audience={audience.audience} /> },
          { key: "people", label: say("People", "客户样例"), children: <People audience={audience.audience} /> },
        ]}
      />
      {exporting && <Export audience={audience.audience} close={() => setExporting(false)} />}
    </Page>
  );
}

function PortraitOf({ audience }: { audience: string }) {
  const say = useSay();
  const [against, setAgainst] = useState<string>();
  const all = useQuery(audiencesQuery).data?.audiences ?? [];
  const query = useQuery({
    queryKey: ["portrait", audience, against],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/audiences/{audience}/portrait", {
          params: { path: { audience }, query: against ? { against } : {} },
          signal,
        }),
      ),
  });
  return (
    <div className="grid">
      <label className="chips" style={{ alignItems: "center" }}>
        <span className="faint">{say("Compared with", "对比")}</span>
        <Select
          allowClear
          style={{ width: 260 }}
          placeholder={say("all customers", "全部客户")}
          aria-label={say("Compared with", "对比")}
          value={against}
          onChange={setAgainst}
          options={all
            .filter((each) => each.audience !== audience && each.last)
            .map((each) => ({ value: each.audience, label: say(each.title) }))}
        />
      </label>
      <Answered query={query} rows={10}>
        {(found) => <Portrait portrait={found} />}
      </Answered>
    </div>
  );
}

function History({ audience }: { audience: string }) {
  const say = useSay();
  const format = useFormat();
  const query = useQuery({
    queryKey: ["history", audience],
    queryFn: () => answered(api.GET("/api/v1/audiences/{audience}/history", { params: { path: { audience } } })),
  });
  return (
    <Answered query={query}>
      {({ snapshots }) => (
        <div className="grid cols-2">
          <SizeChart snapshots={snapshots} />
          <Scroll label={say("Table", "表格")}>
            <table className="plain">
              <thead>
                <tr>
                  <th>{say("Snapshot", "快照")}</th>
                  <th>{say("Taken", "生成时间")}</th>
                  <th className="number">{say("Customers", "人数")}</th>
                  <th className="number">{say("Entered", "进入")}</th>
                  <th className="number">{say("Left", "离开")}</th>
                  <th className="number">{say("Version", "版本")}</th>
                </tr>
              </thead>
              <tbody>
                {snapshots.map((each) => (
                  <tr key={each.snapshot}>
                    <td>{each.snapshot}</td>
                    <td>{format.instant(each.taken_at)}</td>
                    <td className="number">{format.number(each.size)}</td>
                    <td className="number">{each.entered === null ? "–" : `+${format.number(each.entered)}`}</td>
                    <td className="number">{each.left === null ? "–" : `−${format.number(each.left)}`}</td>
                    <td className="number">{each.version}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </div>
      )}
    </Answered>
  );
}

function SizeChart({ snapshots }: { snapshots: Schemas["PointAnswer"][] }) {
  const say = useSay();
  const option = useMemo(() => {
    const points = [...snapshots].reverse();
    return {
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: points.map((each) => each.taken_at.slice(0, 16).replace("T", " ")) },
      yAxis: { type: "value" },
      series: [{ type: "line", step: "end", data: points.map((each) => each.size), areaStyle: { opacity: 0.12 } }],
    };
  }, [snapshots]);
  return (
    <div className="card">
      <h2>{say("Size at each snapshot", "历次快照人数")}</h2>
      <Chart option={option} label={say("Size at each snapshot", "历次快照人数")} height={260} />
    </div>
  );
}

function People({ audience }: { audience: string }) {
  const say = useSay();
  const query = useQuery({
    queryKey: ["members", audience],
    queryFn: () =>
      answered(
        api.GET("/api/v1/audiences/{audience}/members", { params: { path: { audience }, query: { limit: 50 } } }),
      ),
  });
  return (
    <Answered query={query}>
      {({ one_ids }) =>
        one_ids.length ? (
          <div className="card">
            <div className="chips">
              {one_ids.map((id) => (
                <Link key={id} to={`/customers/${id}`}>
                  <code>{id.slice(0, 16)}…</code>
                </Link>
              ))}
            </div>
          </div>
        ) : (
          <Nothing title={say("Nobody is in this audience.", "此人群中没有客户。")} />
        )
      }
    </Answered>
  );
}
