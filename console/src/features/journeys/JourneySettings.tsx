import { Checkbox, Input, InputNumber, Select } from "antd";
import type { Data } from "@/features/journeys/graph";
import { set } from "@/features/journeys/parts";
import { useSay } from "@/lib/text";
import { Field } from "@/ui/Field";
import { RuleField } from "@/ui/rules/RuleField";

/** What the journey says beside its steps: names, purpose, priority, who is left alone, when it is over. */
export function JourneySettings({ data, change, fresh }: { data: Data; change: (data: Data) => void; fresh: boolean }) {
  const say = useSay();
  const title = (data.title ?? {}) as { en?: string; zh?: string };
  const again = (data.again ?? {}) as Data;
  const goal = data.goal as { rule: unknown; then?: string } | undefined;
  return (
    <div className="grid">
      <Field name={say("Chinese title", "中文名称")}>
        <Input
          value={title.zh}
          onChange={(event) => change({ ...data, title: { ...title, zh: event.target.value } })}
        />
      </Field>
      <Field name={say("English title", "英文名称")}>
        <Input
          value={title.en}
          onChange={(event) => change({ ...data, title: { ...title, en: event.target.value } })}
        />
      </Field>
      <Field name={say("Name in files and the API (a–z, 0–9, _)", "标识（a–z、0–9、_）")}>
        <Input
          disabled={!fresh}
          value={String(data.name ?? "")}
          onChange={(event) => change({ ...data, name: event.target.value })}
        />
      </Field>
      <div className="chips">
        <Field name={say("Purpose", "目的")}>
          <Select
            style={{ width: 130 }}
            aria-label={say("Purpose", "目的")}
            value={data.purpose as string}
            onChange={(purpose) => change({ ...data, purpose })}
            options={[
              { value: "marketing", label: say("marketing", "营销") },
              { value: "service", label: say("service", "服务") },
              { value: "transactional", label: say("transactional", "交易通知") },
            ]}
          />
        </Field>
        <Field name={say("Priority", "优先级")}>
          <Select
            style={{ width: 130 }}
            aria-label={say("Priority", "优先级")}
            value={(data.priority as string | undefined) ?? "marketing"}
            onChange={(priority) => change({ ...data, priority })}
            options={[
              { value: "service", label: say("service", "服务") },
              { value: "promised", label: say("promised", "承诺权益") },
              { value: "manual", label: say("manual", "人工") },
              { value: "marketing", label: say("marketing", "营销") },
            ]}
          />
        </Field>
      </div>
      <div className="chips">
        <Field name={say("Left alone, %", "对照比例 %")}>
          <InputNumber
            min={0}
            max={99}
            style={{ width: 110 }}
            value={Math.round(Number(data.control ?? 0) * 1e4) / 100}
            onChange={(value) => change(set(data, "control", value ? Math.round(value * 1e4) / 1e6 : undefined))}
          />
        </Field>
        <Field name={say("May enter again after days", "多少天后可再次进入")}>
          <InputNumber
            min={1}
            style={{ width: 110 }}
            placeholder={say("never", "不可")}
            value={again.days as number | undefined}
            onChange={(days) => change(set(data, "again", days ? { ...again, days } : undefined))}
          />
        </Field>
      </div>
      <Checkbox
        checked={goal !== undefined}
        onChange={(event) =>
          change(
            set(data, "goal", event.target.checked ? { rule: { tag: "frequency", is: ">=", value: 2 } } : undefined),
          )
        }
      >
        {say("Whoever fulfils a rule is taken out at once (goal)", "满足条件立即退出（目标）")}
      </Checkbox>
      {goal && <RuleField rule={goal.rule} change={(rule) => change({ ...data, goal: { ...goal, rule } })} />}
    </div>
  );
}
