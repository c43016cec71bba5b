/** A journey as it is drawn: steps, and ways from step to step; every way leads somewhere, to the end at least. */

export const START = "start";
export const END = "end";

export type Data = Record<string, unknown>;
export interface Step {
  id: string;
  type: string;
  data: Data;
}
export interface Way {
  id: string;
  source: string;
  key: string;
  target: string;
}
export interface Graph {
  journey: Data;
  nodes: Step[];
  edges: Way[];
}

/** Reads what the API draws. */
export function readCanvas(canvas: { journey: Data; nodes: Data[]; edges: Data[] }): Graph {
  return {
    journey: canvas.journey,
    nodes: canvas.nodes.map((each) => ({
      id: String(each.id),
      type: String(each.type),
      data: (each.data ?? {}) as Data,
    })),
    edges: canvas.edges.map((each) => way(String(each.source), String(each.key), String(each.target))),
  };
}

export const writeCanvas = (graph: Graph): { journey: Data; nodes: Data[]; edges: Data[] } => ({
  journey: graph.journey,
  nodes: graph.nodes.map((each) => ({ ...each })),
  edges: graph.edges.map((each) => ({ ...each })),
});

export const newGraph = (): Graph => ({
  journey: { name: "", title: { en: "", zh: "" }, purpose: "marketing", control: 0.1 },
  nodes: [
    { id: START, type: START, data: { call: {} } },
    { id: END, type: END, data: {} },
  ],
  edges: [way(START, "next", END)],
});

const way = (source: string, key: string, target: string): Way => ({
  id: `${source}:${key}:${target}`,
  source,
  key,
  target,
});

/** Returns the keys of the ways out of a step: those of its kind, and whatever else it has. */
export function waysOf(graph: Graph, step: Step): string[] {
  const present = graph.edges.filter((each) => each.source === step.id).map((each) => each.key);
  if (!KNOWN.includes(step.type)) return present.length ? [...new Set(present)] : ["next"];
  return [...new Set([...ownWays(step), ...present])];
}

/** Kinds whose ways out follow from what they say; those of any other kind are what the API draws. */
const KNOWN = [START, END, "wait", "branch", "split", "send", "tag", "goal", "exit", "act"];

function ownWays({ type, data }: Step): string[] {
  const many = (name: string) => ((data[name] as unknown[] | undefined) ?? []).map((_, at) => `${name}.${at}`);
  switch (type) {
    case END:
    case "exit":
      return [];
    case "wait":
      return data.until === undefined ? ["next"] : ["then", "otherwise"];
    case "branch":
      return [...many("cases"), "otherwise"];
    case "split":
      return many("shares");
    case "send":
      return ["next", "unsent"];
    case "act":
      return ["next", "otherwise"];
    default:
      return ["next"];
  }
}

export const targetOf = (graph: Graph, source: string, key: string): string =>
  graph.edges.find((each) => each.source === source && each.key === key)?.target ?? END;

/** Leads a way elsewhere; who gets nothing goes along as long as he went the same way before. */
export function lead(graph: Graph, source: string, key: string, target: string): Graph {
  const before = targetOf(graph, source, key);
  const along = (each: Way) =>
    each.source === source &&
    (each.key === key || (key === "next" && ["unsent", "otherwise"].includes(each.key) && each.target === before));
  const kept = graph.edges.map((each) => (along(each) ? way(source, each.key, target) : each));
  const there = kept.some((each) => each.source === source && each.key === key);
  return { ...graph, edges: there ? kept : [...kept, way(source, key, target)] };
}

const FRESH: Record<string, Data> = {
  wait: { days: 1 },
  branch: { cases: [{ when: { tag: "frequency", is: ">=", value: 1 } }] },
  split: { shares: [0.5, 0.5] },
  send: { content: "", by: [] },
  tag: { tag: "", value: "" },
  goal: { name: "" },
  exit: {},
  act: { action: "", with: {} },
};

/** Puts a new step into a way: what led there before goes on from it. */
export function insert(graph: Graph, source: string, key: string, type: string): { graph: Graph; id: string } {
  const target = targetOf(graph, source, key);
  const id = freeName(graph, type);
  const step: Step = { id, type, data: structuredClone(FRESH[type] ?? {}) };
  const nodes = [...graph.nodes.slice(0, -1), step, ...graph.nodes.slice(-1)];
  const led = lead({ ...graph, nodes }, source, key, id);
  return { graph: { ...led, edges: [...led.edges, ...ownWays(step).map((each) => way(id, each, target))] }, id };
}

