import { useMutation } from "@tanstack/react-query";
import { Input, Modal, Radio } from "antd";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { ANSWERS, type Answer } from "@/features/review/words";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Refused } from "@/ui/states";

interface Props {
  pattern: Schemas["PatternAnswer"];
  close: () => void;
  done: () => void;
}

/** Answers all questions of a pattern as one decision, which is taken back as one. */
export function Whole({ pattern, close, done }: Props) {
  const say = useSay();
  const format = useFormat();
  const [verdict, setVerdict] = useState<Answer>();
  const [reason, setReason] = useState("");
  const answer = useMutation({
    scope: { id: "review" },
    mutationFn: () =>
      answered(
        api.POST("/api/v1/identity/answers", {
          body: { answer: verdict as Answer, pattern: pattern.name, reason: reason.trim() },
        }),
      ),
    onSuccess: done,
  });
  const count = format.number(pattern.questions);
  return (
    <Modal
      open
      title={say(`Answer all ${count} questions of this pattern`, `答复此类全部 ${count} 个问题`)}
      okText={say(`Answer ${count} questions`, `答复 ${count} 个问题`)}
      cancelText={say("Cancel", "取消")}
      okButtonProps={{ danger: true, disabled: !(verdict && reason.trim()), loading: answer.isPending }}
      onOk={() => answer.mutate()}
      onCancel={close}
    >
      <div className="grid">
        <p style={{ margin: 0 }}>
          {say(
            `${format.number(pattern.customers)} customers are concerned, who have bought for ${format.money(pattern.worth)}. It is one decision: undone as one.`,
            `涉及 ${format.number(pattern.customers)} 位客户，累计消费 ${format.money(pattern.worth)}。作为一次决定记录，可整体撤销。`,
          )}
        </p>
        <Radio.Group
          aria-label={say("Answer", "答复")}
          value={verdict}
          onChange={(event) => setVerdict(event.target.value as Answer)}
          style={{ display: "grid", gap: 6 }}
          options={(Object.keys(ANSWERS) as Answer[]).map((each) => ({
            value: each,
            label: (
              <>
                <b>{say(ANSWERS[each].title)}</b> <span className="faint small">{say(ANSWERS[each].about)}</span>
              </>
            ),
          }))}
        />
        <Input
          maxLength={500}
          aria-label={say("Reason", "原因")}
          placeholder={say("Reason; it stands in the log of decisions", "原因，将记入决定日志")}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {answer.isError && <Refused error={answer.error} />}
      </div>
    </Modal>
  );
}
