import {
  ApartmentOutlined,
  BranchesOutlined,
  DashboardOutlined,
  DatabaseOutlined,
  IdcardOutlined,
  MoonOutlined,
  NotificationOutlined,
  SearchOutlined,
  SettingOutlined,
  SunOutlined,
  TagsOutlined,
  TeamOutlined,
} from "@ant-design/icons";
import { Button, Dropdown, Tooltip } from "antd";
import { type ReactNode, Suspense, useEffect, useState } from "react";
import { NavLink, Outlet, useLocation } from "react-router";
import { answered, api } from "@/api/client";
import { Boundary } from "@/app/Boundary";
import { useLook } from "@/lib/look";
import { ROLE_WORDS } from "@/lib/roles";
import { useMay, useSession } from "@/lib/session";
import { useTongue } from "@/lib/text";
import { Later, part } from "@/ui/Later";
import { Loading } from "@/ui/states";

const FINDER = part(() => import("@/app/Finder"));

interface Place {
  to: string;
  icon: ReactNode;
  title: { en: string; zh: string };
}
export const PLACES: Place[] = [
  { to: "/", icon: <DashboardOutlined />, title: { en: "Overview", zh: "总览" } },
  { to: "/data", icon: <DatabaseOutlined />, title: { en: "Data", zh: "数据" } },
  { to: "/customers", icon: <IdcardOutlined />, title: { en: "Customers", zh: "客户" } },
  { to: "/review", icon: <ApartmentOutlined />, title: { en: "Merge review", zh: "合并审核" } },
  { to: "/tags", icon: <TagsOutlined />, title: { en: "Tags", zh: "标签" } },
  { to: "/audiences", icon: <TeamOutlined />, title: { en: "Audiences", zh: "人群" } },
  { to: "/journeys", icon: <BranchesOutlined />, title: { en: "Journeys", zh: "旅程" } },
  { to: "/campaigns", icon: <NotificationOutlined />, title: { en: "Campaigns", zh: "活动" } },
];

export function Frame() {
  const { say } = useTongue();
  const owner = useMay("owner");
  const [finding, setFinding] = useState(false);
  const { pathname } = useLocation();
  useEffect(() => {
    const soon = setTimeout(() => FINDER.load().catch(() => undefined), 2_000); // once the page is there, so that a key opens it at once
    return () => clearTimeout(soon);
  }, []);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setFinding(true);
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return (
    <div className="frame">
      <a className="skip" href="#page">
        {say("Skip to the page", "跳到正文")}
      </a>
      <nav className="nav" aria-label={say("Rooms", "功能")}>
        <NavLink to="/" className="name">
          Quanyu
          <small lang="zh-CN">全域</small>
        </NavLink>
        {PLACES.map((place) => (
          <NavLink key={place.to} to={place.to} end={place.to === "/"} className="room">
            <span aria-hidden="true">{place.icon}</span>
            {say(place.title)}
          </NavLink>
        ))}
        <span className="rest" />
        {owner && (
          <NavLink to="/settings" className="room">
            <SettingOutlined aria-hidden="true" />
            {say("Settings", "设置")}
          </NavLink>
        )}
      </nav>
      <div style={{ minWidth: 0 }}>
        <Top find={() => setFinding(true)} />
        <main id="page" tabIndex={-1}>
          <Boundary key={pathname}>
            <Suspense
              fallback={
                <div className="page">
                  <Loading rows={8} />
                </div>
              }
            >
              <Outlet />
            </Suspense>
          </Boundary>
        </main>
      </div>
      {finding && <Later of={FINDER} props={{ close: () => setFinding(false) }} />}
    </div>
  );
}

function Top({ find }: { find: () => void }) {
  const { say, language, speak } = useTongue();
  const { dark, turn } = useLook();
  const session = useSession();
  const leave = async () => {
    await answered(api.DELETE("/api/v1/session"));
    window.location.assign("/");
  };
  return (
    <header className="top">
      <button type="button" className="search" onClick={find}>
        <span className="ellipsis">
          <SearchOutlined aria-hidden="true" /> {say("Search customers, tags, audiences…", "搜索客户、标签、人群……")}
        </span>
        <kbd>⌘K</kbd>
      </button>
      <span className="gap" />
      <span className="faint small wide">{session.workspace}</span>
      <Button type="text" size="small" onClick={() => speak(language === "zh" ? "en" : "zh")}>
        {language === "zh" ? "EN" : <span lang="zh-CN">中文</span>}
      </Button>
      <Tooltip title={dark ? say("Light", "浅色") : say("Dark", "深色")}>
        <Button
          type="text"
          size="small"
          aria-label={dark ? say("Light colours", "浅色外观") : say("Dark colours", "深色外观")}
          icon={dark ? <SunOutlined /> : <MoonOutlined />}
          onClick={turn}
        />
      </Tooltip>
      <Dropdown
        trigger={["click"]}
        menu={{ items: [{ key: "leave", label: say("Sign out", "退出登录"), onClick: () => void leave() }] }}
      >
        <Button size="small">
          {session.name} · {say(ROLE_WORDS[session.role])}
        </Button>
      </Dropdown>
    </header>
  );
}
