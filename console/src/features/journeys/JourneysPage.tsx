import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Modal, Select } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { accountsQuery, journeysQuery } from "@/api/queries";
import { GoneAccounts } from "@/features/journeys/parts";
import { Run } from "@/features/journeys/Run";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { State } from "@/ui/State";
import { Nothing, Refused } from "@/ui/states";
import "@/features/journeys/journeys.css";
import { Scroll } from "@/ui/Scroll";

type Journey = Schemas["JourneyAnswer"];
type Template = Schemas["TemplateAnswer"];

export default function JourneysPage() {
  const say = useSay();
  const go = useNavigate();
  const mayChange = useMay("marketer");
  const query = useQuery({ ...journeysQuery, refetchInterval: 15_000 });
  return (
    <Page
      title={say("Journeys", "旅程")}
      about={say(
        "What happens to customers after something has; counts as of now",
        "事件之后自动发生的触达；人数为实时",
      )}
      actions={
        <>
          <Button onClick={() => void go("/journeys/global-control")}>{say("Global control", "全局对照")}</Button>
          {mayChange && (
            <Button type="primary" onClick={() => void go("/journeys/new-journey")}>
              {say("New journey", "新建旅程")}
            </Button>
          )}
        </>
      }
    >
      <div className="grid">
        <Answered query={query}>
          {({ journeys }) =>
            journeys.length ? (
              <List journeys={journeys} />
            ) : (
              <Nothing title={say("No journey yet.", "还没有旅程。")}>
                {say("Install one of the templates below, then start it.", "安装下面的一个模板，然后启动。")}
              </Nothing>
            )
          }
        </Answered>
        <Templates />
      </div>
    </Page>
  );
}

function List({ journeys }: { journeys: Journey[] }) {
  const say = useSay();
  const format = useFormat();
  return (
    <Scroll label={say("Journeys", "旅程")}>
      <table className="plain">
        <thead>
          <tr>
            <th>{say("Journey", "旅程")}</th>
            <th>{say("State", "状态")}</th>
            <th className="number">{say("Inside", "旅程中")}</th>
            <th>{say("Since", "自")}</th>
            <th className="number">{say("Version", "版本")}</th>
            <th>
              <span className="unseen">{say("What to do", "操作")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {journeys.map((each) => (
            <tr key={each.journey}>
              <td>
                <Link to={each.keeper === "campaigns" ? `/campaigns/${each.journey}` : `/journeys/${each.journey}`}>
                  {say(each.title)}
                </Link>
                <div className="faint small">
                  {each.journey} {each.keeper && <Pill>{say(`kept by ${each.keeper}`, "由活动维护")}</Pill>}
                </div>
              </td>
              <td>
                <State state={each.state} /> <GoneAccounts names={each.gone_accounts} />
              </td>
              <td className="number">{format.number(each.inside)}</td>
              <td className="faint when">{format.instant(each.since)}</td>
              <td className="number">{each.version}</td>
              <td className="number">{!each.keeper && <Run journey={each.journey} state={each.state} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Templates() {
  const say = useSay();
  const mayChange = useMay("marketer");
  const [chosen, setChosen] = useState<Template>();
  const query = useQuery({
    queryKey: ["journeys", "templates"],
    queryFn: () => answered(api.GET("/api/v1/journeys/templates")),
  });
  return (
    <section>
      <h2 className="over">{say("Templates for ordinary days", "常用旅程模板")}</h2>
      <Answered query={query} rows={3}>
        {({ templates }) => (
          <div className="grid cols-3">
            {templates.map((each) => (
              <div className="card template" key={each.template}>
                <h3>{say(each.title)}</h3>
                <p className="faint">{say(each.description)}</p>
                {each.installed ? (
                  <Link to={`/journeys/${each.journey}`}>{say("Installed: look at it", "已安装：查看")}</Link>
                ) : (
                  mayChange && (
                    <Button size="small" onClick={() => setChosen(each)}>
                      {say("Install…", "安装……")}
                    </Button>
                  )
                )}
              </div>
            ))}
          </div>
        )}
      </Answered>
      {chosen && <Install template={chosen} close={() => setChosen(undefined)} />}
    </section>
  );
}

function Install({ template, close }: { template: Template; close: () => void }) {
  const say = useSay();
  const go = useNavigate();
  const queries = useQueryClient();
  const accounts = useQuery(accountsQuery);
  const [by, setBy] = useState<string[]>([]);
  const install = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/journeys/templates/{template}", {
          params: { path: { template: template.template } },
          body: { by },
        }),
      ),
    onSuccess: async (done) => {
      for (const key of ["journeys", "audiences", "contents"]) await queries.invalidateQueries({ queryKey: [key] });
      await go(`/journeys/${done.journey}`);
    },
  });
  return (
    <Modal
      open
      title={say(template.title)}
      okText={say("Install", "安装")}
      cancelText={say("Cancel", "取消")}
      okButtonProps={{ disabled: by.length === 0, loading: install.isPending }}
      onOk={() => install.mutate()}
      onCancel={close}
    >
      <div className="grid">
        <p className="faint">
          {say(
            "Audiences, contents and the journey are put in force; what stands under their names is left alone. You start it yourself.",
            "将应用所需的人群、内容与旅程；同名的已有定义保持不变。安装后由您启动。",
          )}
        </p>
        <label>
          {say("Sends by these accounts, the first that reaches", "按顺序使用这些账号发送，取首个可触达者")}
          <Select
            mode="multiple"
            style={{ width: "100%" }}
            aria-label={say("Accounts", "账号")}
            value={by}
            onChange={setBy}
            options={accounts.data?.accounts.map((each) => ({
              value: each.account,
              label: `${each.account} (${each.channel})`,
            }))}
          />
        </label>
        {accounts.data?.accounts.length === 0 && (
          <p>{say("There is no account yet. Add one under Settings.", "还没有渠道账号，请先在设置中添加。")}</p>
        )}
        {install.isError && <Refused error={install.error} />}
      </div>
    </Modal>
  );
}
