import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Steps } from "antd";
import { useMemo } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { answered, api } from "@/api/client";
import { begin, type Draft, definitionOf, lacks } from "@/features/campaigns/definition";
import { Plan, type Planned } from "@/features/campaigns/Plan";
import { Review, Stages } from "@/features/campaigns/release";
import { Audience, Contents, Groups } from "@/features/campaigns/whom";
import { useDraft } from "@/lib/draft";
import { useMay, useSession } from "@/lib/session";
import { useSettled } from "@/lib/settled";
import { useSay } from "@/lib/text";
import { Page } from "@/ui/Page";
import { Refused } from "@/ui/states";
import "@/features/campaigns/campaigns.css";

export default function WizardPage() {
  const say = useSay();
  const go = useNavigate();
  const queries = useQueryClient();
  const mayChange = useMay("marketer");
  const { name: owner } = useSession();
  const [parameters] = useSearchParams();
  const asked = parameters.get("audience") ?? "";
  const start = useMemo(() => begin(asked), [asked]);
  const { value: draft, set, undo, clear } = useDraft<Draft>(`campaign.${asked || "new"}`, start);
  const change = (part: Partial<Draft>) => set({ ...draft, ...part });
  const definition = definitionOf(draft, owner);
  const settled = useSettled(definition, 600);
  const complete = !lacks(draft, 0) && !lacks(draft, 1);
  const plan = useQuery({
    queryKey: ["campaigns", "plan", settled],
    enabled: complete && draft.step > 0 && settled === definition,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.POST("/api/v1/campaigns/plan", { body: { definition: settled }, signal })),
  });
  const apply = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/campaigns", { body: { definition } })),
    onSuccess: async (done) => {
      clear();
      await queries.invalidateQueries({ queryKey: ["campaigns"] });
      await go(`/campaigns/${done.name}`);
    },
  });
  const planned = complete ? (plan.data as Planned | undefined) : undefined;
  const parts = [Audience, Contents, Groups, Stages, Review];
  const Shown = parts[draft.step] ?? Audience;
  const last = draft.step === parts.length - 1;
  return (
    <Page
      title={say("New campaign", "新建活动")}
      about={say("A draft, kept here until it is put in force", "草稿会保留，直到应用")}
      actions={
        <>
          <Button disabled={!undo} onClick={() => undo?.()}>
            {say("Undo", "撤销")}
          </Button>
          <Button onClick={() => set(start)}>{say("Begin anew", "重新开始")}</Button>
        </>
      }
    >
      <Steps
        size="small"
        className="wizard"
        current={draft.step}
        onChange={(step) => change({ step })}
        items={[
          { title: say("Audience and goal", "人群与目标") },
          { title: say("Content and channels", "内容与渠道") },
          { title: say("Groups", "分组") },
          { title: say("Stages", "放量阶段") },
          { title: say("Review", "确认") },
        ]}
      />
      <div className="grid cols-side">
        <div className="card grid">
          <Shown draft={draft} change={change} planned={planned} definition={definition} />
          {apply.isError && <Refused error={apply.error} />}
          <div className="chips">
            {draft.step > 0 && (
              <Button onClick={() => change({ step: draft.step - 1 })}>{say("Back", "上一步")}</Button>
            )}
            {!last && (
              <Button
                type="primary"
                disabled={lacks(draft, draft.step)}
                onClick={() => change({ step: draft.step + 1 })}
              >
                {say("Next", "下一步")}
              </Button>
            )}
            {last && mayChange && (
              <Button type="primary" disabled={!complete} loading={apply.isPending} onClick={() => apply.mutate()}>
                {say("Put in force", "应用")}
              </Button>
            )}
          </div>
        </div>
        <div className="grid">
          {plan.isError && complete ? (
            <Refused error={plan.error} />
          ) : planned ? (
            <Plan plan={planned} busy={plan.isFetching} />
          ) : (
            <section className="card faint">
              {plan.isFetching
                ? say("Working out what it can tell…", "正在测算……")
                : say(
                    "Whom it reaches and what it can tell stands here as soon as audience, contents and channels are chosen.",
                    "选定人群、内容与渠道后，此处显示可触达人数与可检出的效果。",
                  )}
            </section>
          )}
        </div>
      </div>
    </Page>
  );
}
