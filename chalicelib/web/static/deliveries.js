// New deliveries and new states appear by themselves, on the first page of the list.
//
// A small request looks at one endpoint after the other, while the page is visible and somebody is
// there; only a change loads the list. What is read stays where it is.
"use strict";

{
  const log = document.getElementById("log");
  const versions = JSON.parse(log.dataset.watch);  // by endpoint
  const watched = Object.keys(versions);
  const PAUSE = watched.length > 1 ? 1000 : 2000;  // ms between two looks
  const SETTLE = 4000;  // ms between two loads of the list
  const IDLE = 15 * 60 * 1000;  // ms after which nobody is taken to be there
  const MARKED = 2000;  // ms for which a new row is marked
  const said = document.createElement("p");
  said.className = "hidden";
  said.setAttribute("role", "status");
  log.before(said);
  let turn = 0;
  let used = Date.now();
  let loaded = Date.now();
  let isStale = false;

  for (const kind of ["pointermove", "keydown", "scroll", "visibilitychange"])
    document.addEventListener(kind, () => { used = Date.now(); }, { passive: true });
  for (const kind of ["panel:saved", "panel:closed"])
    document.addEventListener(kind, () => { isStale = true; });

  const isWatched = () => !document.hidden && Date.now() - used < IDLE;

  async function look() {
    const endpoint = watched[turn++ % watched.length];
    const query = new URLSearchParams({ endpoint });
    const answer = await fetch(`${document.body.dataset.root}/deliveries/version?${query}`);
    if (!answer.ok || answer.redirected) return;
    const { version } = await answer.json();
    if (versions[endpoint] !== version) isStale = true;
  }

  async function load() {
    loaded = Date.now();
    const asked = new URL(location.href);
    asked.searchParams.delete("panel");
    const answer = await fetch(asked);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("log");
    if (!answer.ok || answer.redirected || !fresh) return;
    isStale = false;
    Object.assign(versions, JSON.parse(fresh.dataset.watch));
    for (const id of ["figures", "further"]) replace(id, page);
    keepInPlace(() => merge(fresh));
  }

  function replace(id, page) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (old && fresh && old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
  }

  const rowsOf = (part) => [...part.querySelectorAll("tr[data-id]")];

  // Rows that stay are the same elements, so that focus and scroll position stay as well.
  function merge(fresh) {
    const old = new Map(rowsOf(log).map((row) => [row.dataset.id, row]));
    const added = rowsOf(fresh).filter((row) => !old.has(row.dataset.id));
    for (const row of rowsOf(fresh)) {
      const kept = old.get(row.dataset.id);
      if (!kept) row.classList.add("new");
      else row.replaceWith(updated(kept, row));
    }
    log.replaceChildren(...fresh.childNodes);
    if (added.length) said.textContent = `New deliveries: ${added.length}`;
    setTimeout(() => { for (const row of added) row.classList.remove("new"); }, MARKED);
  }

  // The link is kept, with its focus; all else is as the server says.
  function updated(kept, row) {
    const cells = [...row.children];
    [...kept.children].forEach((cell, at) => {
      if (!cell.matches(".event") && cell.innerHTML !== cells[at].innerHTML)
        cell.replaceChildren(...cells[at].childNodes);
    });
    return kept;
  }

  // What is under the pointer, has the focus or is the first row in sight does not move.
  function keepInPlace(change) {
    const focused = log.contains(document.activeElement) ? document.activeElement : null;
    const seen = anchor(focused);
    const before = seen?.getBoundingClientRect().top;
    change();
    focused?.focus({ preventScroll: true });
    if (seen?.isConnected) scrollBy({ top: seen.getBoundingClientRect().top - before });
  }

  function anchor(focused) {
    const held = log.querySelector("tr:hover") ?? focused?.closest("tr");
    if (held || scrollY === 0) return held;
    return rowsOf(log).find((row) => row.getBoundingClientRect().top >= 0);
  }

  async function watch() {
    try {
      if (isWatched()) {
        await look();
        if (isStale && Date.now() - loaded > SETTLE) await load();
      }
    } catch {
      // No answer: try again next time.
    } finally {
      setTimeout(watch, PAUSE);
    }
  }
  setTimeout(watch, PAUSE);
}
