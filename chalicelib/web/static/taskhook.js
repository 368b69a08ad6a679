// Optional enhancements: every page works without them.
"use strict";

const board = document.getElementById("board");
if (board) startBoard(board);

function startBoard(board) {
  const path = `${document.body.dataset.root}/boards/${board.dataset.project}`;
  const told = document.getElementById("told");
  const failed = document.getElementById("failed");
  let held = null;  // the task that the pointer drags
  let turn = 0;  // counts moves and refreshes: answers to earlier ones are stale
  let shown = new URLSearchParams(location.search).get("shown");

  // Reload the columns; keep the focus, typed text and scroll positions.
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

  // Put a task above another one, or at the end of the column.
  function put(task, column, below) {
    const focused = task.contains(document.activeElement) && document.activeElement;
    column.insertBefore(task, below?.parentElement === column ? below : null);
    if (focused) focused.focus();
    task.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // Move a task and send the server its new neighbour; a refused move is undone.
  async function move(task, column, below) {
    turn += 1;
    task.home ??= [task.parentElement, task.nextElementSibling];  // its place on the server
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

  // Send a form; return the server's reason for a refusal, or nothing.
  async function refusal(form) {
    try {
      const answer = await fetch(path, { method: "POST", body: form });
      if (answer.status === 204) return "";
      if (answer.redirected) location.reload();  // the session has ended: sign in and return
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

  // Touch scrolls instead of dragging: there a card has a button that shows four arrows.
  const touched = matchMedia("(any-pointer: coarse)").matches;
  const steps = document.createElement("div");
  steps.className = "steps";
  for (const [key, text] of Object.entries({ Left: "←", Up: "↑", Down: "↓", Right: "→" }))
    steps.append(button(text, key, { step: `Arrow${key}` }));
  let stepping = null;  // the id of the card with the arrows

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
    const column = columns.find((one) => x < one.getBoundingClientRect().right + 8);
    return column?.querySelector(".tasks");
  }

  // The drop position: above the first task whose middle is below the pointer.
  function placeAt(column, y) {
    const others = tasksOf(column).filter((task) => task !== held);
    const middle = ({ top, height }) => top + height / 2;
    return others.find((task) => y < middle(task.getBoundingClientRect()));
  }

  function unmark() {
    for (const marked of board.querySelectorAll(".target")) marked.classList.remove("target");
  }

  // `toggle` does not bubble.
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

  // The link of a card covers it, except where a title explains something: there too.
  for (const kind of ["click", "auxclick"])
    board.addEventListener(kind, (event) => {
      const card = event.target.closest("li [title]")?.closest("li");
      const link = card?.querySelector("a");
      if (link && event.button === 1) open(link.href);
      else if (link && !event.button) link.dispatchEvent(new MouseEvent("click", event));
    });

  board.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more]");
    if (!more) return;
    event.preventDefault();
    shown = more.dataset.more;
    refresh();
  });

  // Show changes of others: a small request every two seconds while the tab is visible.
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
      // No answer: try again next time.
    } finally {
      setTimeout(look, 2000);
    }
  }

  document.addEventListener("panel:saved", () => refresh().catch(() => {}));
  makeMovable();
  board.querySelector("details[open] [name=title]")?.focus();  // after an add or its refusal
  setTimeout(look, 2000);
}

// A replay started in this tab continues step by step; opening a link starts nothing.
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
    // If a step fails, submit the form, so that the browser shows why.
    goOn(form).catch(() => document.querySelector("[data-goes-on], [data-begins]").submit());
  });
}
