import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Input } from "antd";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { Files, Told } from "@/features/journeys/EffectTab";
import { TagSelect } from "@/features/journeys/parts";
import { useSettled } from "@/lib/settled";
import { useSay } from "@/lib/text";
import { Field } from "@/ui/Field";
import { Answered, Page } from "@/ui/Page";
import "@/features/journeys/journeys.css";

const QUARTER = /^\d{4}Q[1-4]$/;

/** What marketing as a whole changed in a quarter, against those who were left alone all along. */
export default function GlobalControlPage() {
  const say = useSay();
  const [typed, setTyped] = useState("");
  const [by, setBy] = useState<string>();
  const quarter = useSettled(QUARTER.test(typed) ? typed : undefined, 300);
  const query = useQuery({
    queryKey: ["journeys", "global", quarter, by],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/global-control/effect", { params: { query: { quarter, by } }, signal })),
  });
  const asked = new URLSearchParams({ ...(quarter ? { quarter } : {}), ...(by ? { by } : {}) });
  return (
    <Page
      title={say("Global control", "全局对照")}
      about={say(
        "A share of all customers whom marketing leaves alone for a quarter",
        "每季度抽取部分客户不做营销触达，用以衡量整体增量",
      )}
    >
      <div className="grid">
        <div className="chips bar" style={{ alignItems: "end" }}>
          <Field name={say("Quarter (the present one, if empty)", "季度（留空为本季度）")}>
            <Input
              style={{ width: 130 }}
              placeholder="2026Q2"
              value={typed}
              status={typed && !QUARTER.test(typed) ? "error" : undefined}
              onChange={(event) => setTyped(event.target.value.trim().toUpperCase())}
            />
          </Field>
          <Field name={say("By the values of a tag", "按标签值查看")}>
            <div style={{ width: 240 }}>
              <TagSelect value={by} change={setBy} />
            </div>
          </Field>
          <Files place="/api/v1/global-control/effect" asked={asked} />
        </div>
        <Answered query={query} rows={8}>
          {(found) => <Told report={found} />}
        </Answered>
      </div>
    </Page>
  );
}
