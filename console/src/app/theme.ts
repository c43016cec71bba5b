import { theme as antd, type ThemeConfig } from "antd";
import { INK } from "@/lib/colours";

const FONT =
  'Inter, "Segoe UI", system-ui, -apple-system, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans SC", "Noto Sans SC Variable", sans-serif';

export function themeOf(dark: boolean): ThemeConfig {
  return {
    algorithm: dark ? antd.darkAlgorithm : antd.defaultAlgorithm,
    cssVar: { key: "quanyu" },
    token: {
      colorPrimary: dark ? INK.dark : INK.light,
      colorInfo: dark ? INK.dark : INK.light,
      colorLink: dark ? "#8cc5c6" : "#1f6067",
      colorError: dark ? "#ec8b70" : "#b23c22",
      colorErrorHover: dark ? "#f3a48f" : "#9a331d",
      colorWarning: dark ? "#dcb261" : "#8a5a00",
      colorSuccess: dark ? "#8dc29a" : "#2d6e3f",
      colorBgLayout: dark ? "#14181a" : "#f6f5f2",
      colorBgContainer: dark ? "#1b2023" : "#ffffff",
      colorBgElevated: dark ? "#22282b" : "#ffffff",
      colorTextBase: dark ? "#e8e6e1" : "#1d2426",
      colorTextSecondary: dark ? "#a9b0b2" : "#566064",
      colorTextTertiary: dark ? "#8f989b" : "#646e72",
      colorTextDescription: dark ? "#a9b0b2" : "#5c666a",
      colorTextPlaceholder: dark ? "#8b9396" : "#6b7478",
      colorBorder: dark ? "#3a4347" : "#d5d3cc",
      colorBorderSecondary: dark ? "#2b3235" : "#e8e6e0",
      borderRadius: 5,
      fontFamily: FONT,
      fontSize: 13,
      controlHeight: 30,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.16s",
    },
    components: {
      Table: {
        cellPaddingBlockSM: 5,
        cellPaddingInlineSM: 10,
        headerBg: "transparent",
        headerSplitColor: "transparent",
        rowSelectedBg: dark ? "#20343a" : "#e9f0ef",
        rowSelectedHoverBg: dark ? "#263d44" : "#dfe9e8",
      },
      Button: {
        primaryShadow: "none",
        defaultShadow: "none",
        primaryColor: dark ? "#0d1516" : "#ffffff",
        dangerColor: dark ? "#0d1516" : "#ffffff",
      },
    },
  };
}
