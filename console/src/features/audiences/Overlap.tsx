import { useQuery } from "@tanstack/react-query";
import { Modal } from "antd";
import { answered, api } from "@/api/client";
import { UpSet } from "@/features/audiences/UpSet";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";

const MOST = 60; // pairs that are shown, those that share most first

/** How audiences overlap: who is in exactly which of them, and how much each pair shares. */
export function Overlap({ names, close }: { names: string[]; close: () => void }) {
  const say = useSay();
  const format = useFormat();
  const query = useQuery({
    queryKey: ["overlap", ...names],
    queryFn: () => answered(api.POST("/api/v1/audiences/overlap", { body: { audiences: names } })),
  });
  return (
    <Modal open width={920} footer={null} onCancel={close} title={say("Overlap", "人群重叠")}>
      <Answered query={query}>
        {(found) => {
          const title = (name: string) => {
            const party = found.audiences.find((each) => each.name === name);
            return party ? say(party.title) : name;
          };
          return (
            <div className="grid">
              {found.cells ? (
                <UpSet found={found} title={title} />
              ) : (
                <p className="faint">
                  {say("For more than 32 audiences only pairs are told.", "超过 32 个人群时仅显示两两重叠。")}
                </p>
              )}
              <Scroll label={say("Pairs", "两两重叠")}>
                <h2>{say("Pairs", "两两重叠")}</h2>
                <table className="plain">
                  <thead>
                    <tr>
                      <th>{say("Audiences", "人群")}</th>
                      <th className="number">{say("Both", "共有")}</th>
                      <th className="number">Jaccard</th>
                      <th className="number">{say("Times chance", "提升倍数")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {found.pairs.slice(0, MOST).map((pair) => (
                      <tr key={pair.audiences.join()}>
                        <td>{pair.audiences.map(title).join(" · ")}</td>
                        <td className="number">{format.number(pair.shared)}</td>
                        <td className="number">{pair.jaccard.toFixed(3)}</td>
                        <td className="number">{pair.lift === null ? "–" : (pair.lift / 100).toFixed(2)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Scroll>
            </div>
          );
        }}
      </Answered>
    </Modal>
  );
}
