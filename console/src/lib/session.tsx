import { createContext, useContext } from "react";
import type { Schemas } from "@/api/client";

export type Session = Schemas["SessionAnswer"];
export type Role = Session["role"];

const ROLES: Role[] = ["owner", "marketer", "analyst", "service", "viewer"];
const Held = createContext<Session | null>(null);
export const SessionProvider = Held.Provider;

export function useSession(): Session {
  const session = useContext(Held);
  if (!session) throw new Error("useSession outside of SessionProvider");
  return session;
}

/** Says whether who has signed in may do what needs at least this role; the API decides, this only hides. */
export function useMay(least: Role): boolean {
  return ROLES.indexOf(useSession().role) <= ROLES.indexOf(least);
}
