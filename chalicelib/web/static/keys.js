// Keys of one letter, and the dialogs that they open. They act outside of fields alone, never with
// Ctrl, Alt or Meta, and the dialog of all keys turns them off (WCAG 2.1.4).
"use strict";

const Keys = (() => {
  const STORE = "taskhook-keys";
  const known = [];  // { key, says, group, run }
  let isOn = true;
  try { isOn = localStorage.getItem(STORE) !== "off"; } catch { /* not kept in this browser */ }

  // `run` returns false where the key means nothing at the moment.
  function add(group, key, says, run) {
    known.push({ group, key, says, run });
  }

  const isField = (element) => element.closest("input:not([type=checkbox]), textarea, select")
    || element.isContentEditable;

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!isOn || event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isField(target)) return;
    if (document.querySelector("dialog[open]")) return;
    const found = known.find((one) => one.key === key && one.run);
    if (found && found.run(event) !== false) event.preventDefault();
  });

  const make = (tag, fields = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), fields);
    made.append(...children);
    return made;
  };

  // Open a dialog; the browser returns the focus where it was.
  function open(dialog) {
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    // A click beside it closes it.
    dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
    dialog.showModal();
  }

  function showAll() {
    const groups = new Map();
    for (const one of known.filter(({ says }) => says))
      groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
    const switched = make("input", { type: "checkbox", checked: isOn });
    switched.addEventListener("change", () => {
      isOn = switched.checked;
      try { localStorage.setItem(STORE, isOn ? "on" : "off"); } catch { /* for this page alone */ }
    });
    const close = make("button", { type: "button", textContent: "✕", ariaLabel: "Close" });
    const parts = [...groups].map(([name, keys]) => make("section", {},
      make("h3", { textContent: name }), make("dl", {}, ...keys.map(({ key, says }) =>
        make("div", {}, make("dt", {}, ...key.split(" ").map((one) =>
          make("kbd", { textContent: one }))), make("dd", { textContent: says }))))));
    const dialog = make("dialog", { className: "keys", ariaLabel: "Keyboard shortcuts" },
      make("div", { className: "row" },
        make("h2", { textContent: "Keyboard shortcuts", className: "grow" }), close),
      make("div", { className: "both" }, ...parts),
      make("label", { className: "small" }, switched, "Shortcuts act in this browser"));
    close.addEventListener("click", () => dialog.close());
    open(dialog);
  }

  // Choose one of [value, label] by its letters or the arrow keys; null where nothing is chosen.
  // `free` says what a text that is none of them means: "Add the tag".
  function choose(title, options, free = "") {
    return new Promise((resolve) => {
      let shown = [];
      let at = 0;
      const list = make("ul", { id: "choices", role: "listbox", ariaLabel: title });
      const field = make("input", { placeholder: title, ariaLabel: title, role: "combobox" });
      field.setAttribute("aria-controls", "choices");
      field.setAttribute("aria-expanded", "true");
      field.autocomplete = "off";
      const dialog = make("dialog", { className: "chooser", ariaLabel: title }, field, list);

      function show() {
        const typed = field.value.trim();
        const folded = typed.toLowerCase();
        const begins = ([, label]) => label.toLowerCase().startsWith(folded);
        const found = options.filter(([, label]) => label.toLowerCase().includes(folded));
        shown = [...found.filter(begins), ...found.filter((one) => !begins(one))];
        if (free && typed && !options.some(([, label]) => label.toLowerCase() === folded))
          shown.push([typed, `${free} “${typed}”`]);
        list.replaceChildren(...shown.map(([, label], place) =>
          make("li", { textContent: label, role: "option", id: `choice-${place}` })));
        if (!shown.length) list.append(make("li", { textContent: "Nothing is like that." }));
        point(0);
      }

      function point(place) {
        at = place;
        for (const [number, one] of [...list.children].entries()) {
          if (shown.length) one.ariaSelected = number === at;
          if (number === at) one.scrollIntoView({ block: "nearest" });
        }
        field.setAttribute("aria-activedescendant", shown.length ? `choice-${at}` : "");
      }

      function take(place) {
        if (shown[place]) dialog.close(shown[place][0]);
      }

      field.addEventListener("input", show);
      field.addEventListener("keydown", (event) => {
        const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (event.isComposing || !(by || event.key === "Enter")) return;
        event.preventDefault();
        if (by && shown.length) point((at + by + shown.length) % shown.length);
        else take(at);
      });
      list.addEventListener("click", ({ target }) => take([...list.children].indexOf(target)));
      dialog.addEventListener("close", () => resolve(dialog.returnValue || null));
      open(dialog);
      show();
      field.focus();
    });
  }

  const board = document.getElementById("board");
  const main = document.getElementById("main");
  const cardsIn = (place) => [...place.querySelectorAll(".tasks > li")];
  const lists = () => [...main.querySelectorAll(".tasks")];
  let last = "";  // the id of the card that had the focus last

  function current() {
    const focused = document.activeElement?.closest(".tasks > li");
    return focused ?? (document.activeElement === document.body && document.getElementById(last));
  }

  function go(card) {
    card?.querySelector("a").focus({ preventScroll: true });
    card?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // Go to a card above, below or beside the current one; without one, to the first in sight.
  function step({ target, key }) {
    const by = { j: [0, 1], k: [0, -1], h: [-1, 0], l: [1, 0], ArrowDown: [0, 1],
      ArrowUp: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
    const card = current();
    if (target.closest("#panel") || (key.startsWith("Arrow") && !target.closest(".tasks > li")))
      return false;
    if (!card) return go(firstInSight());
    const list = card.parentElement;
    const place = [...list.children].indexOf(card);
    // What a search has found is one list, in parts.
    const all = board ? [...list.children] : cardsIn(main);
    if (by[1]) return go(all[all.indexOf(card) + by[1]]);
    const beside = lists().slice(...(by[0] > 0 ? [lists().indexOf(list) + 1] :
      [0, lists().indexOf(list)])).filter((one) => one.children.length);
    const other = by[0] > 0 ? beside[0] : beside.at(-1);
    return other && go(other.children[Math.min(place, other.children.length - 1)]);
  }

  function firstInSight() {
    const cards = cardsIn(main);
    return cards.find((card) => {
      const { top, left } = card.getBoundingClientRect();
      return top >= 0 && left >= 0;
    }) ?? cards[0];
  }

  function edit() {
    const card = current();
    if (!card) return showFields(document.querySelector("#panel:not([hidden])"));
    const opened = () => showFields(document.getElementById("panel"));
    document.addEventListener("panel:shown", opened, { once: true });
    return card.querySelector("a").click();
  }

  function showFields(place) {
    const title = place?.querySelector("[name=title]");
    if (!title) return false;
    const folded = title.closest("details");
    if (folded) folded.open = true;
    return title.focus();
  }

  add("Everywhere", "/", "Search all projects", () => {
    const field = document.querySelector("[role=search][action$='/search'] input, .seek input");
    field?.focus();
    field?.select();
    return Boolean(field);
  });
  add("Everywhere", "?", "Show all shortcuts", showAll);
  if (lists().length) {
    main.addEventListener("focusin", ({ target }) => {
      last = target.closest(".tasks > li")?.id ?? last;
    });
    add("On a board", "j k h l", "Go to the card below, above, left, right");
    for (const key of "jkhl") known.push({ group: "", key, run: step });
    for (const way of ["Down", "Up", "Left", "Right"])
      known.push({ group: "", key: `Arrow${way}`, run: step });
    add("On a board", "Enter", "Open the card");
  }
  if (board) {
    if ("edit" in board.dataset) {
      add("On a board", "c", "Add a task", () => {
        const made = document.getElementById("new-task");
        made?.click();
        return Boolean(made);
      });
      add("On a board", "e", "Edit the card", edit);
      add("On a board", "Alt arrow", "Move the card by one place");
    }
    add("On a board", "Esc", "Close the panel, clear the selection");
  }

  const all = make("button",
    { type: "button", className: "link all-keys", textContent: "Shortcuts" });
  all.addEventListener("click", showAll);
  document.querySelector(".who")?.prepend(all);
  return { add, choose, current, make };
})();
