import { useQuery } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useMemo, useState } from "react";
import { Link, NavLink, useNavigate, useParams } from "react-router";
import { answered, api, type Schemas } from "@/api/client";
import { tagsQuery } from "@/api/queries";
import { Definition } from "@/features/tags/Definition";
import { Spread } from "@/features/tags/Spread";
import { FAMILIES } from "@/lib/families";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Pill, RowBar } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { Nothing } from "@/ui/states";

type Tag = Schemas["Tags"]["tags"][number];

export default function TagsPage() {
  const say = useSay();
  const go = useNavigate();
  const { tag: name } = useParams();
  const query = useQuery(tagsQuery);
  const health = useQuery({ queryKey: ["tags", "health"], queryFn: () => answered(api.GET("/api/v1/tags/health")) });
  const [typed, setTyped] = useState("");
  return (
    <Page
      title={say("Tags", "标签")}
      about={
        query.data &&
        say(
          `${query.data.tags.length} tags, ${query.data.lacking.length} lack data`,
          `${query.data.tags.length} 个标签，${query.data.lacking.length} 个缺数据`,
        )
      }
      asOf={query.data?.as_of}
      actions={
        name && (
          <Button onClick={() => void go(`/audiences/new-audience?tag=${name}`)}>
            {say("Use in an audience", "用于人群")}
          </Button>
        )
      }
    >
      <Answered query={query} rows={12}>
        {(found) => (
          <div className="catalogue">
            <div className="card tree">
              <Input
                allowClear
                size="small"
                aria-label={say("Find a tag", "查找标签")}
                placeholder={say("Find a tag", "查找标签")}
                onChange={(event) => setTyped(event.target.value.trim().toLowerCase())}
                style={{ marginBottom: 6 }}
              />
              <Tree tags={found.tags} lacking={found.lacking} typed={typed} />
            </div>
            <One
              tag={found.tags.find((each) => each.tag === name)}
              lacking={found.lacking.find((each) => each.tag === name)}
              health={health.data?.tags.find((each) => each.tag === name)}
              name={name}
              tags={found.tags}
            />
          </div>
        )}
      </Answered>
    </Page>
  );
}

function Tree({ tags, lacking, typed }: { tags: Tag[]; lacking: Schemas["LackingTag"][]; typed: string }) {
  const say = useSay();
  const format = useFormat();
  const fits = (each: { title: { en: string; zh: string }; tag: string }) =>
    !typed || `${each.title.en} ${each.title.zh} ${each.tag}`.toLowerCase().includes(typed);
  const missing = lacking.filter(fits);
  return (
    <nav aria-label={say("Catalogue of tags", "标签目录")}>
      {Object.entries(FAMILIES).map(([family, title]) => {
        const own = tags.filter((each) => each.family === family && fits(each));
        if (!own.length) return null;
        return (
          <details key={family} open={typed !== "" || family === "traits" || family === "value"}>
            <summary>
              {say(title)} <span className="faint">{own.length}</span>
            </summary>
            {own.map((each) => (
              <NavLink key={each.tag} to={`/tags/${each.tag}`}>
                <span className="ellipsis">{say(each.title)}</span>
                <span className="faint small">{format.share(each.known / Math.max(1, each.customers), 0)}</span>
              </NavLink>
            ))}
          </details>
        );
      })}
      {missing.length > 0 && (
        <details open={typed !== ""}>
          <summary>
            {say("Lack data", "缺数据")} <span className="faint">{missing.length}</span>
          </summary>
          {missing.map((each) => (
            <NavLink key={each.tag} to={`/tags/${each.tag}`}>
              <span className="ellipsis faint">{say(each.title)}</span>
            </NavLink>
          ))}
        </details>
      )}
    </nav>
  );
}

interface OneProps {
  tag: Tag | undefined;
  lacking: Schemas["LackingTag"] | undefined;
  health: Schemas["TagHealthAnswer"] | undefined;
  name: string | undefined;
  tags: Tag[];
}

