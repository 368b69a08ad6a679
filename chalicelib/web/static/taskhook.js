// What makes the pages pleasant; all of them work without it.
"use strict";

const board = document.getElementById("board");
if (board) startBoard(board);

function startBoard(board) {
  const path = `${document.body.dataset.root}/boards/${board.dataset.project}`;
  const told = document.getElementById("told");
  const failed = document.getElementById("failed");
  let held = null;  // the task that the pointer drags
  let turn = 0;  // of moves and refreshes: an answer to an earlier one is out of date
  let shown = new URLSearchParams(location.search).get("shown");

  // Load the columns again. The focus, what is written and how far a column was scrolled stay.
  async function refresh() {
    const mine = ++turn;
    const asked = new URLSearchParams(location.search);
    asked.set("part", "columns");
    if (shown) asked.set("shown", shown);
    const answer = await fetch(`${path}?${asked}`);
    const text = await answer.text();
    if (!answer.ok || answer.redirected || held || mine !== turn) return;
    const fresh = document.createElement("div");
    fresh.innerHTML = text;
    const typing = document.activeElement?.closest("details, .steps") && document.activeElement;
    const focused = document.activeElement?.closest("li")?.id;
    const left = board.firstElementChild.scrollLeft;
    keepDrafts(board, fresh);
    board.replaceChildren(...fresh.children);
    board.firstElementChild.scrollLeft = left;
    board.dataset.version = board.firstElementChild.dataset.version;
    makeMovable();
    if (typing?.isConnected) typing.focus();
    else if (focused) document.getElementById(focused)?.querySelector("a")?.focus();
  }

  function keepDrafts(from, to) {
    for (const opened of from.querySelectorAll("details[open]")) {
      const column = opened.closest("section").getAttribute("aria-labelledby");
      const place = to.querySelector(`section[aria-labelledby="${column}"] details`);
      place?.replaceWith(opened);
    }
  }

  // Put a task above another one, or at the end of those that are shown.
  function put(task, column, below) {
    const focused = task.contains(document.activeElement) && document.activeElement;
    column.insertBefore(task, below?.parentElement === column ? below : null);
    if (focused) focused.focus();
    task.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // Move a task, and tell the server beside whom it stands now; what it does not take goes back.
  async function move(task, column, below) {
    turn += 1;
    task.home ??= [task.parentElement, task.nextElementSibling];  // as far as the server knows
    put(task, column, below);
    const position = tasksOf(column).indexOf(task) + 1;
    const form = new URLSearchParams({ csrf_token: board.dataset.token, part: "move", do: "move" });
    form.set("task_id", task.id.slice(1));
    form.set("column_id", column.id);
    if (task.nextElementSibling) form.set("before", task.nextElementSibling.id.slice(1));
    else if (task.previousElementSibling)
      form.set("after", task.previousElementSibling.id.slice(1));
    else form.set("position", position);
    const name = document.getElementById(`c${column.id}`).firstElementChild.textContent;
    const reason = await refusal(form);
    told.textContent = reason ? "" : `Moved to ${name}, position ${position}`;
    failed.textContent = reason && `It could not be moved: ${reason}`;
    failed.hidden = !reason;
    if (reason && task.home) put(task, ...task.home);
    task.home = null;
    await refresh().catch(() => {});
  }

  // Return why the server did not do what a form says, or nothing where it did.
  async function refusal(form) {
    try {
      const answer = await fetch(path, { method: "POST", body: form });
      if (answer.status === 204) return "";
      if (answer.redirected) location.reload();  // the session has ended: sign in, and come back
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return page.querySelector("#main p")?.textContent ?? `the server answered ${answer.status}`;
    } catch {
      return "the server cannot be reached";
    }
  }

  const tasksOf = (column) => [...column.querySelectorAll("li")];

  function makeMovable() {
    if (!("edit" in board.dataset)) return;
    for (const task of board.querySelectorAll(".tasks li")) {
      task.draggable = true;
      task.querySelector("a").draggable = false;
      task.querySelector("a").setAttribute("aria-describedby", "keys");
      const label = `Move ${task.querySelector("a").textContent}`;
      if (touched) task.querySelector("p").append(button("Move", label, { moves: task.id }));
    }
    if (stepping) document.getElementById(stepping)?.append(steps);
  }

  function button(text, label, does) {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: text, ariaLabel: label });
    Object.assign(made.dataset, does);
    return made;
  }

  // A finger scrolls and cannot drag: on a touch screen a card has a button that shows four arrows.
  const touched = matchMedia("(any-pointer: coarse)").matches;
  const steps = document.createElement("div");
  steps.className = "steps";
  for (const [key, text] of Object.entries({ Left: "←", Up: "↑", Down: "↓", Right: "→" }))
    steps.append(button(text, key, { step: `Arrow${key}` }));
  let stepping = null;  // the id of the card that shows them

  board.addEventListener("click", (event) => {
    const { moves, step: key } = event.target.closest("button")?.dataset ?? {};
    if (key) step(steps.parentElement, key);
    if (!moves) return;
    stepping = stepping === moves ? null : moves;
    if (stepping) document.getElementById(stepping).append(steps);
    else steps.remove();
  });

  // A column takes what is dropped over its whole height, and over the half of a gap beside it.
  function columnAt(x) {
    const columns = [...board.querySelectorAll(".column")];
    const column = columns.find((one) => x < one.getBoundingClientRect().right + 8);
    return column?.querySelector(".tasks");
  }

  // Where a task would be dropped: above the first one whose middle is below the pointer.
  function placeAt(column, y) {
    const others = tasksOf(column).filter((task) => task !== held);
    const middle = ({ top, height }) => top + height / 2;
    return others.find((task) => y < middle(task.getBoundingClientRect()));
  }

  function unmark() {
    for (const marked of board.querySelectorAll(".target")) marked.classList.remove("target");
  }

  // A toggle does not bubble.
  const focusTitle = ({ target }) => target.open && target.querySelector("[name=title]").focus();
  board.addEventListener("toggle", focusTitle, true);

  board.addEventListener("dragstart", (event) => {
    held = event.target.closest?.("li");
    if (!held) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.textContent);
    held.classList.add("moving");
  });
  board.addEventListener("dragend", () => {
    held?.classList.remove("moving");
    held = null;
    unmark();
  });
  board.addEventListener("dragover", (event) => {
    const column = held && columnAt(event.clientX);
    if (!column) return;
    event.preventDefault();
    unmark();
    (placeAt(column, event.clientY) ?? column).classList.add("target");
  });
  board.addEventListener("drop", (event) => {
    const column = held && columnAt(event.clientX);
    if (!column) return;
    event.preventDefault();
    const task = held;
    move(task, column, placeAt(column, event.clientY));
  });

  board.addEventListener("keydown", (event) => {
    const task = event.altKey && "edit" in board.dataset && event.target.closest(".tasks li");
    if (!task || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    step(task, event.key);
  });

  function step(task, key) {
    const columns = [...board.querySelectorAll(".tasks")];
    const column = task.parentElement;
    const sideways = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (sideways) {
      const other = columns[columns.indexOf(column) + sideways];
      if (other) move(task, other, tasksOf(other)[tasksOf(column).indexOf(task)]);
    } else {
      const passed = key === "ArrowUp" ? task.previousElementSibling : task.nextElementSibling;
      if (passed) move(task, column, key === "ArrowUp" ? passed : passed.nextElementSibling);
    }
  }

  board.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more]");
    if (!more) return;
    event.preventDefault();
    shown = more.dataset.more;
    refresh();
  });

  // What others change appears by itself: a small request every two seconds, while the tab is seen.
  async function look() {
    try {
      if (!document.hidden && !held) {
        const answer = await fetch(`${path}/version`);
        if (answer.ok && !answer.redirected) {
          const { version } = await answer.json();
          if (version !== board.dataset.version) await refresh();
        }
      }
    } catch {
      // Nobody answers; perhaps the next time.
    } finally {
      setTimeout(look, 2000);
    }
  }

  makeMovable();
  board.querySelector("details[open] [name=title]")?.focus();  // after a task was added, or refused
  setTimeout(look, 2000);
}

// A replay that was begun in this tab goes on by itself, step by step; a link to it begins nothing.
async function goOn(form) {
  while (form) {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (!fresh) throw new Error("no page came back");
    document.getElementById("main").replaceChildren(...fresh.children);
    if (!answer.ok) return;
    history.replaceState(null, "", answer.url);
    form = document.querySelector("[data-goes-on]");
  }
}

for (const form of document.querySelectorAll("[data-goes-on], [data-begins]")) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    // Where a step fails, the form is sent: then the browser says why.
    goOn(form).catch(() => document.querySelector("[data-goes-on], [data-begins]").submit());
  });
}