function freeName(graph: Graph, type: string): string {
  const taken = new Set(graph.nodes.map((each) => each.id));
  for (let number = 1; ; number++) if (!taken.has(`${type}_${number}`)) return `${type}_${number}`;
}

/** Says whether who gets nothing goes the same way as the others: one line is enough. */
export const goesAlong = (graph: Graph, { source, key, target }: Way): boolean =>
  (key === "unsent" || key === "otherwise") &&
  graph.edges.some((each) => each.source === source && each.key === "next" && each.target === target);

/** Takes a step out: what led to it goes where its first way went. */
export function remove(graph: Graph, id: string): Graph {
  const step = graph.nodes.find((each) => each.id === id);
  if (!step || id === START || id === END) return graph;
  const [first] = waysOf(graph, step);
  const onward = first === undefined ? END : targetOf(graph, id, first);
  const next = onward === id ? END : onward;
  return {
    ...graph,
    nodes: graph.nodes.filter((each) => each.id !== id),
    edges: graph.edges
      .filter((each) => each.source !== id)
      .map((each) => (each.target === id ? way(each.source, each.key, next) : each)),
  };
}

/** Changes what a step says; ways that its kind now has are led to the end, those that are gone are taken out. */
export function tell(graph: Graph, id: string, data: Data): Graph {
  const before = graph.nodes.find((each) => each.id === id);
  if (!before) return graph;
  const step = { ...before, data };
  const nodes = graph.nodes.map((each) => (each.id === id ? step : each));
  if (!KNOWN.includes(step.type)) return { ...graph, nodes };
  const gone = new Set(ownWays(before).filter((each) => !ownWays(step).includes(each)));
  const kept = graph.edges.filter((each) => each.source !== id || !gone.has(each.key));
  const there = new Set(kept.filter((each) => each.source === id).map((each) => each.key));
  const onward = targetOf(graph, id, ownWays(before)[0] ?? "next");
  const added = ownWays(step)
    .filter((each) => !there.has(each))
    .map((each) => way(id, each, gone.size ? onward : END));
  return { ...graph, nodes, edges: [...kept, ...added] };
}

/** Takes one of the parts of a branch or split out, with its way; the ways behind it move up. */
export function removePart(graph: Graph, id: string, list: string, at: number): Graph {
  const step = graph.nodes.find((each) => each.id === id);
  if (!step) return graph;
  const parts = (step.data[list] as unknown[]).filter((_, place) => place !== at);
  const edges = graph.edges.flatMap((each) => {
    const [root, place] = each.key.split(".");
    if (each.source !== id || root !== list) return [each];
    const number = Number(place);
    if (number === at) return [];
    return [number > at ? way(id, `${list}.${number - 1}`, each.target) : each];
  });
  const nodes = graph.nodes.map((each) => (each.id === id ? { ...each, data: { ...each.data, [list]: parts } } : each));
  return { ...graph, nodes, edges };
}

export const NAME = /^[a-z][a-z0-9_]{0,59}$/;

export function rename(graph: Graph, id: string, name: string): Graph {
  if (!NAME.test(name) || name === END || name === START || graph.nodes.some((each) => each.id === name)) return graph;
  const to = (each: string) => (each === id ? name : each);
  return {
    ...graph,
    nodes: graph.nodes.map((each) => ({ ...each, id: to(each.id) })),
    edges: graph.edges.map((each) => way(to(each.source), each.key, to(each.target))),
  };
}

/** Says at which node a fault is that the API found in the definition of this graph. */
export function nodeOf(graph: Graph, place: string): string | undefined {
  const step = /steps\[(\d+)\]/.exec(place);
  if (step) return written(graph)[Number(step[1])]?.id;
  return /(^|: )start/.test(place) ? START : undefined;
}

/** The steps in the order in which the definition has them: the first is where people enter. */
function written(graph: Graph): Step[] {
  const first = targetOf(graph, START, "next");
  const steps = graph.nodes.filter((each) => each.id !== START && each.id !== END);
  return [...steps.filter((each) => each.id === first), ...steps.filter((each) => each.id !== first)];
}

