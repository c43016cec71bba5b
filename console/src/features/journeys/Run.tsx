import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm, Tooltip } from "antd";
import { ApiError, answered, api } from "@/api/client";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";

/** Starts, pauses and goes on by a click; stopping lets everybody leave, and so asks first. */
export function Run({ journey, state }: { journey: string; state: string }) {
  const say = useSay();
  const mayChange = useMay("marketer");
  const queries = useQueryClient();
  const set = useMutation({
    mutationFn: (wanted: string) =>
      answered(
        api.POST("/api/v1/journeys/{name}/state", { params: { path: { name: journey } }, body: { state: wanted } }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["journeys"] }),
  });
  if (!mayChange) return null;
  const busy = set.isPending ? set.variables : undefined;
  const refused = set.error instanceof ApiError ? `${set.error.message} ${set.error.remedy ?? ""}` : undefined;
  return (
    <Tooltip title={refused} open={refused ? undefined : false}>
      <span className="chips" style={{ justifyContent: "flex-end" }}>
        {state !== "running" && (
          <Button size="small" loading={busy === "running"} onClick={() => set.mutate("running")}>
            {state === "paused" ? say("Resume", "继续") : say("Start", "启动")}
          </Button>
        )}
        {state === "running" && (
          <Button size="small" loading={busy === "paused"} onClick={() => set.mutate("paused")}>
            {say("Pause", "暂停")}
          </Button>
        )}
        {(state === "running" || state === "paused") && (
          <Popconfirm
            title={say("Everybody leaves, and what is not sent is not sent.", "所有客户退出，未发送的不再发送。")}
            okText={say("Stop", "停止")}
            cancelText={say("Cancel", "取消")}
            onConfirm={() => set.mutate("stopped")}
          >
            <Button size="small" danger loading={busy === "stopped"}>
              {say("Stop", "停止")}
            </Button>
          </Popconfirm>
        )}
        {refused && (
          <span role="alert" className="small warm-words">
            {refused}
          </span>
        )}
      </span>
    </Tooltip>
  );
}
