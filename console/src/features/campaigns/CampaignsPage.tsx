import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Link, useNavigate } from "react-router";
import type { Schemas } from "@/api/client";
import { campaignsQuery } from "@/api/queries";
import { Halt } from "@/features/campaigns/Halt";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { nameOfWho } from "@/lib/who";
import { Answered, Page } from "@/ui/Page";
import { State } from "@/ui/State";
import { Nothing } from "@/ui/states";
import "@/features/campaigns/campaigns.css";
import { Scroll } from "@/ui/Scroll";

export default function CampaignsPage() {
  const say = useSay();
  const go = useNavigate();
  const mayChange = useMay("marketer");
  const query = useQuery({ ...campaignsQuery, refetchInterval: 15_000 });
  const begin = (
    <Button type="primary" onClick={() => void go("/campaigns/new-campaign")}>
      {say("New campaign", "新建活动")}
    </Button>
  );
  return (
    <Page
      title={say("Campaigns", "活动")}
      about={say(
        "Let out in stages, measured against people left alone; counts as of now",
        "分阶段放量，与不触达组比较增量；人数为实时",
      )}
      actions={mayChange && begin}
    >
      <Answered query={query}>
        {({ campaigns }) =>
          campaigns.length ? (
            <List campaigns={campaigns} />
          ) : (
            <Nothing title={say("No campaign yet.", "还没有活动。")} action={mayChange && begin}>
              {say(
                "Choose an audience and contents, see what can be told, and let out one percent first.",
                "选择人群与内容，查看可检出的效果，先放量 1%。",
              )}
            </Nothing>
          )
        }
      </Answered>
    </Page>
  );
}

function List({ campaigns }: { campaigns: Schemas["CampaignAnswer"][] }) {
  const say = useSay();
  const format = useFormat();
  return (
    <Scroll label={say("Campaigns", "活动")}>
      <table className="plain">
        <thead>
          <tr>
            <th>{say("Campaign", "活动")}</th>
            <th>{say("State", "状态")}</th>
            <th className="number">{say("Customers let in", "已放量人数")}</th>
            <th className="number">{say("Stage", "阶段")}</th>
            <th>{say("Watched until", "观察至")}</th>
            <th>{say("Put in force by", "定义者")}</th>
            <th>
              <span className="unseen">{say("What to do", "操作")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {campaigns.map((each) => (
            <tr key={each.campaign}>
              <td>
                <Link to={`/campaigns/${each.campaign}`}>{say(each.title)}</Link>
                <div className="faint small">{each.campaign}</div>
              </td>
              <td>
                <State state={each.state} />
              </td>
              <td className="number">{format.number(each.customers)}</td>
              <td className="number">
                {each.released} / {each.stages}
              </td>
              <td className="faint">{each.watched_until ? format.instant(each.watched_until) : "–"}</td>
              <td className="faint">{nameOfWho(each.author, say)}</td>
              <td className="number">
                <Halt campaign={each.campaign} state={each.state} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