export interface Place {
  x: number;
  y: number;
}
/** Where steps stand, and through which places a way goes that passes rows. */
export interface Layout {
  places: Map<string, Place>;
  through: Map<string, Place[]>;
}
const ACROSS = 236;
const DOWN = 122;
const LANE = 0.22; // room of a way that passes a row, where a step's is 1

interface Link {
  from: string;
  to: string;
  side: number;
}

/** Lays steps out in rows by the longest way from the start, each near to what leads to it; a long way has a lane. */
export function placed(graph: Graph): Layout {
  const ranks = ranked(graph);
  const rows = rowsOf(ranks);
  const lanes = new Map<string, string[]>();
  const drawn = graph.edges.filter((each) => !goesAlong(graph, each));
  const links = drawn.flatMap((each) => linked(each, ranks, rows, lanes));
  const at = new Map<string, number>();
  for (const row of rows) settle(row, links, at);
  const place = (id: string, rank: number): Place => ({ x: (at.get(id) ?? 0) * ACROSS, y: rank * DOWN });
  const places = new Map(graph.nodes.map(({ id }) => [id, place(id, ranks.get(id) ?? 0)]));
  const through = new Map(
    [...lanes].map(([way, ids]) => [way, ids.map((id) => place(id, Number(id.slice(id.lastIndexOf("@") + 1))))]),
  );
  return { places, through };
}

/** Links a way from row to row; the rows that it passes get a lane. */
function linked(way: Way, ranks: Map<string, number>, rows: string[][], lanes: Map<string, string[]>): Link[] {
  const [first, last] = [ranks.get(way.source) ?? 0, ranks.get(way.target) ?? 0];
  const side = ["unsent", "otherwise"].includes(way.key) ? 0.4 : (Number(way.key.split(".")[1]) || 0) * 0.3;
  const passed = Array.from({ length: Math.max(0, last - first - 1) }, (_, at) => first + 1 + at);
  const ids = passed.map((rank) => `${way.id}@${rank}`);
  for (const [at, rank] of passed.entries()) rows[rank]?.push(ids[at] as string);
  if (ids.length) lanes.set(way.id, ids);
  if (last <= first) return [];
  const stops = [way.source, ...ids, way.target];
  return stops.slice(1).map((to, at) => ({ from: stops[at] as string, to, side: at === 0 ? side : 0 }));
}

function settle(row: string[], links: Link[], at: Map<string, number>): void {
  const wanted = row.map((id) => ({ id, x: middle(id, links, at), room: id.includes("@") ? LANE : 1 }));
  wanted.sort((a, b) => a.x - b.x);
  const room = wanted.reduce((sum, each) => sum + each.room, 0);
  let next = wanted.reduce((sum, each) => sum + each.x * each.room, 0) / room - room / 2;
  for (const each of wanted) {
    at.set(each.id, next + each.room / 2);
    next += each.room;
  }
}

function middle(id: string, links: Link[], at: Map<string, number>): number {
  const from = links.filter((each) => each.to === id && at.has(each.from));
  if (!from.length) return 0;
  return from.reduce((sum, each) => sum + (at.get(each.from) ?? 0) + each.side, 0) / from.length;
}

function ranked(graph: Graph): Map<string, number> {
  const ranks = new Map<string, number>();
  const onTheWay = new Set<string>();
  const visit = (id: string, rank: number): void => {
    if (onTheWay.has(id) || (ranks.get(id) ?? -1) >= rank) return;
    ranks.set(id, rank);
    onTheWay.add(id);
    for (const each of graph.edges) if (each.source === id && each.target !== END) visit(each.target, rank + 1);
    onTheWay.delete(id);
  };
  visit(START, 0);
  const last = () => Math.max(0, ...ranks.values());
  for (const each of graph.nodes) if (each.id !== END && !ranks.has(each.id)) visit(each.id, last() + 1);
  ranks.set(END, last() + 1);
  return ranks;
}

function rowsOf(ranks: Map<string, number>): string[][] {
  const rows: string[][] = [];
  for (const [id, rank] of ranks) {
    rows[rank] = [...(rows[rank] ?? []), id];
  }
  return rows;
}
