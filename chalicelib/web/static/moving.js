// Moving cards and columns of a board: by pointer, keys and finger.
"use strict";

if (Board.mayEdit) {
  const { element: board, cardsIn, listsOf, nameOf, sourceOf, sources, button } = Board;
  let held = null;  // the card that the pointer drags
  const touched = matchMedia("(any-pointer: coarse)").matches;

  // Put a card above another one, or at the end of the column.
  function put(card, list, below) {
    const focused = card.contains(document.activeElement) && document.activeElement;
    list.insertBefore(card, below?.parentElement === list ? below : null);
    if (focused) focused.focus();
    Board.show(card);
  }

  // Move a card and send the server its new neighbour; a refused move is undone.
  async function move(card, list, below) {
    card.home ??= [card.parentElement, card.nextElementSibling];  // its place on the server
    put(card, list, below);
    const position = cardsIn(list.parentElement).indexOf(card) + 1;
    const form = formOf({ do: "move", task_id: card.id.slice(1), column_id: list.id });
    if (card.nextElementSibling) form.set("before", card.nextElementSibling.id.slice(1));
    else if (card.previousElementSibling)
      form.set("after", card.previousElementSibling.id.slice(1));
    else form.set("position", position);
    const { answer, reason } = await Board.post(form);
    const told = `Moved to ${nameOf(list)}, position ${position}`;
    Board.tell(reason ? "It could not be moved" : told, reason);
    if (!reason) Undo.offer(`${told}.`, answer.headers.get("X-Undo"));
    if (reason && card.home) put(card, ...card.home);
    card.home = null;
    await Board.refresh().catch(() => {});
  }

  const formOf = (fields) =>
    new URLSearchParams({ csrf_token: board.dataset.token, part: "move", ...fields });

  // What cards need to be moved with: those of a board of a thousand only when they are used.
  board.addEventListener("pointerdown", ({ target }) => {
    const card = target.closest(".tasks > li");
    if (!card) return;
    card.draggable = true;
    card.querySelector("a").draggable = false;
  });
  board.addEventListener("focusin", ({ target }) => {
    const card = target.closest(".tasks > li");
    if (!card) return;
    sources.set(card, sourceOf(card));
    card.querySelector("a").setAttribute("aria-describedby", "keys");
  });

  // Touch scrolls instead of dragging: there a card has a button that shows four arrows.
  const steps = document.createElement("div");
  steps.className = "steps";
  for (const [key, text] of Object.entries({ Left: "←", Up: "↑", Down: "↓", Right: "→" }))
    steps.append(button(text, { step: `Arrow${key}` }, key));
  let stepping = null;  // the id of the card with the arrows

  function addButtons() {
    if (!touched) return;
    for (const card of cardsIn(board)) {
      if (card.querySelector("[data-moves]")) continue;
      sources.set(card, sourceOf(card));
      const label = `Move ${card.querySelector("a").textContent}`;
      card.querySelector("p").append(button("Move", { moves: card.id }, label));
    }
    if (stepping) document.getElementById(stepping)?.append(steps);
  }
  document.addEventListener("board:shown", addButtons);

  board.addEventListener("click", (event) => {
    const { moves, step: key } = event.target.closest("button")?.dataset ?? {};
    if (key) step(steps.parentElement, key);
    if (!moves) return;
    stepping = stepping === moves ? null : moves;
    if (stepping) document.getElementById(stepping).append(steps);
    else steps.remove();
  });

  // A column's drop zone is its whole height and half of the gap on each side.
  function columnAt(x) {
    const columns = [...board.querySelectorAll(".column")];
    return columns.find((one) => x < one.getBoundingClientRect().right + 8);
  }

  // The drop position: above the first card whose middle is below the pointer.
  function placeAt(list, y) {
    const middle = ({ top, height }) => top + height / 2;
    return cardsIn(list.parentElement)
      .find((card) => card !== held && y < middle(card.getBoundingClientRect()));
  }

  function unmark() {
    for (const marked of board.querySelectorAll(".target")) marked.classList.remove("target");
  }

  board.addEventListener("dragstart", (event) => {
    held = event.target.closest?.(".tasks > li");
    if (!held) return;
    Board.hold(true);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.textContent);
    held.classList.add("moving");
  });
  board.addEventListener("dragend", () => {
    held?.classList.remove("moving");
    held = null;
    Board.hold(false);
    unmark();
  });
  board.addEventListener("dragover", (event) => {
    const list = held && columnAt(event.clientX)?.querySelector(".tasks");
    if (!list) return;
    event.preventDefault();
    unmark();
    (placeAt(list, event.clientY) ?? list).classList.add("target");
  });
  board.addEventListener("drop", (event) => {
    const list = held && columnAt(event.clientX)?.querySelector(".tasks");
    if (!list) return;
    event.preventDefault();
    const card = held;
    Board.hold(false);
    move(card, list, placeAt(list, event.clientY));
  });

  board.addEventListener("keydown", (event) => {
    const card = event.altKey && event.target.closest(".tasks > li");
    if (!card || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    step(card, event.key);
  });

  function step(card, key) {
    const lists = listsOf(board);
    const list = card.parentElement;
    const sideways = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (sideways) {
      const other = lists[lists.indexOf(list) + sideways];
      if (other) move(card, other, other.children[[...list.children].indexOf(card)]);
    } else {
      const passed = key === "ArrowUp" ? card.previousElementSibling : card.nextElementSibling;
      if (passed) move(card, list, key === "ArrowUp" ? passed : passed.nextElementSibling);
    }
  }

  addButtons();
}
