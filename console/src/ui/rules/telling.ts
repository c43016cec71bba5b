import type { Schemas } from "@/api/client";
import type { Say } from "@/lib/text";
import { type Part, readRule } from "@/ui/rules/rule";
import { BEHAVIOURS, IS } from "@/ui/rules/words";

type Tags = Schemas["Tags"]["tags"];

/** Says a rule in words, one condition a line. */
export function told(rule: unknown, tags: Tags, say: Say): string {
  return tell(readRule(rule), tags, say, 0).replace(/^\n/, "");
}

function tell(part: Part, tags: Tags, say: Say, depth: number): string {
  const negation = part.not ? say("not ", "不 ") : "";
  const lead = `\n${"\u2003".repeat(depth)}`;
  switch (part.kind) {
    case "group": {
      const join = part.join === "all" ? say("all of:", "全部满足：") : say("any of:", "任一满足：");
      const parts = part.parts.map((each) => tell(each, tags, say, depth + 1)).join("");
      return `${lead}${negation}${join}${parts}`;
    }
    case "tag": {
      const tag = tags.find((each) => each.tag === part.tag);
      const value = Array.isArray(part.value) ? part.value.join(say(", ", "、")) : (part.value ?? "");
      return `${lead}${negation}${tag ? say(tag.title) : part.tag} ${say(IS[part.is])} ${value}`.trimEnd();
    }
    case "did": {
      const over = BEHAVIOURS.find((each) => each.over === part.over);
      const window = part.within === null ? "" : say(` within ${part.within} days`, `，最近 ${part.within} 天内`);
      const often = part.least > 1 ? say(` at least ${part.least} times`, `至少 ${part.least} 次`) : "";
      return `${lead}${negation}${over ? say(over.title) : part.over}${often}${window}`;
    }
    case "audience":
      return `${lead}${negation}${say("in ", "属于 ")}${part.audience}`;
    case "share":
      return `${lead}${negation}${say(`${part.share * 100} % by lot`, `随机 ${part.share * 100}%`)} (${part.seed})`;
    case "raw":
      return `${lead}${negation}${JSON.stringify(part.rule)}`;
  }
}
