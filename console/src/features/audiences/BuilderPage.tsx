import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal } from "antd";
import { useEffect, useMemo, useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { audiencesQuery, tagsQuery } from "@/api/queries";
import { Portrait } from "@/features/audiences/Portrait";
import { useDraft } from "@/lib/draft";
import { useFormat } from "@/lib/format";
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
  return <Builder key={audience ?? "new"} known={known} present={present} title={title} asOf={tags.data?.as_of} />;
}

interface BuilderProps {
  known: Known;
  present: Schemas["AudienceAnswer"] | undefined;
  title: string;
  asOf: string | undefined;
}

function Builder({ known, present, title, asOf }: BuilderProps) {
  const say = useSay();
  const mayChange = useMay("marketer");
  const [parameters] = useSearchParams();
  const start = useMemo(() => begin(present, parameters.get("tag"), parameters.get("audience")), [present, parameters]);
  const { value: tree, set: setTree, undo, clear } = useDraft<GroupPart>(`rule.${present?.audience ?? "new"}`, start);
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

/** How many a rule selects, while it is typed; the last count stays until the next one is there. */
function Count({ rule }: { rule: unknown }) {
  const say = useSay();
  const format = useFormat();
  const count = useQuery({
    queryKey: ["count", JSON.stringify(rule)],
    enabled: rule !== null,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.POST("/api/v1/audiences/count", { body: { rule }, signal })),
  });
  if (count.isError && !count.isPlaceholderData) return <Refused error={count.error} />;
  const found = rule === null ? undefined : count.data;
  return (
    <section className="card figure" aria-live="polite" aria-label={say("Count", "人数")} data-busy={count.isFetching}>
      <span className="name">{say("Customers selected", "符合条件的客户")}</span>
      <b style={{ fontSize: 34 }} data-testid="count">
        {found ? format.number(found.size) : "–"}
      </b>
      <span className="faint small">
        {found
          ? say(
              `${format.share(found.size / Math.max(1, found.base), 2)} of ${format.number(found.base)}`,
              `占 ${format.number(found.base)} 人的 ${format.share(found.size / Math.max(1, found.base), 2)}`,
            )
          : say("Complete a condition to count.", "填写条件后即时计数。")}
      </span>
      {found && (
        <span className="row-bar" style={{ gridTemplateColumns: "1fr" }} aria-hidden="true">
          <span className="track">
            <i
              className="fill"
              style={{ display: "block", width: `${(found.size / Math.max(1, found.base)) * 100}%` }}
            />
          </span>
        </span>
      )}
    </section>
  );
}

/** Each condition by itself, so that one sees which of them decides. */
function Steps({ tree, known }: { tree: GroupPart; known: Known }) {
  const say = useSay();
  const parts = tree.parts.map((part) => ({ part, rule: writeRule(part) })).filter(({ rule }) => rule !== null);
  if (parts.length < 2) return null;
  return (
    <section className="card">
      <h2>{say("Each condition alone", "单个条件的人数")}</h2>
      <div className="rows">
        {parts.slice(0, 12).map(({ part, rule }) => (
          <Step key={part.id} name={nameOf(part, known, say)} rule={rule} />
        ))}
      </div>
    </section>
  );
}

function Step({ name, rule }: { name: string; rule: unknown }) {
  const format = useFormat();
  const settled = useSettled(rule, 400);
  const count = useQuery({
    queryKey: ["count", JSON.stringify(settled)],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.POST("/api/v1/audiences/count", { body: { rule: settled }, signal })),
  });
  return (
    <div className="row-bar" style={{ gridTemplateColumns: "minmax(0, 1fr) auto" }}>
      <span className="ellipsis">{name}</span>
      <span className="value">{count.data ? format.number(count.data.size) : "–"}</span>
    </div>
  );
}

function nameOf(part: Part, known: Known, say: ReturnType<typeof useSay>): string {
  if (part.kind === "tag") {
    const tag = known.tags.find((each) => each.tag === part.tag);
    return tag ? say(tag.title) : (part.tag ?? "");
  }
  const names = {
    group: say("Group", "条件组"),
    did: say("Behaviour", "行为"),
    audience: say("Audience", "人群"),
    share: say("By lot", "随机"),
    raw: say("Rule", "规则"),
  };
  return names[part.kind];
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
      const description = { en: about || title.en, zh: about || title.zh };
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
