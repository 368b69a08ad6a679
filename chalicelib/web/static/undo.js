// Undo: a note of what was done and a button that takes it back, for ten seconds; then the key z.
"use strict";

const Undo = (() => {
  const root = document.body.dataset.root;
  const { make } = Keys;
  const LASTS = 10_000;  // milliseconds; not counted while the pointer or the focus is on the note
  const says = make("span");
  const button = make("button", { type: "button", className: "link", textContent: "Undo" });
  const shut = make("button", { type: "button", className: "link", textContent: "✕",
    ariaLabel: "Dismiss", title: "Dismiss" });
  const note = make("div", { className: "toast", hidden: true, role: "group" }, says, button, shut);
  note.ariaLabel = "Done";
  document.getElementById("main").append(note);
  let key = "";
  let timer = null;

  function wait(lasts = LASTS) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!note.matches(":hover, :focus-within")) note.hidden = true;
      else wait(lasts);
    }, lasts);
  }

  function show(text, { bad = false, lasts } = {}) {
    says.textContent = text;
    says.setAttribute("role", bad ? "alert" : "none");
    note.classList.toggle("bad", bad);
    button.hidden = !key;
    note.hidden = false;
    wait(lasts);
    const told = document.getElementById("told");
    if (told && !bad) told.textContent = key ? `${text} Undo by z.` : text;
  }

  // Say what was done; without a key it cannot be undone.
  function offer(text, itsKey) {
    key = itsKey || "";
    show(text);
  }

  const refuse = (text) => { key = ""; show(text, { bad: true }); };

  // Send a form to this Taskhook; return the answer's JSON, or nothing where it was refused.
  async function send(path, fields) {
    const { token } = document.getElementById("board").dataset;
    const body = new URLSearchParams({ csrf_token: token, part: "told", ...fields });
    try {
      const answer = await fetch(root + path, { method: "POST", body });
      if (answer.redirected) return location.reload();  // the session has ended
      if (answer.ok) return answer.json();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const reason = page.querySelector("#main .say.bad, #main h1 + p")?.textContent;
      refuse(reason ?? `The server answered ${answer.status}.`);
    } catch {
      refuse("The server cannot be reached.");
    }
    return null;
  }

  async function undo() {
    if (!key) return;
    const answer = await send("/undo", { key });
    if (!answer) return;
    key = "";
    show(answer.told, { lasts: 4000 });
    document.dispatchEvent(new Event("panel:saved"));
  }

  button.addEventListener("click", undo);
  shut.addEventListener("click", () => { note.hidden = true; });
  Keys.add("On a board", "z", "Undo", () => (key ? undo() : false));

  // What was done in a form, as in the panel: the note says it in place of the page.
  function take() {
    const said = document.querySelector("#main > .undo");
    if (!said) return;
    said.remove();
    const here = new URL(location.href);
    here.searchParams.delete("undo");
    history.replaceState(history.state, "", here);
    offer(said.querySelector("[role=status]").textContent, said.querySelector("[name=key]")?.value);
  }
  document.addEventListener("panel:saved", take);
  take();

  return { offer, refuse, send };
})();
