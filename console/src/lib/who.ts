import type { Say } from "@/lib/text";

/** Says who did something: an operator or a key by name, or the campaign itself where nobody did it. */
export function nameOfWho(who: string, say: Say): string {
  const [kind, name] = who.split(":", 2);
  if (name === undefined) return who;
  if (kind === "operator") return name;
  if (kind === "token") return say(`key ${name}`, `密钥 ${name}`);
  if (kind === "campaign") return say("by itself", "自动");
  return who;
}
