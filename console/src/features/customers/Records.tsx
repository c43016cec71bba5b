import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Input, Modal, Select } from "antd";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { graphQuery } from "@/features/customers/asking";
import { Graph } from "@/features/customers/Graph";
import { useFormat } from "@/lib/format";
import { REASONS, STRENGTHS, typeName, wordOf } from "@/lib/identifiers";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing, Refused } from "@/ui/states";

type Customer = Schemas["OneCustomer"];
type Wanted = { cut: [string, string] } | { unlink: string; types: string[] };

/** The records of the customer, what joins them and how sure it is; who may, parts them, and takes it back. */
export default function Records({ found }: { found: Customer }) {
  const say = useSay();
  const marketer = useMay("marketer");
  const queries = useQueryClient();
  const [chosen, choose] = useState<string[]>([]);
  const [wanted, want] = useState<Wanted>();
  const [done, setDone] = useState<Schemas["Parted"]>();
  const first = found.records.find((each) => !each.follows) ?? found.records[0];
  const query = useQuery(graphQuery(found.one_id, first?.name ?? ""));
  const anew = () => {
    choose([]);
    void queries.invalidateQueries({ queryKey: ["customer"] });
  };
  if (!first) return <Nothing title={say("He has no record.", "暂无记录。")} />;
  const [one, other] = chosen;
  return (
    <div className="grid">
      {done && (
        <Outcome
          done={done}
          close={() => {
            setDone(undefined);
            anew();
          }}
        />
      )}
      <Answered query={query} rows={8}>
        {(graph) => (
          <>
            <div className="card">
              <h2>
                {say("What joins his records", "记录的关联")}
                <span className="faint">
                  {say(
                    `one person with a confidence of ${Math.round(graph.confidence * 1000) / 10} %`,
                    `同一人的置信度 ${Math.round(graph.confidence * 1000) / 10}%`,
                  )}
                  {!graph.whole && say("; too many to look through all", "；数量过多，仅检查部分")}
                </span>
              </h2>
              <Graph graph={graph} />
            </div>
            <Evidence graph={graph} />
          </>
        )}
      </Answered>
      <Scroll label={say("Records", "记录")}>
        <h2>
          {say("Records", "记录")}
          {marketer && (
            <span className="chips">
              <Button
                size="small"
                disabled={!(one && other)}
                onClick={() => one && other && want({ cut: [one, other] })}
              >
                {say("Part the two chosen…", "拆分所选两条……")}
              </Button>
            </span>
          )}
        </h2>
        <table className="plain">
          <thead>
            <tr>
              {marketer && <th>{say("Choose", "选择")}</th>}
              <th>{say("Record", "记录")}</th>
              <th>{say("Identifiers", "标识")}</th>
              {marketer && <th className="number">{say("Change", "操作")}</th>}
            </tr>
          </thead>
          <tbody>
            {found.records.map((each) => {
              const held = found.identifiers.filter((value) => value.record === each.record);
              const types = [...new Set(held.map((value) => value.type))];
              return (
                <tr key={each.record}>
                  {marketer && (
                    <td>
                      <Checkbox
                        aria-label={say(`Choose ${each.name}`, `选择 ${each.name}`)}
                        checked={chosen.includes(each.name)}
                        disabled={chosen.length === 2 && !chosen.includes(each.name)}
                        onChange={(event) =>
                          choose(
                            event.target.checked ? [...chosen, each.name] : chosen.filter((name) => name !== each.name),
                          )
                        }
                      />
                    </td>
                  )}
                  <td>
                    {each.source} <span className="faint">#{each.record}</span>{" "}
                    {each.follows && <Pill>{say("device or recipient", "设备或收件方")}</Pill>}
                  </td>
                  <td className="faint">
                    {held.map((value) => `${say(typeName(value.type))} ${value.value}`).join(say(", ", "、")) || "–"}
                  </td>
                  {marketer && (
                    <td className="number">
                      {types.length > 0 && (
                        <Button
                          type="link"
                          size="small"
                          style={{ padding: 0, height: "auto" }}
                          onClick={() => want({ unlink: each.name, types })}
                        >
                          {say("Unlink…", "断开标识……")}
                        </Button>
                      )}
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      {wanted && (
        <Part
          wanted={wanted}
          close={() => want(undefined)}
          show={(told) => {
            setDone(told);
            want(undefined);
            anew();
          }}
        />
      )}
    </div>
  );
}

function Evidence({ graph }: { graph: Schemas["RecordGraph"] }) {
  const say = useSay();
  const format = useFormat();
  if (!graph.values.length)
    return (
      <div className="card faint">
        {say("He has one record, and nobody else has what it has.", "仅有一条记录，且其标识无人共用。")}
      </div>
    );
  return (
    <Scroll label={say("Evidence", "依据")}>
      <h2>{say("Evidence", "依据")}</h2>
      <table className="plain">
        <thead>
          <tr>
            <th>{say("Identifier", "标识")}</th>
            <th>{say("Strength", "证明力")}</th>
            <th>{say("Record", "记录")}</th>
            <th>{say("Told first", "首次提供")}</th>
            <th>{say("Joins", "是否合并")}</th>
            <th className="number">{say("Confidence", "置信度")}</th>
          </tr>
        </thead>
        <tbody>
          {graph.values.flatMap((value, at) =>
            value.holders.map((holder, place) => {
              const node = graph.nodes[holder.node];
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: values have no key: they are never told
                <tr key={`${at} ${holder.node}`}>
                  <td>{place === 0 && say(typeName(value.type))}</td>
                  <td className="faint">{place === 0 && say(wordOf(STRENGTHS, value.strength))}</td>
                  <td>
                    {node?.source} <span className="faint">#{node?.record}</span>
                  </td>
                  <td>{node?.since ? format.day(node.since) : "–"}</td>
                  <td>
                    <Pill tone={holder.reason ? "warm" : "good"}>{say(wordOf(REASONS, holder.reason))}</Pill>
                  </td>
                  <td className="number">{holder.reason ? "–" : format.share(holder.confidence)}</td>
                </tr>
              );
            }),
          )}
        </tbody>
      </table>
    </Scroll>
  );
}

function Part({ wanted, close, show }: { wanted: Wanted; close: () => void; show: (told: Schemas["Parted"]) => void }) {
  const say = useSay();
  const [reason, setReason] = useState("");
  const [type, setType] = useState<string | undefined>("unlink" in wanted ? wanted.types[0] : undefined);
  const [everybody, setEverybody] = useState(false);
  const part = useMutation({
    mutationFn: () =>
      "cut" in wanted
        ? answered(
            api.POST("/api/v1/identity/cuts", {
              body: { one: wanted.cut[0], other: wanted.cut[1], reason: reason.trim() },
            }),
          )
        : answered(
            api.POST("/api/v1/identity/unlinkings", {
              body: { record: wanted.unlink, type, everybody, reason: reason.trim() },
            }),
          ),
    onSuccess: show,
  });
  const cutting = "cut" in wanted;
  return (
    <Modal
      open
      title={cutting ? say("Part two records", "拆分两条记录") : say("Unlink identifiers", "断开标识")}
      okText={cutting ? say("Part", "拆分") : say("Unlink", "断开")}
      cancelText={say("Cancel", "取消")}
      okButtonProps={{ danger: true, disabled: !reason.trim(), loading: part.isPending }}
      onOk={() => part.mutate()}
      onCancel={close}
    >
      <div className="grid">
        <p style={{ margin: 0 }}>
          {cutting
            ? say(
                `${wanted.cut[0]} and ${wanted.cut[1]} are not one person: the weakest link between them goes, and whatever joins them later is refused. It can be taken back.`,
                `${wanted.cut[0]} 与 ${wanted.cut[1]} 不是同一人：断开其间最弱的关联，今后不再合并。可撤销。`,
              )
            : say(
                `The chosen values are not those of ${wanted.unlink}, and join it with nobody. It can be taken back.`,
                `所选标识不属于 ${wanted.unlink}，不再据此合并。可撤销。`,
              )}
        </p>
        {!cutting && (
          <>
            <Select
              aria-label={say("Type of identifier", "标识类型")}
              value={type ?? ""}
              onChange={(value) => setType(value || undefined)}
              options={[
                ...wanted.types.map((value) => ({ value, label: say(typeName(value)) })),
                { value: "", label: say("all of them", "全部标识") },
              ]}
            />
            <Checkbox checked={everybody} onChange={(event) => setEverybody(event.target.checked)}>
              {say("These are no person's, such as a store's phone", "该标识不属于任何个人，例如门店电话")}
            </Checkbox>
          </>
        )}
        <Input
          autoFocus
          maxLength={500}
          aria-label={say("Reason", "原因")}
          placeholder={say("Reason; it stands in the log of decisions", "原因，将记入决定日志")}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          onPressEnter={() => reason.trim() && part.mutate()}
        />
        {part.isError && <Refused error={part.error} />}
      </div>
    </Modal>
  );
}

function Outcome({ done, close }: { done: Schemas["Parted"]; close: () => void }) {
  const say = useSay();
  const undo = useMutation({
    mutationFn: () =>
      answered(api.POST("/api/v1/identity/decisions/withdrawals", { body: { acts: [Number(done.act)] } })),
    onSuccess: close,
  });
  return (
    <div className="card" role="status">
      <div className="chips" style={{ alignItems: "center" }}>
        <span>
          {done.parted === null
            ? say("Done: tags and figures follow in a moment.", "已完成：标签与统计稍后更新。")
            : done.parted
              ? say(
                  done.parted === 1
                    ? "Done: one customer parted from him."
                    : `Done: ${done.parted} customers parted from him.`,
                  `已完成：拆分出 ${done.parted} 位客户。`,
                )
              : say("Done: other links still hold his records together.", "已完成：其余关联仍使记录归为一人。")}
        </span>
        <Button size="small" loading={undo.isPending} onClick={() => undo.mutate()}>
          {say("Undo", "撤销")}
        </Button>
        <Button size="small" type="text" onClick={close}>
          {say("Close", "关闭")}
        </Button>
      </div>
      {undo.isError && <Refused error={undo.error} />}
    </div>
  );
}
