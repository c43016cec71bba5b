import {
  Background,
  BaseEdge,
  Controls,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  getSmoothStepPath,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useQuery } from "@tanstack/react-query";
import { memo, useMemo } from "react";
import { audiencesQuery, contentsQuery } from "@/api/queries";
import { END, type Graph, goesAlong, type Place, placed, START, type Step, waysOf } from "@/features/journeys/graph";
import { type Called, KINDS, summary, wayIn } from "@/features/journeys/words";
import { useFormat } from "@/lib/format";
import { useLook } from "@/lib/look";
import { useSay } from "@/lib/text";

export interface Told {
  inside: number;
  came: number;
  unsent: number;
  faults: number;
}
interface Shown extends Record<string, unknown> {
  step: Step;
  title: string;
  summary: string;
  told: Told;
  ways: string[];
}
type StepNode = Node<Shown, "step">;
type WayEdge = Edge<{ through: Place[]; label: string; add?: () => void; add_label: string }, "way">;

interface Drawing {
  graph: Graph;
  titles: Record<string, string>;
  told: Record<string, Told>;
  selected: string | undefined;
  select: (id: string | undefined) => void;
  /** Undefined where nothing may be changed. */
  edit?: {
    connect: (source: string, key: string, target: string) => void;
    insert: (source: string, key: string) => void;
    remove: (id: string) => void;
  };
}

const NOTHING: Told = { inside: 0, came: 0, unsent: 0, faults: 0 };
const nodeTypes = { step: memo(Card) };
const edgeTypes = { way: memo(Line) };

/** A journey as a picture: steps in rows, with who stands there. */
export default function Flow({ graph, titles, told, selected, select, edit }: Drawing) {
  const say = useSay();
  const { dark } = useLook();
  const called = useCalled();
  const { places, through } = useMemo(() => placed(graph), [graph]);
  const nodes = useMemo<StepNode[]>(
    () =>
      graph.nodes.map((step) => ({
        id: step.id,
        type: "step",
        position: places.get(step.id) ?? { x: 0, y: 0 },
        selected: step.id === selected,
        deletable: Boolean(edit) && step.id !== START && step.id !== END,
        ariaRole: "button",
        data: {
          step,
          summary: step.id === END ? "" : summary(step, say, called),
          title: titles[step.type] ?? (KINDS[step.type] ? say(KINDS[step.type] as never) : step.type),
          told: told[step.id] ?? NOTHING,
          ways: waysOf(graph, step),
        },
      })),
    [graph, places, selected, titles, told, say, called, edit],
  );
  const edges = useMemo<WayEdge[]>(() => {
    const byId = new Map(graph.nodes.map((each) => [each.id, each]));
    return graph.edges
      .filter((each) => !goesAlong(graph, each))
      .map((each) => {
        const step = byId.get(each.source) as Step;
        const only = graph.edges.filter((other) => other.source === each.source).length === 1;
        return {
          id: each.id,
          type: "way" as const,
          source: each.source,
          target: each.target,
          sourceHandle: each.key,
          focusable: false,
          deletable: false,
          data: {
            through: through.get(each.id) ?? [],
            label: step && !only && each.key !== "next" ? wayIn(each.key, step, say) : "",
            add: edit && (() => edit.insert(each.source, each.key)),
            add_label: say(`Add a step after ${each.source}`, `在 ${each.source} 之后添加步骤`),
          },
        };
      });
  }, [graph, through, say, edit]);
  return (
    <ReactFlow<StepNode, WayEdge>
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      colorMode={dark ? "dark" : "light"}
      nodesDraggable={false}
      nodesConnectable={Boolean(edit)}
      edgesFocusable={false}
      zoomOnScroll={false}
      preventScrolling={false}
      deleteKeyCode={edit ? ["Delete", "Backspace"] : null}
      onNodesDelete={(gone) => {
        for (const each of gone) edit?.remove(each.id);
      }}
      onNodesChange={(changes) => {
        for (const each of changes) if (each.type === "select" && each.selected) select(each.id);
      }}
      onPaneClick={() => select(undefined)}
      onConnect={({ source, target, sourceHandle }) => edit?.connect(source, sourceHandle ?? "next", target)}
      fitView
      fitViewOptions={{ nodes: beginning(places), maxZoom: 1, minZoom: 0.7, padding: 0.06 }}
      minZoom={0.2}
      maxZoom={1.6}
    >
      <Background gap={22} />
      <Controls position="top-right" showInteractive={false} />
    </ReactFlow>
  );
}

