import { useQuery } from "@tanstack/react-query";
import { ApiError, answered, api, type Schemas } from "@/api/client";
import { DataTabs } from "@/features/data/DataTabs";
import { useFormat } from "@/lib/format";
import { useSay, type Words } from "@/lib/text";
import { Pill, RowBar } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing } from "@/ui/states";

export default function SurveyPage() {
  const say = useSay();
  const tasks = useQuery({ queryKey: ["tags", "tasks"], queryFn: () => answered(api.GET("/api/v1/tags/tasks")) });
  const survey = useQuery({
    queryKey: ["quality"],
    queryFn: () => answered(api.GET("/api/v1/quality")),
    retry: false,
  });
  const missing = survey.error instanceof ApiError && survey.error.status === 404;
  return (
    <Page title={say("Data survey", "数据质量")} asOf={survey.data?.as_of}>
      <DataTabs at="survey" />
      <div className="grid">
        <Scroll label={say("What to fill first", "优先补齐的数据")}>
          <h2>{say("What to fill first", "优先补齐的数据")}</h2>
          <Answered query={tasks}>{(found) => <Tasks tasks={found.tasks} />}</Answered>
        </Scroll>
        {missing ? (
          <Nothing title={say("No survey has been kept yet.", "尚未保存数据质量勘查。")}>
            <code>quanyu quality --keep</code>
          </Nothing>
        ) : (
          <Answered query={survey}>{(found) => <Found survey={found.document as unknown as Survey} />}</Answered>
        )}
      </div>
    </Page>
  );
}

function Tasks({ tasks }: { tasks: Schemas["DataTaskAnswer"][] }) {
  const say = useSay();
  const format = useFormat();
  return (
    <table className="plain">
      <thead>
        <tr>
          <th>{say("Missing", "缺失数据")}</th>
          <th>{say("In", "来源")}</th>
          <th className="number">{say("Customers", "客户数")}</th>
          <th className="number">{say("Tags", "标签数")}</th>
          <th>{say("Goal", "目标")}</th>
          <th>{say("Owner", "负责人")}</th>
        </tr>
      </thead>
      <tbody>
        {tasks.slice(0, 25).map((each) => (
          <tr key={`${each.source} ${each.inputs.join()}`} title={say(each.words)}>
            <td className="words">{say(each.title)}</td>
            <td>{each.source ?? "–"}</td>
            <td className="number">{format.number(each.customers)}</td>
            <td className="number">{each.tags.length}</td>
            <td>{each.goal ?? "–"}</td>
            <td>{each.owner ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Survey {
  goals: { kind: string; field: string; source: string; owner: string | null; met: boolean; words: Words }[];
  findings: { kind: string; source: string; words: Words; weight: number }[];
  kinds: {
    kind: string;
    source: string;
    title: Words;
    rows: number;
    latest: string | null;
    fields: { field: string; title: Words; fill: number; rows: number }[];
  }[];
}

function Found({ survey }: { survey: Survey }) {
  return (
    <>
      <div className="grid cols-2">
        <Goals survey={survey} />
        <Findings survey={survey} />
      </div>
      <FillRates survey={survey} />
    </>
  );
}

function Goals({ survey }: { survey: Survey }) {
  const say = useSay();
  const met = survey.goals.filter((each) => each.met).length;
  return (
    <section className="card">
      <h2>
        {say("Goals", "目标")}
        <span className="faint">
          {met} / {survey.goals.length} {say("met", "达成")}
        </span>
      </h2>
      <ul className="list">
        {survey.goals
          .filter((each) => !each.met)
          .slice(0, 10)
          .map((each) => (
            <li key={each.words.en} className="urgent">
              {say(each.words)} {each.owner && <Pill>{each.owner}</Pill>}
            </li>
          ))}
      </ul>
    </section>
  );
}

function Findings({ survey }: { survey: Survey }) {
  const say = useSay();
  const worst = [...survey.findings].sort((a, b) => b.weight - a.weight).slice(0, 10);
  return (
    <section className="card">
      <h2>{say("What stands out", "异常发现")}</h2>
      <ul className="list">
        {worst.map((each) => (
          <li key={each.words.en}>{say(each.words)}</li>
        ))}
      </ul>
    </section>
  );
}

function FillRates({ survey }: { survey: Survey }) {
  const say = useSay();
  const format = useFormat();
  return (
    <section className="card">
      <h2>{say("Fill rates, by source and kind", "填充率，按来源与类型")}</h2>
      {survey.kinds.map((each) => (
        <details key={`${each.source} ${each.kind}`}>
          <summary>
            {each.source} · {say(each.title)}{" "}
            <span className="faint">
              {format.number(each.rows)} {say("rows", "行")}
              {each.latest && ` · ${say("latest", "最新")} ${format.day(each.latest)}`}
            </span>
          </summary>
          <div className="rows" style={{ padding: "6px 14px 10px" }}>
            {each.fields.map((field) => (
              <RowBar key={field.field} name={say(field.title)} share={field.fill} value={format.share(field.fill)} />
            ))}
          </div>
        </details>
      ))}
    </section>
  );
}
