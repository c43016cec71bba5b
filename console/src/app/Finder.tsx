import { useQuery } from "@tanstack/react-query";
import { Input, Modal } from "antd";
import { type KeyboardEvent, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { audiencesQuery, campaignsQuery, journeysQuery, tagsQuery } from "@/api/queries";
import { PLACES } from "@/app/Frame";
import { leave } from "@/lib/asked";
import { type Found, matching } from "@/lib/finding";
import { useTongue } from "@/lib/text";

/** Finds every page, tag, audience, journey and campaign by name, in Chinese, English or pinyin. */
export default function Finder({ close }: { close: () => void }) {
  const { say } = useTongue();
  const go = useNavigate();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const all = useEverything();
  const found = useMemo(() => matching(all, typed), [all, typed]);
  const open = (one: Found | undefined) => {
    if (!one) return;
    if (one.find) leave(one.find);
    close();
    void go(one.to);
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((now) => (now + step + found.length) % Math.max(1, found.length));
    }
    if (event.key === "Enter") open(found[at]);
  };
  return (
    <Modal
      open
      transitionName=""
      maskTransitionName=""
      onCancel={close}
      footer={null}
      closable={false}
      title={null}
      width={560}
      style={{ top: 80 }}
    >
      <Input
        autoFocus
        size="large"
        role="combobox"
        aria-expanded
        aria-controls="finder"
        aria-activedescendant={found[at] ? `found-${at}` : undefined}
        aria-label={say("Search", "搜索")}
        placeholder={say(
          "A name, in English, Chinese or pinyin; a phone's last four digits",
          "名称、拼音，或手机号后四位",
        )}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <div className="finder" id="finder" role="listbox" aria-label={say("Found", "结果")}>
        {found.map((one, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are listened to by the field that owns the list
          <div
            key={`${one.to} ${one.find ?? ""}`}
            id={`found-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onMouseEnter={() => setAt(index)}
            onClick={() => open(one)}
          >
            <span className="ellipsis">{say(one.title)}</span>
            <span className="faint small">{say(one.kind)}</span>
          </div>
        ))}
      </div>
    </Modal>
  );
}

function useEverything(): Found[] {
  const tags = useQuery(tagsQuery).data?.tags;
  const audiences = useQuery(audiencesQuery).data?.audiences;
  const journeys = useQuery(journeysQuery).data?.journeys;
  const campaigns = useQuery(campaignsQuery).data?.campaigns;
  return useMemo(
    () => [
      ...PLACES.map((place) => ({ to: place.to, title: place.title, kind: { en: "page", zh: "页面" }, name: "" })),
      ...(audiences ?? []).map((each) => ({
        to: `/audiences/${each.audience}`,
        title: each.title,
        name: each.audience,
        kind: { en: "audience", zh: "人群" },
      })),
      ...(tags ?? []).map((each) => ({
        to: `/tags/${each.tag}`,
        title: each.title,
        name: each.tag,
        kind: { en: "tag", zh: "标签" },
      })),
      ...(journeys ?? []).map((each) => ({
        to: `/journeys/${each.journey}`,
        title: { en: each.journey, zh: each.journey },
        name: each.journey,
        kind: { en: "journey", zh: "旅程" },
      })),
      ...(campaigns ?? []).map((each) => ({
        to: `/campaigns/${each.campaign}`,
        title: each.title,
        name: each.campaign,
        kind: { en: "campaign", zh: "活动" },
      })),
    ],
    [tags, audiences, journeys, campaigns],
  );
}
