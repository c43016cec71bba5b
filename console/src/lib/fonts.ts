const MOST = 255; // of a feature's value

/**
 * Has text drawn anew when parts of the web font come. Chromium keeps how it drew a word before its font was there, from
 * page to page, so that on machines without a Chinese font of their own names would stay boxes. Another value of a
 * feature, which is on in any case, makes it look again.
 */
export function drawAnew(): void {
  let value = Math.floor(Math.random() * MOST);
  const another = () => {
    value = (value + 1) % MOST;
    document.documentElement.style.setProperty("--fonts", String(value + 1));
  };
  another();
  document.fonts.addEventListener("loadingdone", another);
}
