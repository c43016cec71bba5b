import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { ApiError, answered, api } from "@/api/client";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";

/** Stops a campaign by one click that asks nothing, and lets it go on. */
export function Halt({ campaign, state, large }: { campaign: string; state: string; large?: boolean }) {
  const say = useSay();
  const mayChange = useMay("marketer");
  const queries = useQueryClient();
  const set = useMutation({
    mutationFn: (wanted: "running" | "paused") =>
      answered(
        api.POST("/api/v1/campaigns/{name}/state", { params: { path: { name: campaign } }, body: { state: wanted } }),
      ),
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ["campaigns"] });
      await queries.invalidateQueries({ queryKey: ["journeys"] });
    },
  });
  if (!mayChange || (state !== "running" && state !== "paused")) return null;
  const stops = state === "running";
  return (
    <span className="chips" style={{ justifyContent: "flex-end" }}>
      <Button
        size={large ? "middle" : "small"}
        danger={stops}
        type={large && stops ? "primary" : "default"}
        loading={set.isPending}
        onClick={() => set.mutate(stops ? "paused" : "running")}
      >
        {stops ? say("Stop", "停止") : say("Resume", "继续")}
      </Button>
      {set.error instanceof ApiError && (
        <span role="alert" className="small warm-words">
          {set.error.message} {set.error.remedy}
        </span>
      )}
    </span>
  );
}
