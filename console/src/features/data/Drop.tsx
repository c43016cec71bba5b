import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { type DragEvent, useRef, useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { Mapping } from "@/features/data/Mapping";
import { doing, watched } from "@/features/data/watching";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Refused } from "@/ui/states";

const PART = 8 << 20; // bytes of one request

type Step =
  | { at: "waiting" }
  | { at: "sending"; share: number; name: string }
  | { at: "looking" }
  | { at: "suggested"; suggestion: Schemas["SuggestionAnswer"]; batch: string; files: string[] }
  | { at: "importing"; share: number; what: string }
  | { at: "done"; state: string };

/** Files dropped or chosen: sent in parts, a mapping suggested, checked on a sample, imported with progress. */
export function Drop() {
  const say = useSay();
  const format = useFormat();
  const queries = useQueryClient();
  const picker = useRef<HTMLInputElement>(null);
  const [step, setStep] = useState<Step>({ at: "waiting" });
  const [refused, setRefused] = useState<unknown>();
  const guard = async (work: () => Promise<void>) => {
    setRefused(undefined);
    try {
      await work();
    } catch (error) {
      setRefused(error);
      setStep({ at: "waiting" });
    }
  };
  const take = (files: File[]) =>
    guard(async () => {
      if (!files.length) return;
      const batch = drawn();
      for (const file of files) await send(batch, file, (share) => setStep({ at: "sending", share, name: file.name }));
      await suggest(
        batch,
        files.map((file) => file.name),
      );
    });
  const suggest = async (batch: string, files: string[], kind?: string) => {
    setStep({ at: "looking" });
    const suggestion = await answered(api.POST("/api/v1/suggestions", { body: { batch, files, kind } }));
    setStep({ at: "suggested", suggestion, batch, files });
  };
  const start = (mapping: string) =>
    guard(async () => {
      setStep({ at: "importing", share: 0, what: say("queued", "排队中") });
      const { job } = await answered(api.POST("/api/v1/imports", { body: { mapping } }));
      const ended = await watched(job, (now) =>
        setStep({ at: "importing", share: now.share ?? 0, what: doing(now, say) }),
      );
      setStep({ at: "done", state: ended });
      await queries.invalidateQueries();
    });
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void take([...event.dataTransfer.files]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files can be chosen by the button as well
    <div className="card drop" onDrop={drop} onDragOver={(event) => event.preventDefault()}>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={say("Files", "文件")}
        onChange={(event) => void take([...(event.target.files ?? [])])}
      />
      {step.at === "waiting" && (
        <div className="chips" style={{ alignItems: "center" }}>
          <Button type="primary" onClick={() => picker.current?.click()}>
            {say("Choose files…", "选择文件……")}
          </Button>
          <span className="faint">
            {say(
              "or drop them here: exports of tills, marketplaces, mini-program or WeCom, as Excel, CSV, JSON or Parquet.",
              "或拖到此处：收银、电商平台、小程序、企业微信的导出文件，支持 Excel、CSV、JSON、Parquet。",
            )}
          </span>
        </div>
      )}
      {step.at === "sending" && <Busy text={say(`Sending ${step.name}`, `正在上传 ${step.name}`)} share={step.share} />}
      {step.at === "looking" && <Busy text={say("Looking at the columns", "正在识别各列")} />}
      {step.at === "importing" && <Busy text={`${step.what} ${format.share(step.share, 0)}`} share={step.share} />}
      {step.at === "done" && (
        <div className="chips" style={{ alignItems: "center" }} role="status">
          <b>
            {step.state === "succeeded" ? say("Imported.", "导入完成。") : say("It did not end well.", "导入未成功。")}
          </b>
          <Button onClick={() => setStep({ at: "waiting" })}>{say("More files", "继续导入")}</Button>
        </div>
      )}
      {step.at === "suggested" && (
        <Mapping
          suggestion={step.suggestion}
          again={(kind) => void guard(() => suggest(step.batch, step.files, kind))}
          start={() => void start(step.suggestion.mapping)}
          leave={() => setStep({ at: "waiting" })}
        />
      )}
      {refused !== undefined && <Refused error={refused} />}
    </div>
  );
}

function Busy({ text, share }: { text: string; share?: number }) {
  return (
    <div className="chips" role="status" style={{ alignItems: "center" }}>
      <progress value={share} aria-label={text} />
      <span>{text}</span>
    </div>
  );
}

/** Draws a name for files that come together, so that nobody else's of the same name meet them. */
const drawn = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function send(batch: string, file: File, told: (share: number) => void): Promise<void> {
  let offset = 0;
  do {
    const part = file.slice(offset, offset + PART);
    await api.PUT("/api/v1/uploads/{batch}/{name}", {
      params: { path: { batch, name: file.name }, query: { offset } },
      body: part as unknown as string,
      bodySerializer: (body) => body,
      headers: { "Content-Type": "application/octet-stream" },
    });
    offset += part.size;
    told(file.size ? offset / file.size : 1);
  } while (offset < file.size);
}
