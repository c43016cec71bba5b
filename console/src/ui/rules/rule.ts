/** The builder's form of a rule: a tree whose unfinished parts are kept, and its JSON form for the API. */

export type Is = "=" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not_in" | "between" | "is_null" | "is_known";
export type Scalar = string | number | boolean;

interface Base {
  id: string;
  not: boolean;
}
export interface GroupPart extends Base {
  kind: "group";
  join: "all" | "any";
  parts: Part[];
}
export interface TagPart extends Base {
  kind: "tag";
  tag?: string;
  is: Is;
  value?: Scalar | Scalar[];
}
export interface DidPart extends Base {
  kind: "did";
  over: string;
  within: number | null;
  least: number;
}
export interface InPart extends Base {
  kind: "audience";
  audience?: string;
}
export interface SharePart extends Base {
  kind: "share";
  share: number;
  seed: string;
}
/** What the builder has no form for; it is kept as it is and edited as text. */
export interface RawPart extends Base {
  kind: "raw";
  rule: unknown;
}
export type Part = GroupPart | TagPart | DidPart | InPart | SharePart | RawPart;

let last = 0;
export const newId = (): string => `part-${++last}`;

export const newGroup = (join: "all" | "any" = "all", parts: Part[] = []): GroupPart => ({
  id: newId(),
  kind: "group",
  not: false,
  join,
  parts,
});
export const newTag = (tag?: string): TagPart => ({ id: newId(), kind: "tag", not: false, tag, is: ">=" });

type Rule = Record<string, unknown>;

export function readRule(written: unknown): Part {
  const id = newId();
  const rule = (typeof written === "object" && written !== null ? written : {}) as Rule;
  if (Array.isArray(rule.all) || Array.isArray(rule.any)) {
    const join = Array.isArray(rule.all) ? "all" : "any";
    return { id, kind: "group", not: false, join, parts: (rule[join] as unknown[]).map(readRule) };
  }
  if ("not" in rule) return { ...readRule(rule.not), not: true };
  if (typeof rule.tag === "string")
    return { id, kind: "tag", not: false, tag: rule.tag, is: rule.is as Is, value: rule.value as Scalar | Scalar[] };
  if (typeof rule.audience === "string") return { id, kind: "audience", not: false, audience: rule.audience };
  if (typeof rule.share === "number")
    return { id, kind: "share", not: false, share: rule.share, seed: String(rule.seed ?? "") };
  const did = readDid(id, rule);
  return did ?? { id, kind: "raw", not: false, rule: written };
}

function readDid(id: string, rule: Rule): DidPart | null {
  const inner = (rule.did ?? rule.statistic) as Rule | undefined;
  if (!inner || typeof inner.over !== "string") return null;
  const known = Object.keys(inner).every((key) => ["over", "within", "take"].includes(key));
  if (!known || (inner.within !== undefined && typeof inner.within !== "number")) return null;
  const within = (inner.within as number | undefined) ?? null;
  if (rule.did) return { id, kind: "did", not: false, over: inner.over, within, least: 1 };
  if (inner.take !== "count" || rule.is !== ">=" || typeof rule.value !== "number") return null;
  return { id, kind: "did", not: false, over: inner.over, within, least: rule.value };
}

/** Returns the rule's JSON form; parts that are not finished are left out, null where nothing is left. */
export function writeRule(part: Part): Rule | null {
  const rule = writeBare(part);
  return rule && part.not ? { not: rule } : rule;
}

function writeBare(part: Part): Rule | null {
  switch (part.kind) {
    case "group": {
      const parts = part.parts.map(writeRule).filter((rule) => rule !== null);
      return parts.length ? { [part.join]: parts } : null;
    }
    case "tag":
      return writeTag(part);
    case "did": {
      const over = part.within === null ? { over: part.over } : { over: part.over, within: part.within };
      return part.least > 1 ? { statistic: { ...over, take: "count" }, is: ">=", value: part.least } : { did: over };
    }
    case "audience":
      return part.audience ? { audience: part.audience } : null;
    case "share":
      return part.seed ? { share: part.share, seed: part.seed } : null;
    case "raw":
      return part.rule as Rule;
  }
}

function writeTag(part: TagPart): Rule | null {
  if (!part.tag) return null;
  if (part.is === "is_null" || part.is === "is_known") return { tag: part.tag, is: part.is };
  const many = part.is === "in" || part.is === "not_in" || part.is === "between";
  const value = part.value;
  if (value === undefined || value === "" || value === null) return null;
  if (many && (!Array.isArray(value) || value.length === 0 || value.some((each) => each === null))) return null;
  if (part.is === "between" && (value as Scalar[]).length !== 2) return null;
  return { tag: part.tag, is: part.is, value };
}

/** Returns the tree with the part of this id replaced, or taken out. */
export function replaced(tree: GroupPart, id: string, by: Part | null): GroupPart {
  const parts = tree.parts.flatMap((part): Part[] => {
    if (part.id === id) return by ? [by] : [];
    return part.kind === "group" ? [replaced(part, id, by)] : [part];
  });
  return { ...tree, parts };
}

export function isFor(type: string): Is[] {
  const first: Is[] = ["integer", "number", "money", "share", "date"].includes(type)
    ? [">=", "<=", "between", "=", "!=", ">", "<"]
    : ["in", "not_in"];
  return [...first, "is_known", "is_null"];
}
