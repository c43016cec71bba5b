import { Link } from "react-router";
import { useSay } from "@/lib/text";

export function DataTabs({ at }: { at: "imports" | "survey" | "identity" }) {
  const say = useSay();
  const tabs = [
    { key: "imports", to: "/data", title: say("Imports", "导入") },
    { key: "survey", to: "/data/survey", title: say("Survey", "数据质量") },
    { key: "identity", to: "/data/identity", title: say("One-ID", "One-ID 报告") },
  ];
  return (
    <nav className="subnav" aria-label={say("Data", "数据")}>
      {tabs.map((tab) => (
        <Link key={tab.key} to={tab.to} aria-current={tab.key === at ? "page" : undefined}>
          {tab.title}
        </Link>
      ))}
    </nav>
  );
}
