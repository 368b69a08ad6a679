// Several cards at once: select them by x, Shift or their boxes, then move, assign, tag, close.
"use strict";

{
  const board = document.getElementById("board");
  const { make, choose } = Keys;
  const path = `/boards/${board.dataset.project}/several`;
  const selected = new Set();  // the ids of cards, as in "t12"
  let isChoosing = false;  // a click on a card selects it
  let anchor = null;  // the id of the card from which Shift selects
  let choices = null;  // fetched when they are asked for

  const cards = () => [...board.querySelectorAll(".tasks > li")];
  const ids = () => cards().map(({ id }) => id).filter((id) => selected.has(id));
  const columns = () => [...board.querySelectorAll(".tasks")].map(({ id }) =>
    [id, document.getElementById(`c${id}`).firstElementChild.textContent]);

  const count = make("span", { role: "status", className: "grow" });
  const bar = make("section", { className: "selection", hidden: true, ariaLabel: "Selected tasks" },
    count);
  document.getElementById("main").append(bar);

  function act(text, key, run) {
    const button = make("button", { type: "button", textContent: text });
    if (key) button.title = key;
    button.addEventListener("click", run);
    bar.append(button);
    return button;
  }

  function show() {
    const isOn = isChoosing || selected.size > 0;
    board.classList.toggle("choosing", isOn);
    for (const card of cards()) {
      if (isOn) box(card).checked = selected.has(card.id);
      else card.querySelector(":scope > .box")?.remove();
      card.classList.toggle("chosen", selected.has(card.id));
    }
    bar.hidden = !isOn;
    count.textContent = selected.size ? `${selected.size} selected` : "Select tasks";
    for (const button of acting) button.disabled = !selected.size;
    starter?.setAttribute("aria-pressed", isOn);
  }

  function box(card) {
    const found = card.querySelector(":scope > .box");
    if (found) return found;
    const made = make("input", { type: "checkbox", className: "box",
      ariaLabel: `Select ${card.querySelector("a").textContent}` });
    card.append(made);
    return made;
  }

  function toggle(card, isRange = false) {
    const all = cards();
    const from = isRange ? all.findIndex(({ id }) => id === anchor) : -1;
    const to = all.indexOf(card);
    if (from < 0) {
      if (!selected.delete(card.id)) selected.add(card.id);
    } else {
      for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) selected.add(one.id);
    }
    anchor = card.id;
    show();
  }

  function clear() {
    selected.clear();
    isChoosing = false;
    anchor = null;
    const isInside = bar.contains(document.activeElement);
    show();
    if (isInside) starter?.focus();
  }

  // The focus goes to the card that follows those that leave their column.
  function goOn(wanted) {
    const all = cards();
    const left = all.findLast(({ id }) => wanted.includes(id));
    const stays = (card) => card.parentElement === left?.parentElement && !wanted.includes(card.id);
    const at = all.indexOf(left);
    const next = all.slice(at + 1).find(stays) ?? all.slice(0, at).findLast(stays);
    next?.querySelector("a").focus({ preventScroll: true });
  }

  // Change tasks by one request, and say what came of it.
  async function change(wanted, fields) {
    const chosen = Object.fromEntries(wanted.map((id) => [id, "on"]));
    const answer = await Undo.send(path, { ...fields, ...chosen });
    if (!answer) return;
    clear();
    if (fields.do === "move" || fields.do === "close") goOn(wanted);
    Undo.offer(answer.told, answer.undo);
    document.dispatchEvent(new Event("panel:saved"));
  }

  async function ask(kind) {
    const answer = choices ??= await fetch(`${document.body.dataset.root}${path}?part=choices`)
      .then((one) => (one.ok ? one.json() : null)).catch(() => null);
    if (!answer) Undo.refuse("The server cannot be reached.");
    return answer?.[kind] ?? null;
  }

  async function move() {
    const card = Keys.current();
    const wanted = selected.size ? ids() : [card?.id].filter(Boolean);
    if (!wanted.length) return;
    const title = wanted.length > 1 ? `Move ${wanted.length} tasks to` : "Move to";
    const column = await choose(title, columns());
    if (column) await change(wanted, { do: "move", column_id: column });
  }

  async function assign() {
    const people = await ask("people");
    const owner = people && await choose(`Assign ${selected.size} to`, people);
    if (owner) await change(ids(), { do: "assign", owner_id: owner });
  }

  async function tag() {
    const tags = await ask("tags");
    const name = tags && await choose(`Tag ${selected.size} with`,
      tags.map((one) => [one, one]), "Add the tag");
    if (!name) return;
    choices = null;  // there may be a new tag
    await change(ids(), { do: "tag", tags: `"${name.replaceAll('"', '""')}"` });
  }

  const acting = [
    act("Move", "m", move), act("Assign", "", assign), act("Tag", "", tag),
    act("Close tasks", "", () => change(ids(), { do: "close" })),
  ];
  act("✕", "Esc", clear).ariaLabel = "Clear the selection";

  // The button leads to a page that does the same without this script.
  const starter = document.getElementById("select");
  starter?.setAttribute("role", "button");
  starter?.addEventListener("click", (event) => {
    event.preventDefault();
    if (board.classList.contains("choosing")) return clear();
    isChoosing = true;
    return show();
  });

  board.addEventListener("click", (event) => {
    const card = event.target.closest(".tasks > li");
    if (!card || event.button || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("button")) return;
    const isBox = event.target.matches(".box");
    if (!(isBox || event.shiftKey || board.classList.contains("choosing"))) return;
    if (!isBox) event.preventDefault();
    event.stopPropagation();
    getSelection().removeAllRanges();
    toggle(card, event.shiftKey);
  }, true);

  // A long press of a finger.
  board.addEventListener("contextmenu", (event) => {
    const card = event.pointerType === "touch" && event.target.closest(".tasks > li");
    if (!card) return;
    event.preventDefault();
    toggle(card);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || bar.hidden) return;
    if (document.querySelector("dialog[open], #panel:not([hidden])")) return;
    event.preventDefault();
    clear();
  });

  Keys.add("On a board", "m", "Move the card, or what is selected", () => {
    if (!selected.size && !Keys.current()) return false;
    return move();
  });
  Keys.add("On a board", "x", "Select the card", () => {
    const card = Keys.current();
    if (card) toggle(card);
    return Boolean(card);
  });
  Keys.add("On a board", "Shift click", "Select from the last one to this card");

  // The board has new cards: those that are gone are no longer selected.
  new MutationObserver(() => {
    const there = new Set(cards().map(({ id }) => id));
    for (const id of selected) if (!there.has(id)) selected.delete(id);
    if (board.classList.contains("choosing")) show();
  }).observe(board, { childList: true, subtree: true });
}