function One({ tag, lacking, health, name, tags }: OneProps) {
  const say = useSay();
  if (!name) return <Coverage tags={tags} />;
  if (lacking)
    return (
      <div className="card">
        <h2>{say(lacking.title)}</h2>
        <p>{say("This tag cannot be computed from what has come in. It lacks:", "现有数据无法计算此标签，缺少：")}</p>
        <ul>
          {lacking.lacks.map((each) => (
            <li key={each.en}>{say(each)}</li>
          ))}
        </ul>
      </div>
    );
  if (!tag) return <Nothing title={say("There is no tag of this name.", "没有此名称的标签。")} />;
  return (
    <div className="grid">
      <div className="card">
        <h2>
          {say(tag.title)}
          <code className="faint small">{tag.tag}</code>
        </h2>
        <p style={{ marginTop: 0 }}>{say(tag.description)}</p>
        <Facts tag={tag} health={health} />
      </div>
      <Spread tag={tag} />
      {health && <Uses health={health} />}
      <Definition tag={tag.tag} />
    </div>
  );
}

function Facts({ tag, health }: { tag: Tag; health: Schemas["TagHealthAnswer"] | undefined }) {
  const say = useSay();
  const format = useFormat();
  return (
    <div className="chips">
      <Pill>
        {say("known for", "覆盖")} {format.share(tag.known / Math.max(1, tag.customers))} ({format.number(tag.known)})
      </Pill>
      {health?.fresh && (
        <Pill>
          {say("newest data", "最新数据")} {format.day(health.fresh)}
        </Pill>
      )}
      {health?.drift != null && (
        <Pill tone={health.drift > 0.2 ? "warm" : undefined}>
          {say("drift", "漂移")} {health.drift.toFixed(3)}
        </Pill>
      )}
      {health && (
        <Pill>
          {say("reads", "读取")} {format.short(health.rows_read)} {say("rows", "行")}
        </Pill>
      )}
      {health?.findings.map((each) => (
        <Pill key={each.en} tone="warm">
          {say(each)}
        </Pill>
      ))}
      {health?.retire && <Pill tone="warm">{say("unused for 180 days: retire?", "180 天未使用，建议下线")}</Pill>}
    </div>
  );
}

function Uses({ health }: { health: Schemas["TagHealthAnswer"] }) {
  const say = useSay();
  if (!health.audiences.length && !health.derived.length && !health.rules.length) return null;
  return (
    <div className="card">
      <h2>{say("Used by", "使用情况")}</h2>
      <div className="chips">
        {health.audiences.map((each) => (
          <Link key={each} to={`/audiences/${each}`}>
            {say("audience", "人群")} {each}
          </Link>
        ))}
        {health.derived.map((each) => (
          <Link key={each} to={`/tags/${each}`}>
            {say("tag", "标签")} {each}
          </Link>
        ))}
        {health.rules.map((each) => (
          <span key={each} className="faint">
            {say("shipped rule", "内置规则")} {each}
          </span>
        ))}
      </div>
    </div>
  );
}

function Coverage({ tags }: { tags: Tag[] }) {
  const say = useSay();
  const format = useFormat();
  const rows = useMemo(
    () =>
      Object.entries(FAMILIES).map(([family, title]) => {
        const own = tags.filter((each) => each.family === family);
        const known = own.reduce((sum, each) => sum + each.known / Math.max(1, each.customers), 0);
        return { family, title, count: own.length, covered: own.length ? known / own.length : 0 };
      }),
    [tags],
  );
  return (
    <div className="card">
      <h2>{say("Average coverage by family", "各族平均覆盖率")}</h2>
      <div className="rows">
        {rows.map((each) => (
          <RowBar
            key={each.family}
            name={`${say(each.title)} (${each.count})`}
            share={each.covered}
            value={format.share(each.covered)}
          />
        ))}
      </div>
      <p className="faint">{say("Choose a tag to see how its values lie.", "选择一个标签查看其分布。")}</p>
    </div>
  );
}
