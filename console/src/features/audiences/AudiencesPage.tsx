import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Table, Tooltip } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { audiencesQuery } from "@/api/queries";
import { Overlap } from "@/features/audiences/Overlap";
import { Paste } from "@/features/audiences/Paste";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing, Refused } from "@/ui/states";

type Audience = Schemas["AudienceAnswer"];

export default function AudiencesPage() {
  const say = useSay();
  const go = useNavigate();
  const mayChange = useMay("marketer");
  const query = useQuery(audiencesQuery);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [pasting, setPasting] = useState(false);
  const [overlap, setOverlap] = useState<string[]>();
  return (
    <Page
      title={say("Audiences", "人群")}
      about={say("Who is chosen by a rule, now and at every snapshot", "按规则选出的客户，含每次快照")}
      actions={
        <>
          <Input.Search
            allowClear
            style={{ width: 200 }}
            aria-label={say("Find an audience", "查找人群")}
            placeholder={say("Find", "查找")}
            onChange={(event) => setTyped(event.target.value.trim().toLowerCase())}
          />
          <Button disabled={chosen.length < 2} onClick={() => setOverlap(chosen)}>
            {say(
              `Overlap${chosen.length > 1 ? ` of ${chosen.length}` : ""}`,
              `重叠${chosen.length > 1 ? `（${chosen.length}）` : ""}`,
            )}
          </Button>
          {mayChange && <Button onClick={() => setPasting(true)}>{say("From Excel…", "从 Excel 导入……")}</Button>}
          <Button type="primary" onClick={() => void go("/audiences/new-audience")}>
            {say("New audience", "新建人群")}
          </Button>
        </>
      }
    >
      <Answered query={query}>
        {({ audiences }) =>
          audiences.length ? (
            <AudienceTable
              audiences={audiences.filter((each) => fits(each, typed))}
              chosen={chosen}
              choose={setChosen}
              mayChange={mayChange}
            />
          ) : (
            <Nothing
              title={say("No audience yet.", "还没有人群。")}
              action={
                <Button type="primary" onClick={() => void go("/audiences/new-audience")}>
                  {say("Choose the first one", "创建第一个人群")}
                </Button>
              }
            >
              {say(
                "Combine tags while the count follows, or paste phones and cards from Excel.",
                "组合标签并即时查看人数，或从 Excel 粘贴手机号、卡号。",
              )}
            </Nothing>
          )
        }
      </Answered>
      {overlap && <Overlap names={overlap} close={() => setOverlap(undefined)} />}
      {pasting && <Paste close={() => setPasting(false)} />}
    </Page>
  );
}

const fits = (each: Audience, typed: string): boolean =>
  !typed || `${each.title.en} ${each.title.zh} ${each.audience}`.toLowerCase().includes(typed);

interface TableProps {
  audiences: Audience[];
  chosen: string[];
  choose: (names: string[]) => void;
  mayChange: boolean;
}

function AudienceTable({ audiences, chosen, choose, mayChange }: TableProps) {
  const say = useSay();
  const format = useFormat();
  const queries = useQueryClient();
  const most = Math.max(1, ...audiences.map((each) => each.last?.size ?? 0));
  const refresh = useMutation({
    mutationFn: (audience: string) =>
      answered(api.POST("/api/v1/audiences/{audience}/refresh", { params: { path: { audience } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["audiences"] }),
  });
  return (
    <>
      {refresh.isError && <Refused error={refresh.error} />}
      <Scroll label={say("Table", "表格")} style={{ padding: 0 }}>
        <Table<Audience>
          size="small"
          rowKey="audience"
          dataSource={audiences}
          pagination={audiences.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
          rowSelection={{ selectedRowKeys: chosen, onChange: (keys) => choose(keys as string[]) }}
          columns={[
            {
              title: say("Audience", "人群"),
              render: (_, each) => (
                <>
                  <Link to={`/audiences/${each.audience}`}>{say(each.title)}</Link>
                  <div className="faint small ellipsis" style={{ maxWidth: 460 }}>
                    {say(each.description)}
                  </div>
                </>
              ),
              sorter: (a, b) => say(a.title).localeCompare(say(b.title)),
            },
            {
              title: say("Customers", "人数"),
              align: "right",
              width: 190,
              sorter: (a, b) => (a.last?.size ?? 0) - (b.last?.size ?? 0),
              render: (_, each) =>
                each.last ? (
                  <span className="row-bar" style={{ gridTemplateColumns: "minmax(60px, 1fr) auto" }}>
                    <span className="track" aria-hidden="true">
                      <i className="fill" style={{ display: "block", width: `${(each.last.size / most) * 100}%` }} />
                    </span>
                    <span className="value">{format.number(each.last.size)}</span>
                  </span>
                ) : (
                  <span className="faint">{say("no snapshot", "无快照")}</span>
                ),
            },
            {
              title: say("Snapshot", "快照"),
              width: 190,
              render: (_, each) =>
                each.last && (
                  <span className="faint small">
                    {format.instant(each.last.taken_at)}
                    {each.jump && (
                      <Tooltip
                        title={say(
                          `Usually ${format.number(each.jump.usual)}`,
                          `平时约 ${format.number(each.jump.usual)}`,
                        )}
                      >
                        <span>
                          {" "}
                          <Pill tone="warm">{say("jumped", "突变")}</Pill>
                        </span>
                      </Tooltip>
                    )}
                  </span>
                ),
            },
            {
              title: <span className="unseen">{say("What to do", "操作")}</span>,
              width: 150,
              align: "right",
              render: (_, each) => (
                <span className="chips" style={{ justifyContent: "flex-end" }}>
                  <Link to={`/audiences/${each.audience}/edit`}>{say("Edit", "编辑")}</Link>
                  {mayChange && (
                    <Button
                      type="link"
                      size="small"
                      style={{ padding: 0, height: "auto" }}
                      loading={refresh.isPending && refresh.variables === each.audience}
                      onClick={() => refresh.mutate(each.audience)}
                    >
                      {say("Refresh", "刷新")}
                    </Button>
                  )}
                </span>
              ),
            },
          ]}
        />
      </Scroll>
    </>
  );
}
