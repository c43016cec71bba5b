import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal } from "antd";
import { useEffect, useMemo, useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { audiencesQuery, tagsQuery } from "@/api/queries";
import { Count, Steps } from "@/features/audiences/Counting";
import { Portrait } from "@/features/audiences/Portrait";
import { useDraft } from "@/lib/draft";
import { useMay, useSession } from "@/lib/session";
import { useSettled } from "@/lib/settled";
import { useSay } from "@/lib/text";
import { Answered, Page } from "@/ui/Page";
import { GroupEditor, type Known } from "@/ui/rules/RuleTree";
import { type GroupPart, newGroup, newTag, type Part, readRule, writeRule } from "@/ui/rules/rule";
import { Loading, Refused } from "@/ui/states";

const WAIT = 50; // ms without a key, after which is counted

export default function BuilderPage() {
  const { audience } = useParams();
  const [parameters] = useSearchParams();
  const tags = useQuery(tagsQuery);
  const audiences = useQuery(audiencesQuery);
  const lists = useQuery({ queryKey: ["lists"], queryFn: () => answered(api.GET("/api/v1/audiences/lists")) });
  const { currency } = useSession();
  const say = useSay();
  const title = audience ? say("Edit the audience", "编辑人群") : say("New audience", "新建人群");
  const known = useMemo<Known | undefined>(
    () =>
      tags.data && audiences.data
        ? {
            tags: tags.data.tags,
            audiences: audiences.data.audiences.filter((each) => each.audience !== audience),
            lists: lists.data?.lists ?? [],
            currency,
          }
        : undefined,
    [tags.data, audiences.data, lists.data, currency, audience],
  );
  const present = audiences.data?.audiences.find((each) => each.audience === audience);
  if (!known)
    return (
      <Page title={title}>
        {tags.isError || audiences.isError ? <Refused error={tags.error ?? audiences.error} /> : <Loading />}
      </Page>
    );
  // A rule begun from a tag or a list is a draft of its own: another that lies there is not opened in its place.
  const draft = audience ?? `new?${parameters}`;
  return <Builder key={draft} draft={draft} known={known} present={present} title={title} asOf={tags.data?.as_of} />;
}

interface BuilderProps {
  draft: string;
  known: Known;
  present: Schemas["AudienceAnswer"] | undefined;
  title: string;
  asOf: string | undefined;
}

function Builder({ draft, known, present, title, asOf }: BuilderProps) {
  const say = useSay();
  const mayChange = useMay("marketer");
  const [parameters] = useSearchParams();
  const start = useMemo(() => begin(present, parameters.get("tag"), parameters.get("audience")), [present, parameters]);
  const { value: tree, set: setTree, undo, clear } = useDraft<GroupPart>(`rule.${draft}`, start);
  const [saving, setSaving] = useState(false);
  const rule = useMemo(() => writeRule(tree), [tree]);
  const settled = useSettled(rule, WAIT);
  const [portrayed, setPortrayed] = useState<unknown>();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest("input, textarea");
      if ((event.metaKey || event.ctrlKey) && event.key === "z" && !typing) undo?.();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [undo]);
  return (
    <Page
      title={title}
      about={present && say(present.title)}
      asOf={asOf}
      actions={
        <>
          <Button onClick={() => undo?.()} disabled={!undo}>
            {say("Undo", "撤销")}
          </Button>
          <Button disabled={!rule} onClick={() => setPortrayed(rule)}>
            {say("Portrait", "画像")}
          </Button>
          {mayChange && (
            <Button type="primary" disabled={!rule} onClick={() => setSaving(true)}>
              {say("Save…", "保存……")}
            </Button>
          )}
        </>
      }
    >
      <div className="grid cols-side">
        <div className="card">
          <GroupEditor
            root
            part={tree}
            known={known}
            change={(next: Part) => setTree(next as GroupPart)}
            remove={() => {}}
          />
        </div>
        <div className="grid" style={{ position: "sticky", top: 60 }}>
          <Count rule={settled} />
          <Steps tree={tree} known={known} />
        </div>
      </div>
      {portrayed !== undefined && (
        <div style={{ marginTop: 12 }}>
          <RulePortrait rule={portrayed as Record<string, unknown>} />
        </div>
      )}
      {saving && rule && (
        <Save
          rule={rule}
          present={present}
          close={() => setSaving(false)}
          done={() => {
            clear();
          }}
        />
      )}
    </Page>
  );
}

