import { useMutation } from "@tanstack/react-query";
import { Button, Input, Modal } from "antd";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { ATTRIBUTES, VALUES } from "@/features/customers/words";
import { useFormat } from "@/lib/format";
import { typeName, wordOf } from "@/lib/identifiers";
import { useSession } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Scroll } from "@/ui/Scroll";
import { Refused } from "@/ui/states";

/** The values that speak and the identifiers, masked; whoever may unmask them says why, and nothing of it is kept. */
export function Values({ found }: { found: Schemas["OneCustomer"] }) {
  const say = useSay();
  const { unmasks } = useSession();
  const [asking, setAsking] = useState(false);
  const [clear, setClear] = useState<Schemas["Unmasked"]>();
  return (
    <div className="grid">
      <Scroll label={say("What his records say", "各记录所述")}>
        <h2>
          {say("What his records say", "各记录所述")}
          {clear ? (
            <Button size="small" onClick={() => setClear(undefined)}>
              {say("Mask again", "恢复遮蔽")}
            </Button>
          ) : (
            unmasks && (
              <Button size="small" onClick={() => setAsking(true)}>
                {say("Unmask…", "查看明文……")}
              </Button>
            )
          )}
        </h2>
        <Golden values={found.values} clear={clear} />
      </Scroll>
      <Scroll label={say("Identifiers", "标识")}>
        <h2>{say("Identifiers", "标识")}</h2>
        <Identifiers held={clear?.identifiers ?? found.identifiers} clear={clear !== undefined} />
      </Scroll>
      {asking && <Unmask id={found.one_id} close={() => setAsking(false)} show={setClear} />}
    </div>
  );
}

function Golden({ values, clear }: { values: Schemas["GoldenValue"][]; clear: Schemas["Unmasked"] | undefined }) {
  const say = useSay();
  const format = useFormat();
  if (!values.length) return <p className="faint">{say("No record says anything of him.", "没有记录给出其属性。")}</p>;
  return (
    <table className="plain">
      <thead>
        <tr>
          <th>{say("Attribute", "属性")}</th>
          <th>{say("Value", "取值")}</th>
          <th>{say("Source", "来源")}</th>
          <th>{say("Observed", "观测时间")}</th>
          <th>{say("Why this one", "取值依据")}</th>
        </tr>
      </thead>
      <tbody>
        {values.map((each) => {
          const open = clear?.values.find((one) => one.attribute === each.attribute)?.value;
          return (
            <tr key={each.attribute}>
              <td className="faint">{say(wordOf(ATTRIBUTES, each.attribute))}</td>
              <td>{open ? <b className="clear">{open}</b> : <b>{say(wordOf(VALUES, each.value))}</b>}</td>
              <td>{each.source}</td>
              <td className="when">{format.day(each.at)}</td>
              <td>
                {say(each.why)}
                {each.others > 0 && (
                  <span className="faint">
                    {say(` · ${each.others} other value${each.others > 1 ? "s" : ""}`, ` · 另有 ${each.others} 个值`)}
                  </span>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Identifiers({ held, clear }: { held: Schemas["HeldIdentifier"][]; clear: boolean }) {
  const say = useSay();
  if (!held.length) return <p className="faint">{say("None is known.", "暂无标识。")}</p>;
  return (
    <table className="plain">
      <thead>
        <tr>
          <th>{say("Type", "类型")}</th>
          <th>{say("Value", "取值")}</th>
          <th>{say("Unique within", "范围")}</th>
          <th>{say("Record", "记录")}</th>
        </tr>
      </thead>
      <tbody>
        {held.map((each) => (
          <tr key={`${each.type} ${each.scope} ${each.record} ${each.value}`}>
            <td>{say(typeName(each.type))}</td>
            <td>{clear ? <b className="clear">{each.value}</b> : each.value}</td>
            <td className="faint">{each.scope === "global" ? say("everywhere", "全局") : each.scope}</td>
            <td className="faint">
              {each.source} #{each.record}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Unmask({ id, close, show }: { id: string; close: () => void; show: (found: Schemas["Unmasked"]) => void }) {
  const say = useSay();
  const [reason, setReason] = useState("");
  const ask = useMutation({
    gcTime: 0,
    mutationFn: () =>
      answered(
        api.POST("/api/v1/customers/{one_id}/unmaskings", {
          params: { path: { one_id: id } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: (found) => {
      show(found);
      close();
    },
  });
  const ready = reason.trim().length >= 3;
  return (
    <Modal
      open
      title={say("Show private values in clear", "查看隐私信息明文")}
      okText={say("Show", "查看")}
      cancelText={say("Cancel", "取消")}
      okButtonProps={{ disabled: !ready, loading: ask.isPending }}
      onOk={() => ask.mutate()}
      onCancel={close}
    >
      <div className="grid">
        <p style={{ margin: 0 }}>
          {say(
            "Who looked, at whom and why is written into the audit log before anything is shown.",
            "查看人、查看对象与原因将在显示前写入审计日志。",
          )}
        </p>
        <Input
          autoFocus
          maxLength={500}
          aria-label={say("Reason", "原因")}
          placeholder={say("Reason, such as the number of his complaint", "原因，例如客诉编号")}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          onPressEnter={() => ready && ask.mutate()}
        />
        {ask.isError && <Refused error={ask.error} />}
      </div>
    </Modal>
  );
}
