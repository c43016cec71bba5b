import { Link } from "react-router";
import { useSay } from "@/lib/text";
import { Page } from "@/ui/Page";
import { Nothing } from "@/ui/states";

export function Missing() {
  const say = useSay();
  return (
    <Page title={say("Nothing here", "页面不存在")}>
      <Nothing title={say("There is no page at this address.", "此地址没有页面。")}>
        <Link to="/">{say("Go to the overview", "返回总览")}</Link>
      </Nothing>
    </Page>
  );
}
