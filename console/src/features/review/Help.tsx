import { Modal } from "antd";
import { ANSWERS } from "@/features/review/words";
import { useSay } from "@/lib/text";

export function Help({ close }: { close: () => void }) {
  const say = useSay();
  const rows: [string, string][] = [
    ["J / ↓", say("next question", "下一个问题")],
    ["K / ↑", say("question before", "上一个问题")],
    ["L", say("next pattern", "下一类")],
    ["H", say("pattern before", "上一类")],
    ...Object.values(ANSWERS).map(({ key, title, about }): [string, string] => [
      key,
      say(`${title.en.toLowerCase()}: ${about.en}`, `${title.zh}：${about.zh}`),
    ]),
    ["U", say("take the last answer back", "撤销最近的答复")],
    ["A", say("answer the whole pattern", "整类答复")],
    ["?", say("this help", "本帮助")],
  ];
  return (
    <Modal open footer={null} title={say("Keys", "快捷键")} onCancel={close}>
      <table className="plain">
        <tbody>
          {rows.map(([key, what]) => (
            <tr key={key}>
              <td>
                <kbd>{key}</kbd>
              </td>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
