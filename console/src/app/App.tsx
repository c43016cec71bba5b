import { QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { ConfigProvider } from "antd";
import english from "antd/locale/en_US";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { createBrowserRouter, RouterProvider } from "react-router";
import { ApiError, onExpired } from "@/api/client";
import { client, sessionQuery } from "@/api/queries";
import { routes } from "@/app/routes";
import { SignIn } from "@/app/SignIn";
import { themeOf } from "@/app/theme";
import { LookProvider, useLook } from "@/lib/look";
import { SessionProvider } from "@/lib/session";
import { TongueProvider, useTongue } from "@/lib/text";
import { Loading, Refused } from "@/ui/states";

export function App() {
  return (
    <QueryClientProvider client={client}>
      <TongueProvider>
        <LookProvider>
          <Dressed>
            <Gate />
          </Dressed>
        </LookProvider>
      </TongueProvider>
    </QueryClientProvider>
  );
}

function Dressed({ children }: { children: ReactNode }) {
  const { dark } = useLook();
  const { language } = useTongue();
  // From the first a locale: antd wraps what is below once there is one, and all that was typed there would be gone.
  const [locale, setLocale] = useState<object>(english);
  useEffect(() => {
    const found = language === "zh" ? import("antd/locale/zh_CN") : import("antd/locale/en_GB");
    void found.then((module) => setLocale(module.default));
  }, [language]);
  const theme = useMemo(() => themeOf(dark), [dark]);
  return (
    <ConfigProvider theme={theme} locale={locale as never} componentSize="middle" button={{ autoInsertSpace: false }}>
      {children}
    </ConfigProvider>
  );
}

/** Nobody signed in: the sign-in page. A session that ends later is asked for anew above the page, which stays. */
function Gate() {
  const session = useQuery(sessionQuery);
  const queries = useQueryClient();
  const [ended, setEnded] = useState(false);
  const router = useMemo(() => createBrowserRouter(routes), []);
  useEffect(() => onExpired(() => setEnded(queries.getQueryData(sessionQuery.queryKey) !== undefined)), [queries]);
  if (session.data === undefined) {
    if (session.error instanceof ApiError && session.error.status === 401) return <SignIn />;
    if (session.isError) return <Refused error={session.error} again={() => void session.refetch()} />;
    return <Loading />;
  }
  return (
    <SessionProvider value={session.data}>
      <RouterProvider router={router} />
      {ended && (
        <SignIn
          again
          done={() => {
            setEnded(false);
            void queries.invalidateQueries();
          }}
        />
      )}
    </SessionProvider>
  );
}
