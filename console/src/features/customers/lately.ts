const KEPT = "quanyu.customers.lately";
const MOST = 8;

/** Ids of the customers looked at last in this browser, the last one first; an id says nothing by itself. */
export function lately(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each): each is string => typeof each === "string") : [];
  } catch {
    return [];
  }
}

export function note(id: string): void {
  localStorage.setItem(KEPT, JSON.stringify([id, ...lately().filter((each) => each !== id)].slice(0, MOST)));
}
