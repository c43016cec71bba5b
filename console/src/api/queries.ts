import { QueryClient, queryOptions } from "@tanstack/react-query";
import { ApiError, answered, api } from "@/api/client";

/** What several features ask, asked once. */
export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 20_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => error instanceof ApiError && error.retry && error.status !== 0 && count < 2,
    },
    mutations: { retry: false },
  },
});

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => answered(api.GET("/api/v1/session")),
  retry: false,
  staleTime: Number.POSITIVE_INFINITY,
});
export const tagsQuery = queryOptions({ queryKey: ["tags"], queryFn: () => answered(api.GET("/api/v1/tags")) });
export const fieldsQuery = queryOptions({
  queryKey: ["fields"],
  queryFn: () => answered(api.GET("/api/v1/fields")),
  staleTime: 300_000,
});
export const audiencesQuery = queryOptions({
  queryKey: ["audiences"],
  queryFn: () => answered(api.GET("/api/v1/audiences")),
});
export const journeysQuery = queryOptions({
  queryKey: ["journeys"],
  queryFn: () => answered(api.GET("/api/v1/journeys")),
});
export const campaignsQuery = queryOptions({
  queryKey: ["campaigns"],
  queryFn: () => answered(api.GET("/api/v1/campaigns")),
});
export const sourcesQuery = queryOptions({
  queryKey: ["sources"],
  queryFn: () => answered(api.GET("/api/v1/sources")),
});
export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: () => answered(api.GET("/api/v1/status")),
});
export const idReportQuery = queryOptions({
  queryKey: ["identity", "report"],
  queryFn: () => answered(api.GET("/api/v1/identity/report")),
});
export const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: () => answered(api.GET("/api/v1/channels/accounts")),
});
export const contentsQuery = queryOptions({
  queryKey: ["contents"],
  queryFn: () => answered(api.GET("/api/v1/contents")),
});
export const kindsQuery = queryOptions({
  queryKey: ["journeys", "kinds"],
  queryFn: () => answered(api.GET("/api/v1/journeys/kinds")),
  staleTime: 300_000,
});
