import { BarChart, CustomChart, HeatmapChart, LineChart, SankeyChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { SERIES } from "@/lib/colours";

use([
  BarChart,
  CustomChart,
  HeatmapChart,
  LineChart,
  SankeyChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
  SVGRenderer,
]);

export type ChartOption = EChartsCoreOption;

/** Draws into `place`, follows its size, and returns what takes the drawing away. */
export function draw(place: HTMLElement, option: ChartOption, look: "light" | "dark"): () => void {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--faint").trim();
  const line = style.getPropertyValue("--line").trim();
  const chart = init(place, null, { renderer: "svg" });
  const axis = {
    axisLine: { lineStyle: { color: line } },
    axisLabel: { color: ink },
    splitLine: { lineStyle: { color: line } },
  };
  chart.setOption({
    color: SERIES[look],
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    grid: { left: 8, right: 12, top: 24, bottom: 8, containLabel: true },
    ...option,
    ...("xAxis" in option ? { xAxis: { ...axis, ...(option.xAxis as object) } } : {}),
    ...("yAxis" in option ? { yAxis: { ...axis, ...(option.yAxis as object) } } : {}),
  });
  const watcher = new ResizeObserver(() => chart.resize());
  watcher.observe(place);
  return () => {
    watcher.disconnect();
    chart.dispose();
  };
}
