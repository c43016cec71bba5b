import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";

/** What the parts of one customer's page ask; all begins with his id, so that a change asks all of it anew. */
const of = (id: string, what: string) => ["customer", id, what];

export const customerQuery = (id: string) =>
  queryOptions({
    queryKey: of(id, "who"),
    queryFn: () => answered(api.GET("/api/v1/customers/{one_id}", { params: { path: { one_id: id } } })),
  });
export const lightsQuery = (id: string) =>
  queryOptions({
    queryKey: of(id, "lights"),
    queryFn: () => answered(api.GET("/api/v1/customers/{one_id}/lights", { params: { path: { one_id: id } } })),
  });
export const tagsOfQuery = (id: string) =>
  queryOptions({
    queryKey: of(id, "tags"),
    queryFn: () => answered(api.GET("/api/v1/customers/{one_id}/tags", { params: { path: { one_id: id } } })),
  });
export const graphQuery = (id: string, record: string) =>
  queryOptions({
    queryKey: of(id, "graph"),
    queryFn: () => answered(api.POST("/api/v1/identity/graphs", { body: { record } })),
  });
export const tracesQuery = (id: string, record: string) =>
  queryOptions({
    queryKey: of(id, "traces"),
    queryFn: () => answered(api.POST("/api/v1/journeys/traces", { body: { record, limit: 100 } })),
  });
