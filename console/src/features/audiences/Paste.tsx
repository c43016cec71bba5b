import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal, Select } from "antd";
import { type DragEvent, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { ApiError, answered, api, type Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Refused } from "@/ui/states";

type Kind = NonNullable<Schemas["WantedList"]["kind"]>;
const KINDS: { value: Kind; en: string; zh: string }[] = [
  { value: "auto", en: "Whatever they are", zh: "自动识别" },
  { value: "phone", en: "Phones", zh: "手机号" },
  { value: "email", en: "E-mail addresses", zh: "邮箱" },
  { value: "card", en: "Member cards", zh: "会员卡号" },
  { value: "order", en: "Order numbers", zh: "订单号" },
  { value: "one_id", en: "Customer ids", zh: "客户 ID" },
];

/** Phones, cards or orders pasted from a spreadsheet, or a file dropped; counts that add up, then a rule over them. */
export function Paste({ close }: { close: () => void }) {
  const say = useSay();
  const format = useFormat();
  const go = useNavigate();
  const queries = useQueryClient();
  const picker = useRef<HTMLInputElement>(null);
  const [values, setValues] = useState("");
  const [kind, setKind] = useState<Kind>("auto");
  const [name, setName] = useState(`list_${new Date().toISOString().slice(0, 10).replaceAll("-", "")}`);
  const [refused, setRefused] = useState<unknown>();
  const [columns, setColumns] = useState<Column[]>([]);
  const take = (column: Column | undefined) => setValues(column?.values.join("\n") ?? "");
  const paste = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/audiences/lists", { body: { name, kind, values } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["lists"] }),
  });
  const read = async (file: File | undefined) => {
    if (!file) return;
    setRefused(undefined);
    if (/\.xls[xm]?$/i.test(file.name)) {
      try {
        const sheet = await answered(
          api.POST("/api/v1/sheets", {
            body: file as unknown as string,
            bodySerializer: (body) => body,
            headers: { "Content-Type": "application/octet-stream" },
          }),
        );
        setColumns(sheet.columns);
        take([...sheet.columns].sort((a, b) => likely(b) - likely(a))[0]);
      } catch (error) {
        setRefused(error);
      }
    } else if (/\.(csv|txt|tsv)$/i.test(file.name)) setValues(firstColumn(await file.text()));
    else
      setRefused(
        new ApiError(
          422,
          "invalid",
          say(`${file.name}: give a .xlsx, .csv or .txt file.`, `${file.name}：请提供 .xlsx、.csv 或 .txt 文件。`),
        ),
      );
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void read(event.dataTransfer.files[0]);
  };
  const lines = values.split("\n").filter((line) => line.trim()).length;
  const done = paste.data;
  return (
    <Modal
      open
      width={620}
      title={say("A list from Excel", "从 Excel 导入名单")}
      onCancel={close}
      okText={done ? say("Use it in an audience", "用于人群") : say("Match", "匹配")}
      cancelText={say("Close", "关闭")}
      okButtonProps={{ disabled: !lines || !name, loading: paste.isPending }}
      onOk={() => (done ? void go(`/audiences/new-audience?audience=${name}`) : paste.mutate())}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a file can be chosen by the button as well */}
      <div className="grid" onDrop={drop} onDragOver={(event) => event.preventDefault()}>
        <div className="chips">
          <Select
            style={{ width: 180 }}
            aria-label={say("What the values are", "取值类型")}
            value={kind}
            onChange={setKind}
            options={KINDS.map((each) => ({ value: each.value, label: say(each) }))}
          />
          <Input
            style={{ width: 200 }}
            aria-label={say("Name of the list", "名单名")}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Button onClick={() => picker.current?.click()}>{say("Choose a file…", "选择文件……")}</Button>
          <input
            ref={picker}
            type="file"
            hidden
            accept=".xlsx,.csv,.txt,.tsv"
            aria-label={say("File", "文件")}
            onChange={(event) => void read(event.target.files?.[0])}
          />
        </div>
        {columns.length > 1 && (
          <Select
            aria-label={say("Column", "列")}
            defaultValue={columns.reduce((best, each) => (likely(each) > likely(best) ? each : best)).name}
            onChange={(name: string) => take(columns.find((each) => each.name === name))}
            options={columns.map((each) => ({ value: each.name, label: `${each.name} (${each.values.length})` }))}
          />
        )}
        <Input.TextArea
          rows={9}
          aria-label={say("Values", "取值")}
          placeholder={say("Paste a column here, or drop an Excel or CSV file", "在此粘贴一列，或拖入 Excel、CSV 文件")}
          value={values}
          onChange={(event) => {
            setValues(event.target.value);
            paste.reset();
          }}
        />
        <span className="faint small">
          {say(
            `${format.number(lines)} values; they are matched and then forgotten.`,
            `${format.number(lines)} 个值；匹配后即丢弃，不做保存。`,
          )}
        </span>
        {refused !== undefined && <Refused error={refused} />}
        {paste.isError && <Refused error={paste.error} />}
        {done && (
          <div className="chips" role="status">
            <b>
              {format.number(done.size)} {say("customers", "位客户")}
            </b>
            {Object.entries(done.counts)
              .filter(([what]) => what in OUTCOMES)
              .map(([what, count]) => (
                <span key={what} className="pill">
                  {say(OUTCOMES[what] ?? { en: what, zh: what })} {format.number(count)}
                </span>
              ))}
          </div>
        )}
      </div>
    </Modal>
  );
}

type Column = Schemas["SheetColumn"];
/** Of several columns the one whose values look most like a phone, a card or an order: long, and different. */
const likely = (column: Column): number =>
  column.values.filter((each) => /^\+?[\dA-Za-z-]{6,}$/.test(each)).length *
  (new Set(column.values).size > 1 ? 1 : 0.5);

const OUTCOMES: Record<string, { en: string; zh: string }> = {
  matched: { en: "matched", zh: "匹配" },
  same_customer: { en: "same customer", zh: "同一客户" },
  repeated: { en: "repeated", zh: "重复" },
  invalid: { en: "invalid", zh: "无效" },
  unknown: { en: "unknown", zh: "未知" },
};

const firstColumn = (text: string): string =>
  text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .map((line) => (line.split(/[,\t;]/)[0] ?? "").replace(/^"|"$/g, ""))
    .join("\n");
