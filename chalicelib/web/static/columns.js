// Moving the columns of a board: by headers, by keys, and step by step. The page of the project
// does it without JavaScript.
"use strict";

if ("manage" in Board.element.dataset) {
  const { element: board, button, nameOf } = Board;
  const columns = () => [...board.querySelectorAll(".column")];
  const listOf = (column) => column.querySelector(".tasks");
  let held = null;  // the column that the pointer drags

  // Move a column to a place, from 0; a refused move is undone by what the server shows.
  async function move(column, place) {
    const others = columns().filter((other) => other !== column);
    if (place < 0 || place > others.length || columns()[place] === column) return;
    const { activeElement: focused } = document;
    const { scrollTop } = listOf(column);
    column.parentElement.insertBefore(column, others[place] ?? null);
    listOf(column).scrollTop = scrollTop;
    if (column.contains(focused)) focused.focus();
    column.scrollIntoView({ block: "nearest", inline: "nearest" });
    const { reason } = await Board.post(new URLSearchParams({
      csrf_token: board.dataset.token, part: "column", do: "move-column",
      column_id: listOf(column).id, position: place + 1,
    }));
    if (reason) Board.tell("The column could not be moved", reason);
    else Board.tell(`Column ${nameOf(listOf(column))} moved to position ${place + 1}`);
    await Board.refresh().catch(() => {});
  }

  const step = (column, key) =>
    move(column, columns().indexOf(column) + { ArrowLeft: -1, ArrowRight: 1 }[key]);

  function addHandles() {
    for (const column of columns()) {
      const name = `Move column ${nameOf(listOf(column))}`;
      const there = column.querySelector(".handle");
      const handle = there ?? button("⠿", {}, name);
      if (there?.ariaLabel !== name) handle.ariaLabel = name;
      if (there) continue;
      handle.className = "handle";
      handle.title = "Drag, or Alt and ← →";
      column.querySelector("header").prepend(handle);
    }
  }

  // Where nothing can be dragged: two buttons below the head.
  const steps = document.createElement("div");
  steps.className = "steps";
  for (const [key, text] of Object.entries({ Left: "←", Right: "→" }))
    steps.append(button(text, { columnStep: `Arrow${key}` }, key));

  board.addEventListener("click", ({ target }) => {
    const column = target.closest(".column");
    const key = target.closest("button")?.dataset.columnStep;
    if (key) step(column, key);
    if (!target.closest(".handle")) return;
    if (steps.parentElement?.parentElement === column) steps.remove();
    else column.querySelector("header").append(steps);
  });

  board.addEventListener("keydown", (event) => {
    const isArrow = ["ArrowLeft", "ArrowRight"].includes(event.key);
    const header = event.altKey && isArrow && event.target.closest(".column > header");
    if (!header || event.target.matches("input")) return;
    event.preventDefault();
    step(header.parentElement, event.key);
  });

  board.addEventListener("pointerdown", ({ target }) => {
    const grip = target.closest(".column .title, .handle");
    if (grip) grip.closest(".column").draggable = true;
  });
  board.addEventListener("dragstart", (event) => {
    if (!event.target.matches?.(".column")) return;
    held = event.target;
    Board.hold(true);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", nameOf(listOf(held)));
    held.classList.add("moving");
  });
  for (const kind of ["pointerup", "dragend"])
    board.addEventListener(kind, () => {
      for (const column of columns()) {
        column.draggable = false;
        column.classList.remove("moving", "drop-before", "drop-after");
      }
      if (held) Board.hold(false);
      held = null;
    });

  // The column under the pointer, and whether the held one goes behind it.
  function spotAt(x) {
    const all = columns();
    const column = all.find((one) => x < one.getBoundingClientRect().right + 8) ?? all.at(-1);
    const { left, width } = column.getBoundingClientRect();
    return { column, isAfter: x > left + width / 2 };
  }

  board.addEventListener("dragover", (event) => {
    if (!held) return;
    event.preventDefault();
    const { column, isAfter } = spotAt(event.clientX);
    for (const other of columns()) other.classList.remove("drop-before", "drop-after");
    if (column !== held) column.classList.add(isAfter ? "drop-after" : "drop-before");
  });
  board.addEventListener("drop", (event) => {
    if (!held) return;
    event.preventDefault();
    const { column, isAfter } = spotAt(event.clientX);
    const others = columns().filter((other) => other !== held);
    const moved = held;
    Board.hold(false);
    if (column !== moved) move(moved, others.indexOf(column) + Number(isAfter));
  });

  document.addEventListener("board:shown", addHandles);
  addHandles();
}