function useCalled(): Called {
  const say = useSay();
  const audiences = useQuery(audiencesQuery).data?.audiences;
  const contents = useQuery(contentsQuery).data?.contents;
  return useMemo(() => {
    const names = {
      audience: new Map(audiences?.map((each) => [each.audience, say(each.title)])),
      content: new Map(contents?.map((each) => [each.content, say(each.title)])),
    };
    return (kind, name) => names[kind].get(String(name)) ?? String(name ?? "");
  }, [audiences, contents, say]);
}

const FIRST = 6 * 122; // as many rows as can be read at once

const beginning = (places: Map<string, Place>): { id: string }[] =>
  [...places].filter(([, place]) => place.y < FIRST).map(([id]) => ({ id }));

function Card({ data }: NodeProps<StepNode>) {
  const say = useSay();
  const format = useFormat();
  const { step, title, told, ways } = data;
  return (
    <div className={`step-card ${step.type}${told.faults ? " faulty" : ""}`}>
      {step.id !== START && <Handle type="target" position={Position.Top} />}
      <div className="step-kind">
        <span>{title}</span>
        {told.inside > 0 && <b title={say("stand here now", "当前停留")}>{format.number(told.inside)}</b>}
      </div>
      {data.summary && (
        <div className="ellipsis" title={data.summary}>
          {data.summary}
        </div>
      )}
      <div className="step-foot faint">
        {step.id !== START && step.id !== END && <span className="ellipsis">{step.id}</span>}
        {told.faults > 0 && (
          <span className="warm-words">
            {say(told.faults === 1 ? "1 fault" : `${told.faults} faults`, `${told.faults} 处错误`)}
          </span>
        )}
        {told.came > 0 && <span>{say(`${format.number(told.came)} came`, `累计 ${format.number(told.came)}`)}</span>}
        {told.unsent > 0 && (
          <span className="warm-words">
            {say(`${format.number(told.unsent)} not sent`, `未发送 ${format.number(told.unsent)}`)}
          </span>
        )}
      </div>
      {ways.map((key, at) => (
        <Handle
          key={key}
          id={key}
          type="source"
          position={Position.Bottom}
          style={{ left: `${((at + 1) / (ways.length + 1)) * 100}%` }}
        />
      ))}
    </div>
  );
}

const WIDE = 216; // of a card
const ABOVE = 26; // of a row: there a way goes sideways

/** A way that passes rows goes down beside their steps. */
function around({ sourceX, sourceY, targetX, targetY }: EdgeProps<WayEdge>, lanes: Place[]): string {
  const points = [[sourceX, sourceY]];
  let x = sourceX;
  for (const lane of lanes) {
    points.push([x, lane.y - ABOVE], [lane.x + WIDE / 2, lane.y - ABOVE]);
    x = lane.x + WIDE / 2;
  }
  points.push([x, targetY - ABOVE], [targetX, targetY - ABOVE], [targetX, targetY]);
  return `M ${points.map((each) => each.join(" ")).join(" L ")}`;
}

function Line(props: EdgeProps<WayEdge>) {
  const { sourceX, sourceY, targetX, targetY, data, markerEnd } = props;
  const [straight, x, y] = getSmoothStepPath({
    sourceX,
    sourceY,
    targetX,
    targetY,
    sourcePosition: Position.Bottom,
    targetPosition: Position.Top,
  });
  const lanes = data?.through ?? [];
  const path = lanes.length ? around(props, lanes) : straight;
  const first = lanes[0] && { x: lanes[0].x + WIDE / 2, y: lanes[0].y - ABOVE };
  const spot = first ? { x: first.x, y: first.y + 18 } : { x, y };
  return (
    <>
      <BaseEdge path={path} markerEnd={markerEnd} />
      {(data?.label || data?.add) && (
        <EdgeLabelRenderer>
          <div
            className="way nodrag nopan"
            style={{ transform: `translate(-50%, -50%) translate(${spot.x}px, ${spot.y}px)` }}
          >
            {data.label && <span>{data.label}</span>}
            {data.add && (
              <button type="button" aria-label={data.add_label} onClick={data.add}>
                +
              </button>
            )}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
