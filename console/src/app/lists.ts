const UNNAMED = "[role=listbox][id]:not([aria-label], [aria-labelledby])";

/** Names the lists of options, which have no name of their own, after the fields that they belong to. */
export function nameLists(): void {
  const name = (list: Element) => {
    const field = document.querySelector<HTMLInputElement>(`[aria-controls="${CSS.escape(list.id)}"]`);
    const words = field?.getAttribute("aria-label") ?? field?.labels?.[0]?.textContent;
    if (words) list.setAttribute("aria-label", words);
  };
  new MutationObserver((changes) => {
    if (changes.some((each) => each.addedNodes.length)) document.querySelectorAll(UNNAMED).forEach(name);
  }).observe(document.body, { childList: true, subtree: true });
}
