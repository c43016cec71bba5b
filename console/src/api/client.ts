import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "@/api/schema";

export type Schemas = components["schemas"];
export interface Fault {
  place: string;
  problem: string;
  received: string | null;
  allowed: string[];
}

/** What the API refused, or that it could not be reached: what was received, what is allowed, what to do. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly remedy: string | null = null,
    readonly received: string | null = null,
    readonly allowed: string[] = [],
    readonly faults: Fault[] = [],
    readonly retry: boolean = false,
    readonly request: string | null = null,
  ) {
    super(message);
  }
}

type Listener = () => void;
let expired: Listener = () => {};
/** Calls `listener` whenever the API says that nobody is signed in. */
export const onExpired = (listener: Listener): void => {
  expired = listener;
};

const language = (): string => (document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en");
const polite: Middleware = {
  onRequest({ request }) {
    request.headers.set("X-Quanyu-Console", "1");
    request.headers.set("Accept-Language", language());
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return;
    throw await refusal(response);
  },
  onError({ error }) {
    if (error instanceof ApiError || (error instanceof DOMException && error.name === "AbortError")) return error;
    const zh = language() === "zh-CN";
    return new ApiError(
      0,
      "unreachable",
      zh ? "无法连接服务器。" : "The server cannot be reached.",
      zh
        ? "请检查网络，或联系运维人员；已输入的内容不会丢失。"
        : "Check the network, or ask who runs it. Nothing typed is lost.",
      null,
      [],
      [],
      true,
    );
  },
};

export async function refusal(response: Response): Promise<ApiError> {
  const request = response.headers.get("x-request-id");
  if (response.status === 401) expired();
  try {
    const { error } = (await response.json()) as Schemas["ErrorAnswer"];
    return new ApiError(
      response.status,
      error.code,
      error.message,
      error.remedy,
      error.received,
      error.allowed,
      error.faults as unknown as Fault[],
      error.retry,
      request,
    );
  } catch {
    return new ApiError(response.status, "unexpected", response.statusText, null, null, [], [], true, request);
  }
}

export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin" });
api.use(polite);

/** Returns what was answered; a refusal was thrown before. */
export async function answered<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}
