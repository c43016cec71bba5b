import { useQuery } from "@tanstack/react-query";
import { Tabs } from "antd";
import { useMemo } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { answered, api } from "@/api/client";
import { CanvasTab } from "@/features/journeys/CanvasTab";
import { EffectTab } from "@/features/journeys/EffectTab";
import { newGraph, readCanvas } from "@/features/journeys/graph";
import { GoneAccounts } from "@/features/journeys/parts";
import { Run } from "@/features/journeys/Run";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Answered, Page } from "@/ui/Page";
import { State } from "@/ui/State";
import "@/features/journeys/journeys.css";

export default function JourneyPage() {
  const say = useSay();
  const format = useFormat();
  const { journey } = useParams();
  const [parameters, setParameters] = useSearchParams();
  const mayMeasure = useMay("analyst");
  const name = journey ?? "";
  const path = { params: { path: { name } } };
  const detail = useQuery({
    queryKey: ["journeys", name],
    queryFn: () => answered(api.GET("/api/v1/journeys/{name}", path)),
    refetchInterval: 15_000,
  });
  const canvas = useQuery({
    queryKey: ["journeys", name, "canvas"],
    queryFn: () => answered(api.GET("/api/v1/journeys/{name}/canvas", path)),
  });
  const graph = useMemo(() => canvas.data && readCanvas(canvas.data), [canvas.data]);
  const found = detail.data;
  return (
    <Page
      title={found ? say(found.title) : name}
      about={
        found && (
          <>
            <State state={found.state} /> {say("since ", "自 ")}
            {format.instant(found.since)} ·{" "}
            {say(
              `${format.number(found.inside)} inside, as of now`,
              `旅程中 ${format.number(found.inside)} 人（实时）`,
            )}{" "}
            <GoneAccounts names={found.gone_accounts} />
          </>
        )
      }
      actions={
        found &&
        (found.keeper ? (
          <Link to={`/campaigns/${name}`}>{say("Kept by its campaign", "由活动维护")}</Link>
        ) : (
          <Run journey={name} state={found.state} />
        ))
      }
    >
      <Tabs
        activeKey={parameters.get("tab") ?? "canvas"}
        onChange={(tab) => setParameters({ tab }, { replace: true })}
        items={[
          {
            key: "canvas",
            label: say("Canvas", "画布"),
            children: (
              <Answered query={detail}>
                {(told) => (
                  <Answered query={{ ...canvas, data: graph }} rows={10}>
                    {(drawn) => (
                      <CanvasTab key={`${name} ${told.version}`} graph={drawn} version={told.version} detail={told} />
                    )}
                  </Answered>
                )}
              </Answered>
            ),
          },
          ...(mayMeasure
            ? [{ key: "effect", label: say("What it changed", "效果报告"), children: <EffectTab journey={name} /> }]
            : []),
          {
            key: "text",
            label: say("As text", "定义原文"),
            children: <Answered query={detail}>{(told) => <pre className="code card">{told.text}</pre>}</Answered>,
          },
        ]}
      />
    </Page>
  );
}

/** A journey that nobody has saved yet. */
export function NewJourneyPage() {
  const say = useSay();
  const graph = useMemo(newGraph, []);
  return (
    <Page
      title={say("New journey", "新建旅程")}
      about={say(
        "Put steps between the start and the end; nothing happens before it is started.",
        "在入口与结束之间添加步骤；启动前不会触达任何人。",
      )}
    >
      <CanvasTab graph={graph} version={0} detail={undefined} />
    </Page>
  );
}
