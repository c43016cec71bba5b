/** Ink, paper and one vermilion: quiet colours on which figures stand out. */
export const INK = { light: "#20565c", dark: "#6fb3b5" };
export const SERIES = {
  light: ["#2f6f76", "#c9814a", "#7a8fb0", "#a9663f", "#8aa88b", "#b79bb5", "#d1b36a", "#5f6b73"],
  dark: ["#6fb3b5", "#d99a66", "#97aace", "#c4875f", "#a5c2a6", "#ceb4cc", "#dcc585", "#8f9ba3"],
};
