// The board: it shows the changes of others, and marks what is new. adding.js and moving.js build
// on `Board`. On `document` is dispatched `board:shown` after each change of what it shows.
"use strict";

const Board = (() => {
  const element = document.getElementById("board");
  const path = `${document.body.dataset.root}/boards/${element.dataset.project}`;
  const told = document.getElementById("told");
  const failed = document.getElementById("failed");
  const mayEdit = "edit" in element.dataset;
  let turn = 0;  // counts changes and refreshes: answers to earlier ones are stale
  let isHeld = false;  // a card is being dragged
  let shown = new URLSearchParams(location.search).get("shown");

  const cardsIn = (place) => [...place.querySelectorAll(".tasks > li")];
  const listsOf = (place) => [...place.querySelectorAll(".tasks")];
  const nameOf = (list) => document.getElementById(`c${list.id}`).firstElementChild.textContent;

  // Load the columns again, and change only what differs: focus, text and scroll stay.
  async function refresh({ hasMore = false } = {}) {
    const mine = ++turn;
    const asked = new URLSearchParams(location.search);
    asked.set("part", "columns");
    if (shown) asked.set("shown", shown);
    const answer = await fetch(`${path}?${asked}`);
    const text = await answer.text();
    if (!answer.ok || answer.redirected || isHeld || mine !== turn) return;
    const fresh = document.createElement("div");
    fresh.innerHTML = text;
    const focused = document.activeElement?.closest(".tasks > li")?.id;
    element.dataset.version = fresh.firstElementChild.dataset.version;
    const isSame = String(listsOf(element).map(({ id }) => id))
      === String(listsOf(fresh).map(({ id }) => id));
    const news = isSame ? patch(fresh) : replace(fresh);
    if (!hasMore) for (const card of news) observer.observe(card);
    if (unseen.size) count();
    const card = focused && document.getElementById(focused);
    if (card && !card.contains(document.activeElement)) card.querySelector("a").focus();
    document.dispatchEvent(new Event("board:shown"));
  }

  // A column was added, moved or removed: keep the forms that are open.
  function replace(fresh) {
    const typing = document.activeElement?.closest("details") && document.activeElement;
    for (const opened of element.querySelectorAll("details[open]")) {
      const { id } = opened.closest("section").querySelector(".tasks");
      const list = listsOf(fresh).find((other) => other.id === id);
      list?.closest("section").querySelector("details").replaceWith(opened);
    }
    const left = element.firstElementChild.scrollLeft;
    element.replaceChildren(...fresh.children);
    element.firstElementChild.scrollLeft = left;
    if (typing?.isConnected) typing.focus();
    return [];
  }

  const sources = new WeakMap();  // the HTML of a card as it came
  const sourceOf = (card) => sources.get(card) ?? card.classList[0] + card.innerHTML;

  // Return the cards that were not there before, and the newer ones of what nobody has seen yet.
  function patch(fresh) {
    const old = new Map(cardsIn(element).map((card) => [card.id, card]));
    const greatest = Math.max(0, ...[...old.keys()].map((id) => Number(id.slice(1))));
    const news = [];
    for (const list of listsOf(fresh)) {
      const [from, to] = [list, document.getElementById(list.id)].map((one) => one.parentElement);
      const cards = [...list.children];
      const hasMore = [from, to].some((one) => one.querySelector(".more > *"));
      // Below these come the cards that others have made room for.
      const end = hasMore ? cards.findLastIndex(({ id }) => old.has(id)) : cards.length;
      const wanted = cards.map((card, at) => {
        const known = old.get(card.id);
        const isNew = !known && at < end && (!hasMore || Number(card.id.slice(1)) > greatest);
        sources.set(card, sourceOf(card));
        if (known && sourceOf(known) === sourceOf(card)) return known;
        const isUnseen = unseen.delete(known);
        if (isUnseen) unseen.add(card);
        if (isNew || isUnseen) news.push(card);
        return card;
      });
      arrange(document.getElementById(list.id), wanted);
      for (const part of [".title", ".more"])
        to.querySelector(part).replaceChildren(...from.querySelector(part).childNodes);
    }
    return news;
  }

  // What stays in its place is not touched.
  function arrange(list, wanted) {
    const kept = new Set(wanted);
    for (const card of [...list.children]) if (!kept.has(card)) card.remove();
    let next = list.firstElementChild;
    for (const card of wanted) {
      if (card === next) next = next.nextElementSibling;
      else list.insertBefore(card, next);
    }
  }

  // A new card is marked for two seconds, from when it is in sight; until then it is counted.
  const unseen = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && !sideOf(target)) mark(target);
      else unseen.add(target);
    }
    count();
  }, { threshold: [0, 0.25, 0.5, 0.75, 1] });

  // Return on which side of the board more than half of a card or column is hidden: "left",
  // "right" or "".
  function sideOf(part) {
    const board = element.getBoundingClientRect();
    const { left, width } = part.getBoundingClientRect();
    const middle = left + width / 2;
    if (middle < board.left) return "left";
    return middle > board.right ? "right" : "";
  }

  function mark(card) {
    observer.unobserve(card);
    unseen.delete(card);
    card.classList.add("new");
    setTimeout(() => card.classList.remove("new"), 2000);
  }

  // "2 new below": a button at the end of the column. "New in Done": one beside the board.
  function count() {
    for (const card of unseen) if (!card.isConnected) unseen.delete(card);
    for (const side of ["left", "right"]) point(side);
    for (const list of listsOf(element)) {
      const { top } = list.getBoundingClientRect();
      const isBeside = sideOf(list);
      const here = [...unseen].filter((card) => !isBeside && card.parentElement === list);
      const isAbove = here.some((card) => card.getBoundingClientRect().top < top);
      const text = here.length && `${here.length} new ${isAbove ? "above" : "below"}`;
      const found = list.parentElement.querySelector("[data-unseen]");
      if (!text) found?.remove();
      else {
        const shows = found ?? button("", { unseen: list.id });
        if (shows.textContent !== text) shows.textContent = text;
        if (!found) list.after(shows);
      }
    }
    announce();
  }

  // Announce a column whose new cards are out of sight, once until all of them have been seen.
  let announced = new Set();
  function announce() {
    const lists = new Set([...unseen].map((card) => card.parentElement));
    const names = [...lists].filter(({ id }) => !announced.has(id)).map(nameOf);
    announced = new Set([...lists].map(({ id }) => id));
    if (names.length) told.textContent = `New in ${names.join(", ")}`;
  }

  // Name the nearest column on a side that has a new card.
  function point(side) {
    const lists = listsOf(element).filter((list) => sideOf(list) === side
      && [...unseen].some((card) => card.parentElement === list));
    const list = side === "left" ? lists.at(-1) : lists[0];
    const found = element.querySelector(`:scope > .beside.${side}`);
    if (!list) return found?.remove();
    const shows = found ?? button("", {});
    shows.className = `beside ${side}`;
    shows.dataset.unseen = list.id;
    const text = `New in ${nameOf(list)}`;
    if (shows.textContent !== text) shows.textContent = text;
    if (!found) element.append(shows);
    return undefined;
  }

  function button(text, does, label) {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: text });
    if (label) made.ariaLabel = label;
    Object.assign(made.dataset, does);
    return made;
  }

  function show(card, behavior = "auto") {
    card.scrollIntoView({ block: "nearest", inline: "nearest", behavior });
  }

  // Send a form; return the answer, or the server's reason for a refusal.
  async function post(form) {
    turn += 1;
    try {
      const answer = await fetch(path, { method: "POST", body: form });
      if (answer.status === 204) return { answer, reason: "" };
      if (answer.redirected) location.reload();  // the session has ended: sign in and return
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const reason = page.querySelector("#main p")?.textContent;
      return { reason: reason ?? `the server answered ${answer.status}` };
    } catch {
      return { reason: "the server cannot be reached" };
    }
  }

  function tell(text, reason = "") {
    told.textContent = reason ? "" : text;
    failed.textContent = reason && `${text}: ${reason}`;
    failed.hidden = !reason;
  }

  element.addEventListener("click", (event) => {
    const { more, unseen: id } = event.target.closest("[data-more], [data-unseen]")?.dataset ?? {};
    const card = id && [...unseen].find((one) => one.parentElement?.id === id);
    if (card) {
      const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
      show(card, isStill || !sideOf(card) ? "auto" : "smooth");
      card.querySelector("a").focus({ preventScroll: true });  // the button goes
    }
    if (!more) return;
    event.preventDefault();
    shown = more;
    refresh({ hasMore: true });
  });

  element.addEventListener("scroll", () => unseen.size && count(), true);

  // The link of a card covers it, except where a title explains something: there too.
  for (const kind of ["click", "auxclick"])
    element.addEventListener(kind, (event) => {
      const card = event.target.closest("li [title]")?.closest("li");
      const link = card?.querySelector("a");
      if (link && event.button === 1) open(link.href);
      else if (link && !event.button) link.dispatchEvent(new MouseEvent("click", event));
    });

  // Show changes of others: a small request every two seconds while the tab is visible.
  async function look() {
    try {
      if (!document.hidden && !isHeld) {
        const answer = await fetch(`${path}/version`);
        if (answer.ok && !answer.redirected) {
          const { version } = await answer.json();
          if (version !== element.dataset.version) await refresh();
        }
      }
    } catch {
      // No answer: try again next time.
    } finally {
      setTimeout(look, 2000);
    }
  }

  document.addEventListener("panel:saved", () => refresh().catch(() => {}));
  setTimeout(look, 2000);
  return {
    element, mayEdit, cardsIn, listsOf, nameOf, sourceOf, sources,
    button, refresh, post, tell, show,
    hold: (isNow) => { isHeld = isNow; },
  };
})();
