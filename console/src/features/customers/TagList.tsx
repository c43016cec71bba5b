import { useQuery } from "@tanstack/react-query";
import { Input } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { tagsOfQuery } from "@/features/customers/asking";
import { FAMILIES } from "@/lib/families";
import { useFormat } from "@/lib/format";
import { useSay } from "@/lib/text";
import { Answered } from "@/ui/Page";
import { Nothing } from "@/ui/states";

type Tag = Schemas["OneTag"];

/** The tags that he has by the last run, by family. */
export function TagList({ id }: { id: string }) {
  const say = useSay();
  const format = useFormat();
  const query = useQuery(tagsOfQuery(id));
  const [typed, setTyped] = useState("");
  const fits = (tag: Tag) => `${tag.title.en} ${tag.title.zh} ${tag.tag}`.toLowerCase().includes(typed);
  return (
    <Answered query={query} rows={10}>
      {({ tags, as_of }) =>
        tags.length ? (
          <div className="grid">
            <div className="chips" style={{ alignItems: "center" }}>
              <Input
                allowClear
                size="small"
                style={{ width: 220 }}
                aria-label={say("Find a tag", "查找标签")}
                placeholder={say("Find a tag", "查找标签")}
                onChange={(event) => setTyped(event.target.value.trim().toLowerCase())}
              />
              <span className="faint small">
                {say(`${tags.length} tags, data as of `, `${tags.length} 个标签，数据截至 `)}
                <time dateTime={as_of}>{format.instant(as_of)}</time>
              </span>
            </div>
            <div className="tag-list">
              {Object.entries(FAMILIES).map(([family, title]) => {
                const own = tags.filter((each) => each.family === family && fits(each));
                return own.length ? (
                  <section key={family} className="card">
                    <h2>
                      {say(title)} <span className="faint">{own.length}</span>
                    </h2>
                    {own.map((each) => (
                      <div key={each.tag} className="row">
                        <Link to={`/tags/${each.tag}`} className="faint">
                          {say(each.title)}
                        </Link>
                        <b>
                          <Value tag={each} />
                        </b>
                      </div>
                    ))}
                  </section>
                ) : null;
              })}
            </div>
          </div>
        ) : (
          <Nothing title={say("He has no tag by the last run.", "最近一次计算中没有其标签。")} />
        )
      }
    </Answered>
  );
}

function Value({ tag }: { tag: Tag }) {
  const say = useSay();
  const format = useFormat();
  if (tag.said) return say(tag.said);
  switch (tag.type) {
    case "money":
      return format.whole(tag.value);
    case "share":
      return format.share(Number(tag.value));
    case "date":
      return format.day(tag.value);
    case "boolean":
      return tag.value === "True" ? say("yes", "是") : say("no", "否");
    case "number":
      return String(Math.round(Number(tag.value) * 100) / 100);
    case "integer":
      return format.number(Number(tag.value));
    default:
      return tag.value;
  }
}