function begin(present: Schemas["AudienceAnswer"] | undefined, tag: string | null, list: string | null): GroupPart {
  if (list) return newGroup("all", [{ id: "given", kind: "audience", not: false, audience: list }]);
  if (!present) return newGroup("all", [newTag(tag ?? undefined)]);
  const part = readRule(present.rule);
  return part.kind === "group" && !part.not ? part : newGroup("all", [part]);
}

function RulePortrait({ rule }: { rule: Record<string, unknown> }) {
  const portrait = useQuery({
    queryKey: ["portrait", JSON.stringify(rule)],
    queryFn: ({ signal }) => answered(api.POST("/api/v1/audiences/portrait", { body: { rule }, signal })),
  });
  return <Answered query={portrait}>{(found) => <Portrait portrait={found} />}</Answered>;
}

interface SaveProps {
  rule: Record<string, unknown>;
  present: Schemas["AudienceAnswer"] | undefined;
  close: () => void;
  done: () => void;
}

function Save({ rule, present, close, done }: SaveProps) {
  const say = useSay();
  const go = useNavigate();
  const queries = useQueryClient();
  const [zh, setZh] = useState(present?.title.zh ?? "");
  const [en, setEn] = useState(present?.title.en ?? "");
  const [name, setName] = useState(present?.audience ?? "");
  const [about, setAbout] = useState(present?.description.zh ?? "");
  const title = { en: en || zh, zh: zh || en };
  const known = name || suggested(en || zh);
  const save = useMutation({
    mutationFn: async () => {
      const kept = present && about === present.description.zh;
      const description = kept ? present.description : { en: about || title.en, zh: about || title.zh };
      const definition = JSON.stringify({ name: known, title, description, rule });
      await answered(api.POST("/api/v1/audiences", { body: { definition } }));
      await answered(api.POST("/api/v1/audiences/{audience}/refresh", { params: { path: { audience: known } } }));
    },
    onSuccess: async () => {
      done();
      await queries.invalidateQueries({ queryKey: ["audiences"] });
      await go(`/audiences/${known}`);
    },
  });
  return (
    <Modal
      open
      title={say("Save the audience", "保存人群")}
      okText={say("Save and take a snapshot", "保存并生成快照")}
      cancelText={say("Cancel", "取消")}
      okButtonProps={{ disabled: !title.zh || !known, loading: save.isPending }}
      onOk={() => save.mutate()}
      onCancel={close}
    >
      <div className="grid">
        <label>
          {say("Chinese title", "中文名称")}
          <Input autoFocus maxLength={80} value={zh} onChange={(event) => setZh(event.target.value)} />
        </label>
        <label>
          {say("English title", "英文名称")}
          <Input maxLength={80} value={en} onChange={(event) => setEn(event.target.value)} />
        </label>
        <label>
          {say("Name in files and the API (a–z, 0–9, _)", "标识（a–z、0–9、_）")}
          <Input disabled={Boolean(present)} value={known} onChange={(event) => setName(event.target.value)} />
        </label>
        <label>
          {say("Description", "说明")}
          <Input.TextArea rows={2} maxLength={400} value={about} onChange={(event) => setAbout(event.target.value)} />
        </label>
        {save.isError && <Refused error={save.error} />}
      </div>
    </Modal>
  );
}

function suggested(title: string): string {
  const plain = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 40);
  return /^[a-z]/.test(plain) ? plain : title ? `audience_${Math.abs(hash(title)).toString(36)}` : "";
}

const hash = (text: string): number => [...text].reduce((sum, each) => (sum * 31 + (each.codePointAt(0) ?? 0)) | 0, 7);
