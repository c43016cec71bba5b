import { useQuery } from "@tanstack/react-query";
import { Button, Segmented } from "antd";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { contentsQuery } from "@/api/queries";
import { type Draft, SENDING } from "@/features/campaigns/definition";
import { useSay } from "@/lib/text";
import { nameOfArm } from "@/ui/Effect";
import { Answered } from "@/ui/Page";

/** What somebody of the audience would read, name and values masked; one customer after the other. */
export function Preview({ draft }: { draft: Draft }) {
  const say = useSay();
  const [turn, setTurn] = useState(0);
  const contents = useQuery(contentsQuery);
  const arms = SENDING.filter((name) => draft[name].on && draft[name].content);
  const [chosen, choose] = useState<string>();
  const arm = arms.find((each) => each === chosen) ?? arms[0];
  const name = arm && draft[arm].content;
  const channels = contents.data?.contents.find((each) => each.content === name)?.channels ?? [];
  const [wanted, want] = useState<string>();
  const channel = channels.find((each) => each === wanted) ?? channels[0];
  const query = useQuery({
    queryKey: ["contents", name, "preview", channel, draft.audience, turn],
    enabled: Boolean(name && channel && draft.audience),
    queryFn: () =>
      answered(
        api.POST("/api/v1/contents/{name}/preview", {
          params: { path: { name: name ?? "" } },
          body: { channel: channel ?? "", audience: draft.audience, turn },
        }),
      ),
  });
  if (!arm || !channel) return null;
  return (
    <section className="preview" aria-label={say("Preview", "预览")}>
      <div className="chips">
        <h3>{say("As a customer of the audience would get it, masked", "按该人群中的一位客户预览（已脱敏）")}</h3>
        <Button size="small" onClick={() => setTurn(turn + 1)}>
          {say("Another customer", "换一位客户")}
        </Button>
      </div>
      <div className="chips">
        <Segmented
          size="small"
          aria-label={say("Group", "组")}
          value={arm}
          onChange={(value) => choose(value)}
          options={arms.map((each) => ({ value: each, label: nameOfArm(each, say) }))}
        />
        <Segmented
          size="small"
          aria-label={say("Channel", "渠道")}
          value={channel}
          onChange={want}
          options={channels}
        />
      </div>
      <Answered query={query} rows={2}>
        {(found) =>
          found.why_not ? (
            <p className="warm-words">{say(found.why_not)}</p>
          ) : (
            <div className="message">
              {found.parts.map((part) => (
                <p key={part.part}>
                  <span className="faint small">
                    {part.part} · {part.weight} / {part.most}
                    {part.messages !== null && say(` · billed as ${part.messages}`, ` · 计费 ${part.messages} 条`)}
                  </span>
                  <br />
                  {part.text}
                </p>
              ))}
            </div>
          )
        }
      </Answered>
    </section>
  );
}
