import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { answered, api } from "@/api/client";
import { audiencesQuery, tagsQuery } from "@/api/queries";
import { useSession } from "@/lib/session";
import { GroupEditor, type Known } from "@/ui/rules/RuleTree";
import { type GroupPart, newGroup, newTag, readRule, writeRule } from "@/ui/rules/rule";
import { Loading, Refused } from "@/ui/states";

/** What a rule may name: tags, audiences and lists; undefined until they are there. */
export function useKnown(): { known: Known | undefined; error: unknown } {
  const tags = useQuery(tagsQuery);
  const audiences = useQuery(audiencesQuery);
  const lists = useQuery({ queryKey: ["lists"], queryFn: () => answered(api.GET("/api/v1/audiences/lists")) });
  const { currency } = useSession();
  const known = useMemo(
    () =>
      tags.data && audiences.data
        ? { tags: tags.data.tags, audiences: audiences.data.audiences, lists: lists.data?.lists ?? [], currency }
        : undefined,
    [tags.data, audiences.data, lists.data, currency],
  );
  return { known, error: tags.error ?? audiences.error };
}

/** A rule inside of a form: `change` is told whenever what is written can be read as one. */
export function RuleField({ rule, change }: { rule: unknown; change: (rule: unknown) => void }) {
  const { known, error } = useKnown();
  const [tree, setTree] = useState<GroupPart>(() => begin(rule));
  const written = useRef(JSON.stringify(rule));
  useEffect(() => {
    if (JSON.stringify(rule) === written.current) return;
    written.current = JSON.stringify(rule);
    setTree(begin(rule));
  }, [rule]);
  if (!known) return error ? <Refused error={error} /> : <Loading rows={2} />;
  return (
    <GroupEditor
      root
      part={tree}
      known={known}
      remove={() => {}}
      change={(part) => {
        setTree(part as GroupPart);
        const next = writeRule(part);
        if (next === null) return;
        written.current = JSON.stringify(bare(next));
        change(bare(next));
      }}
    />
  );
}

function begin(rule: unknown): GroupPart {
  if (rule === undefined || rule === null) return newGroup("all", [newTag()]);
  const part = readRule(rule);
  return part.kind === "group" && !part.not ? part : newGroup("all", [part]);
}

/** A group of one is what stands in it. */
function bare(rule: Record<string, unknown>): unknown {
  const parts = (rule.all ?? rule.any) as unknown[] | undefined;
  return parts?.length === 1 ? parts[0] : rule;
}
