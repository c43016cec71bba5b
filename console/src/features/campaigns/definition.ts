/** A campaign as the wizard builds it; the API takes it as JSON. */

export interface Case {
  audience: string;
  content: string;
}
export interface Arm {
  on: boolean;
  content: string;
  cases: Case[];
}
export interface Stage {
  share: number;
  hours: number;
  automatic: boolean;
}
export interface Draft {
  step: number;
  zh: string;
  en: string;
  name: string;
  purpose: string;
  audience: string;
  outcome: "bought" | "spent";
  days: number;
  lift: number;
  /** Null where power sizes the group without contact. */
  alone: number | null;
  personalised: Arm;
  same_promotion: Arm;
  by: string[];
  stages: Stage[];
  guards: Record<string, number>;
  expires: number | null;
}

export const begin = (audience: string): Draft => ({
  step: 0,
  zh: "",
  en: "",
  name: "",
  purpose: "marketing",
  audience,
  outcome: "bought",
  days: 14,
  lift: 0.2,
  alone: null,
  personalised: { on: true, content: "", cases: [] },
  same_promotion: { on: true, content: "", cases: [] },
  by: [],
  stages: [
    { share: 0.01, hours: 24, automatic: false },
    { share: 0.1, hours: 24, automatic: false },
    { share: 1, hours: 0, automatic: false },
  ],
  guards: { unsubscribed: 0.01, complained: 0.001, bounced: 0.05 },
  expires: 24,
});

export const SENDING = ["personalised", "same_promotion"] as const;

/** Returns the definition as the API reads it. */
export function definitionOf(draft: Draft, owner: string): string {
  const arms: Record<string, unknown> = {};
  for (const name of SENDING) {
    const { on, content, cases } = draft[name];
    if (on) arms[name] = { content, by: draft.by, ...(cases.length ? { cases } : {}) };
  }
  arms.no_contact = draft.alone === null ? {} : { share: draft.alone };
  return JSON.stringify(
    {
      name: draft.name,
      title: { en: draft.en || draft.zh, zh: draft.zh || draft.en },
      owner,
      purpose: draft.purpose,
      audience: draft.audience,
      goal: { outcome: draft.outcome, days: draft.days, lift: draft.lift },
      arms,
      stages: draft.stages.map((each) => stageOf(each)),
      guards: draft.guards,
      ...(draft.expires ? { expires: { hours: draft.expires } } : {}),
    },
    null,
    2,
  );
}

function stageOf({ share, hours, automatic }: Stage): Record<string, unknown> {
  const watch = hours ? { watch: { hours } } : {};
  // biome-ignore lint/suspicious/noThenProperty: the definition's own word
  return { share, ...watch, ...(automatic ? { then: "automatic" } : {}) };
}

/** Says what a step of the wizard still lacks; nothing where the next one may come. */
export function lacks(draft: Draft, step: number): boolean {
  const sends = SENDING.filter((each) => draft[each].on);
  switch (step) {
    case 0:
      return !draft.audience || !(draft.zh || draft.en) || !/^[a-z][a-z0-9_]{0,59}$/.test(draft.name);
    case 1:
      return sends.length === 0 || sends.some((each) => !draft[each].content) || draft.by.length === 0;
    default:
      return false;
  }
}
