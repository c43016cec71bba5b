import { useEffect, useRef } from "react";
import { INK, SERIES } from "@/lib/colours";
import { useLook } from "@/lib/look";
import type { ChartOption } from "@/ui/echarts";

/** A chart; the library is fetched when the first one is shown. `label` says to who cannot see it what it shows. */
export function Chart({ option, label, height = 240 }: { option: ChartOption; label: string; height?: number }) {
  const place = useRef<HTMLDivElement>(null);
  const { dark } = useLook();
  useEffect(() => {
    let gone = false;
    let close = () => {};
    void import("@/ui/echarts").then(({ draw }) => {
      if (gone || !place.current) return;
      close = draw(place.current, option, dark ? "dark" : "light");
    });
    return () => {
      gone = true;
      close();
    };
  }, [option, dark]);
  return <div ref={place} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}

export { INK, SERIES };
