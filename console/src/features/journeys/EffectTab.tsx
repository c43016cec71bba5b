import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { InputNumber, Select } from "antd";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { TagSelect } from "@/features/journeys/parts";
import { useFormat } from "@/lib/format";
import { useSession } from "@/lib/session";
import { useSettled } from "@/lib/settled";
import { useSay } from "@/lib/text";
import { type Analysis, Effect, nameOfArm } from "@/ui/Effect";
import { Field } from "@/ui/Field";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Settled } from "@/ui/Settled";

type Report = Schemas["EffectAnswer"];

/** What a journey changed, against those whom the lot left alone. */
export function EffectTab({ journey }: { journey: string }) {
  const say = useSay();
  const [days, setDays] = useState(30);
  const [by, setBy] = useState<string>();
  const [step, setStep] = useState<string>();
  const settled = useSettled(days, 500);
  const canvas = useQuery({
    queryKey: ["journeys", journey, "canvas"],
    queryFn: () => answered(api.GET("/api/v1/journeys/{name}/canvas", { params: { path: { name: journey } } })),
  });
  const splits = (canvas.data?.nodes ?? []).filter((each) => each.type === "split").map((each) => String(each.id));
  const query = useQuery({
    queryKey: ["journeys", journey, "effect", settled, by, step],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/journeys/{name}/effect", {
          params: { path: { name: journey }, query: { days: settled, by, step } },
          signal,
        }),
      ),
  });
  const asked = new URLSearchParams({ days: String(settled), ...(by ? { by } : {}), ...(step ? { step } : {}) });
  return (
    <div className="grid">
      <div className="chips bar" style={{ alignItems: "end" }}>
        <Field name={say("Days after entering that count", "进入后计入的天数")}>
          <InputNumber min={1} max={365} value={days} onChange={(value) => setDays(value ?? 30)} />
        </Field>
        {splits.length > 0 && (
          <Field name={say("Compare", "比较")}>
            <Select
              allowClear
              style={{ width: 180 }}
              aria-label={say("Compare", "比较")}
              placeholder={say("with who was left alone", "与对照组")}
              value={step}
              onChange={setStep}
              options={splits.map((each) => ({
                value: each,
                label: say(`the ways of ${each}`, `分流 ${each} 的各组`),
              }))}
            />
          </Field>
        )}
        <Field name={say("By the values of a tag", "按标签值查看")}>
          <div style={{ width: 240 }}>
            <TagSelect value={by} change={setBy} />
          </div>
        </Field>
        <Files place={`/api/v1/journeys/${journey}/effect`} asked={asked} />
      </div>
      <Answered query={query} rows={8}>
        {(found) => <Told report={found} />}
      </Answered>
    </div>
  );
}

export function Files({ place, asked }: { place: string; asked: URLSearchParams }) {
  const say = useSay();
  return (
    <span className="chips">
      <a href={`${place}.html?${asked}`} target="_blank" rel="noreferrer">
        {say("As a page", "网页版")}
      </a>
      <a href={`${place}.xlsx?${asked}`}>{say("As a workbook", "Excel")}</a>
    </span>
  );
}

/** A report in words first, then pictures, then figures, and whether it paid. */
export function Told({ report }: { report: Report }) {
  const say = useSay();
  const format = useFormat();
  const [first, last] = report.assigned;
  return (
    <div className="grid">
      <Settled preliminary={report.preliminary} on={report.settled_on}>
        {first && last && (
          <span className="faint">
            {say(
              `Assigned ${format.day(first)} – ${format.day(last)}; ${report.days} days count.`,
              `分组日期 ${format.day(first)} – ${format.day(last)}，计入 ${report.days} 天。`,
            )}
          </span>
        )}
      </Settled>
      <Effect analysis={report.analysis as unknown as Analysis} before={report.first_words} />
      {report.paid.length > 0 && <Paid report={report} />}
    </div>
  );
}

function Paid({ report }: { report: Report }) {
  const say = useSay();
  const format = useFormat();
  const { currency } = useSession();
  const whole = (value: number) => format.number(Math.round(value)).replace("-", "−");
  return (
    <Scroll label={say("Whether it paid", "投入产出")}>
      <h2>{say("Whether it paid", "投入产出")}</h2>
      <table className="plain">
        <thead>
          <tr>
            <th>{say("Group", "组")}</th>
            <th className="number">
              {say("Margin brought", "增量毛利")} ({currency})
            </th>
            <th className="number">
              {say("Cost", "成本")} ({currency})
            </th>
            <th className="number">
              {say("Profit", "利润")} ({currency}, 95%)
            </th>
            <th className="number">{say("Margin by cost", "毛利/成本")}</th>
          </tr>
        </thead>
        <tbody>
          {report.paid.map((each) => (
            <tr key={each.arm}>
              <td>{nameOfArm(each.arm, say)}</td>
              <td className="number">{whole(each.margin)}</td>
              <td className="number">{whole(each.cost)}</td>
              <td className="number">
                {whole(each.profit)} ({whole(each.profit_low)} … {whole(each.profit_high)})
              </td>
              <td className="number">{each.ratio === null ? "–" : each.ratio.toFixed(2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
