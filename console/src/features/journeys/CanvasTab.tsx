import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Modal } from "antd";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { ApiError, answered, api, type Fault, type Schemas } from "@/api/client";
import { kindsQuery } from "@/api/queries";
import type { Told } from "@/features/journeys/Flow";
import { type Graph, insert, lead, nodeOf, remove, writeCanvas } from "@/features/journeys/graph";
import { StepPanel } from "@/features/journeys/StepPanel";
import { KINDS } from "@/features/journeys/words";
import { useDraft } from "@/lib/draft";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Later, part } from "@/ui/Later";
import { Loading, Refused } from "@/ui/states";

const FLOW = part(() => import("@/features/journeys/Flow"));

interface Kept {
  version: number;
  graph: Graph;
}
interface Canvas {
  graph: Graph;
  version: number;
  /** Undefined as long as the journey is new. */
  detail: Schemas["JourneyDetail"] | undefined;
}

/** The journey as a picture that can be changed: a draft until it is saved, with every step taken back by undo. */
export function CanvasTab({ graph: present, version, detail }: Canvas) {
  const say = useSay();
  const go = useNavigate();
  const queries = useQueryClient();
  const mayChange = useMay("marketer") && !detail?.keeper;
  const { value, set, undo, clear } = useDraft<Kept>(`journey.${detail?.journey ?? "new"}`, {
    version,
    graph: present,
  });
  const { graph } = value;
  const [selected, select] = useState<string>();
  const [adding, setAdding] = useState<{ source: string; key: string }>();
  const changed = JSON.stringify(graph) !== JSON.stringify(present);
  const change = useCallback((next: Graph) => set({ version: value.version, graph: next }), [set, value.version]);
  const titles = useTitles();
  const save = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/journeys/canvas", { body: writeCanvas(graph) })),
    onSuccess: async (done) => {
      clear();
      await queries.invalidateQueries({ queryKey: ["journeys"] });
      if (!detail) await go(`/journeys/${done.name}`);
    },
  });
  useUndoKey(undo);
  const faults = save.error instanceof ApiError ? save.error.faults : [];
  const told = useMemo(() => toldOf(graph, detail, faults), [graph, detail, faults]);
  const edit = useMemo(
    () =>
      mayChange
        ? {
            connect: (source: string, key: string, target: string) => change(lead(graph, source, key, target)),
            insert: (source: string, key: string) => setAdding({ source, key }),
            remove: (id: string) => change(remove(graph, id)),
          }
        : undefined,
    [mayChange, change, graph],
  );
  const here = faults.filter((each) => nodeOf(graph, each.place) === selected);
  return (
    <div className="grid">
      {mayChange && (
        <div className="chips bar">
          <Button disabled={!undo} onClick={() => undo?.()}>
            {say("Undo", "撤销")}
          </Button>
          <Button
            disabled={!changed}
            onClick={() => {
              set({ version, graph: present });
              save.reset();
            }}
          >
            {say("Discard the draft", "放弃草稿")}
          </Button>
          <Button type="primary" disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>
            {say("Check and save", "检查并保存")}
          </Button>
          <span className="faint small" aria-live="polite">
            {changed
              ? say("A draft: kept here until you save or discard it.", "草稿：保存或放弃前会保留。")
              : detail && say(`Version ${version}`, `版本 ${version}`)}
            {changed &&
              value.version !== version &&
              say(
                ` It began from version ${value.version}; version ${version} is in force now.`,
                `草稿基于版本 ${value.version}，当前生效版本为 ${version}。`,
              )}
          </span>
        </div>
      )}
      {save.isError && <Refused error={save.error} />}
      <div className="grid canvas-side">
        <section className="canvas" aria-label={say("Canvas", "画布")}>
          <Later of={FLOW} props={{ graph, titles, told, selected, select, edit }} meanwhile={<Loading rows={8} />} />
        </section>
        <StepPanel
          graph={graph}
          titles={titles}
          selected={selected}
          select={select}
          detail={detail}
          faults={here}
          change={mayChange ? change : undefined}
        />
      </div>
      {adding && (
        <Modal
          open
          footer={null}
          title={say("Which step?", "添加哪种步骤？")}
          onCancel={() => setAdding(undefined)}
          width={360}
        >
          <div className="kinds">
            {Object.entries(titles)
              .filter(([word]) => word !== "start" && word !== "end")
              .map(([word, title]) => (
                <Button
                  key={word}
                  onClick={() => {
                    const done = insert(graph, adding.source, adding.key, word);
                    change(done.graph);
                    setAdding(undefined);
                    select(done.id);
                  }}
                >
                  {title}
                </Button>
              ))}
          </div>
        </Modal>
      )}
    </div>
  );
}

/** Titles of kinds of step, those that a plug-in brings among them. */
function useTitles(): Record<string, string> {
  const say = useSay();
  const kinds = useQuery(kindsQuery);
  return useMemo(() => {
    const own = Object.entries(KINDS).map(([word, title]) => [word, say(title)] as const);
    const told = (kinds.data?.steps ?? []).map((each) => [each.word, say(each.title)] as const);
    return Object.fromEntries([...told, ...own]);
  }, [kinds.data, say]);
}

function useUndoKey(undo: (() => void) | undefined): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest("input, textarea");
      if ((event.metaKey || event.ctrlKey) && event.key === "z" && !typing) undo?.();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [undo]);
}

const STAYS = ["waits", "quiet"];

function toldOf(graph: Graph, detail: Canvas["detail"], faults: Fault[]): Record<string, Told> {
  const found: Record<string, Told> = {};
  for (const { id, type } of graph.nodes) {
    const outcomes = (detail?.outcomes ?? []).filter((each) => each.step === id && !STAYS.includes(each.outcome));
    const sum = (fits: (outcome: string) => boolean) =>
      outcomes.filter((each) => fits(each.outcome)).reduce((total, each) => total + each.customers, 0);
    const isStart = id === "start";
    found[id] = {
      inside: detail?.at_steps[id] ?? 0,
      came: sum((outcome) => (isStart ? outcome === "entered" : true)),
      unsent: type === "send" ? sum((outcome) => !outcome.startsWith("sent:")) : 0,
      faults: faults.filter((each) => nodeOf(graph, each.place) === id).length,
    };
  }
  return found;
}
