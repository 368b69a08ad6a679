// Times in the reader's zone: near ones by their distance, others by their date; the title has all
// of it. The server writes them in UTC, which is what stays without this.
"use strict";

{
  const written = (format) => new Intl.DateTimeFormat("en-GB", format);
  const whole = written({ dateStyle: "full", timeStyle: "long" });
  const date = written({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const old = written({ day: "numeric", month: "short", year: "numeric" });
  const [MINUTE, HOUR, DAY] = [60, 3600, 86400];

  function inWords(at) {
    const passed = Math.round((Date.now() - at) / 1000);
    const seconds = Math.abs(passed);
    if (seconds < 45) return passed < 0 ? "in a moment" : "just now";
    if (seconds >= 7 * DAY) return (seconds < 300 * DAY ? date : old).format(at);
    const [unit, name] =
      seconds < 55 * MINUTE ? [MINUTE, "min"] : seconds < 23 * HOUR ? [HOUR, "h"] : [DAY, "day"];
    const count = Math.max(Math.round(seconds / unit), 1);
    const span = `${count} ${name}${name === "day" && count > 1 ? "s" : ""}`;
    return passed < 0 ? `in ${span}` : `${span} ago`;
  }

  function show() {
    for (const time of document.querySelectorAll("time[datetime$=Z]")) {
      const at = new Date(time.dateTime);
      const words = inWords(at);
      if (time.textContent === words) continue;
      time.textContent = words;
      time.title = whole.format(at);
    }
  }

  show();
  setInterval(show, 30_000);
  new MutationObserver(show).observe(document.body, { childList: true, subtree: true });
}
