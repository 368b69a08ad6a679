// Adding tasks to a board: the form at the top of a column stays open for the next task, and
// *New task* opens the form with all fields over the board.
"use strict";

if (Board.mayEdit) {
  const board = Board.element;
  const opener = document.getElementById("new-task");

  // Each task is sent once: a form that is sent again, after a lost answer, adds no second one.
  function renew(form) {
    const key = form.elements.csrf_token;
    key.value = `${board.dataset.token}.${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
  }

  function bodyOf(form) {
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "add");
    body.set("part", "add");
    return body;
  }

  // "Added #12": a link, since the card may be out of sight, or not match the filter.
  function tellAdded(form, id, reason) {
    const note = form.querySelector(".added") ?? document.createElement("p");
    note.className = reason ? "added error" : "added small quiet";
    note.role = reason ? "alert" : "status";
    note.textContent = reason || "Added ";
    const link = Object.assign(document.createElement("a"), { textContent: `#${id}` });
    link.href = `${document.body.dataset.root}/tasks/${id}`;
    if (!reason) note.append(link);
    form.append(note);
  }

  board.addEventListener("submit", async (event) => {
    const form = event.target.closest("details.add form");
    if (!form) return;
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    const { answer, reason } = await Board.post(bodyOf(form));
    form.ariaBusy = "false";
    const { title } = form.elements;
    title.toggleAttribute("aria-invalid", Boolean(reason));
    tellAdded(form, answer?.headers.get("X-Task-Id"), reason);
    title.focus();
    if (reason) return;
    title.value = "";
    renew(form);
    await Board.refresh().catch(() => {});
  });

  // `toggle` does not bubble.
  board.addEventListener("toggle", ({ target }) => {
    if (target.open) target.querySelector("[name=title]")?.focus();
  }, true);
  board.addEventListener("keydown", (event) => {
    const opened = event.key === "Escape" && event.target.closest("details.add[open]");
    if (!opened) return;
    event.preventDefault();
    opened.open = false;
    opened.querySelector("summary").focus();
  });
  board.querySelector("details[open] [name=title]")?.focus();  // after an add or its refusal

  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "new-heading");
  document.getElementById("main").append(dialog);

  // The form of the page that the link leads to; one with a title in it is shown as it was left.
  async function open() {
    const typed = dialog.querySelector("[name=title]");
    if (!typed?.value) {
      const answer = await fetch(opener.href);
      if (!answer.ok || answer.redirected) throw new Error("no form came back");
      await show(answer);
    }
    dialog.showModal();
    dialog.querySelector("[name=title]").focus();
  }

  async function show(answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const shut = Board.button("✕", {}, "Close");
    shut.title = "Esc";
    shut.addEventListener("click", () => dialog.close());
    const head = Object.assign(document.createElement("div"), { className: "row" });
    head.append(...page.querySelectorAll("#main h1"), shut);
    head.firstElementChild.className = "grow";
    dialog.replaceChildren(head, ...page.querySelectorAll("#main .say, #all-fields"));
  }

  opener.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!dialog.open) open().catch(() => isLeaving || location.assign(opener.href));
  });

  dialog.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    try {
      const answer = await fetch(form.action, { method: "POST", body: bodyOf(form) });
      if (answer.redirected) location.assign(answer.url);  // the session has ended
      else if (answer.status === 204) await added(form, answer.headers.get("X-Task-Id"));
      else {
        await show(answer);
        dialog.querySelector("[aria-invalid], [name=title]")?.focus();
      }
    } catch {
      tellAdded(form, 0, "The server cannot be reached. Try again.");
    }
    form.ariaBusy = "false";
  });

  async function added(form, id) {
    const { title, description, again } = form.elements;
    title.value = description.value = "";
    for (const field of form.querySelectorAll("[aria-invalid]"))
      field.removeAttribute("aria-invalid");
    for (const reason of dialog.querySelectorAll(".error, .say")) reason.remove();
    renew(form);
    tellAdded(form, id, "");
    title.focus();
    if (!again.checked) dialog.close();
    await Board.refresh().catch(() => {});
    const card = document.getElementById(`t${id}`);
    if (card) Board.show(card);
    Board.tell(`Added #${id}`);
  }
}
