/**
 * Has text drawn anew when parts of the web font come. Chromium keeps how it drew a word before its font was there, so
 * that on machines without a Chinese font of their own names would stay boxes. A new value of a feature makes it look again.
 */
export function drawAnew(): void {
  let times = 1;
  document.fonts.addEventListener("loadingdone", () => {
    times += 1;
    document.documentElement.style.setProperty("--fonts", String(times));
  });
}
