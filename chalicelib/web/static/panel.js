// The side panel: a link opens beside the page what it opens alone, the `<main>` of its own page.
//
//   <a data-panel href="/tasks/5">                   one link
//   <ul data-panel><li><a href="/tasks/5">...</ul>   every link inside, also those added later
//
// The page loads this script and needs nothing else; the server answers as always. KINDS names the
// paths that open so. The address is that of the page behind with `?panel=tasks/5`, so that reload,
// Back and a shared link work. Links and forms inside stay inside; Escape closes, and the focus
// returns to the link. With Ctrl, by the middle button or without JavaScript the page opens alone.
// A link can be opened by its `click()`. On `document` are dispatched: `panel:shown` after each new
// content (in #panel), `panel:saved` after each form that was taken, `panel:closed`.
"use strict";

{
  const KINDS = /^(tasks|deliveries)\/[^/.][^/]*$/;
  const root = `${document.body.dataset.root}/`;
  const title = document.title;
  const isNarrow = matchMedia("(max-width: 900px)");  // as in the css: it covers the page
  const panel = document.createElement("div");
  panel.id = "panel";
  panel.hidden = true;
  panel.tabIndex = -1;
  panel.setAttribute("role", "dialog");
  panel.innerHTML = `<div class="row end"><p class="grow small" role="status"></p>
    <a class="button">Open page</a>
    <button type="button" aria-label="Close the panel" title="Esc">✕</button></div><div></div>`;
  document.body.append(panel);
  const [head, content] = panel.children;
  const [said, alone, shut] = head.children;

  let place = "";  // what is open, as in "tasks/5"
  let url = "";  // where its content is from
  let turn = 0;  // an answer to an earlier request is stale
  let isRefused = false;  // its form was refused: what was typed is not saved
  let isAsked = false;  // it answers a form with a question
  let isNewest = false;  // the page behind follows a form in here, which has shown it already

  function placeOf(href) {
    const { origin, pathname } = new URL(href, location.href);
    const found = pathname.startsWith(root) ? pathname.slice(root.length) : "";
    return origin === location.origin && KINDS.test(found) ? found : "";
  }

  // The address of this page with a panel, or with none.
  function address(opened) {
    const query = new URLSearchParams(location.search);
    query.delete("panel");
    const named = opened && `panel=${encodeURIComponent(opened).replace("%2F", "/")}`;
    const parts = [query.toString(), named].filter(Boolean);
    return location.pathname + (parts.length ? `?${parts.join("&")}` : "");
  }

  const linksTo = (opened) =>
    document.querySelectorAll(`#main a[href="${CSS.escape(root + opened)}"]`);

  // The link of what is open is the current one, also after the page behind shows newer content.
  function mark() {
    const current = place ? [...linksTo(place)] : [];
    for (const link of document.querySelectorAll("#main a[aria-current]"))
      if (!current.includes(link)) link.removeAttribute("aria-current");
    for (const link of current)
      if (!link.hasAttribute("aria-current")) link.setAttribute("aria-current", "true");
  }

  function open(opened) {
    place = opened;
    alone.href = root + place;
    panel.setAttribute("aria-label", linksTo(place)[0]?.textContent || place.replace("/", " "));
    panel.hidden = false;
    said.textContent = "";
    cover();
    mark();
    linksTo(place)[0]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    panel.focus({ preventScroll: true });
    load(root + place, {}, () => { panel.scrollTop = 0; });
  }

  function close() {
    const [link] = linksTo(place);
    turn += 1;
    place = "";
    isRefused = isAsked = isNewest = false;
    panel.hidden = true;
    content.replaceChildren();
    document.title = title;
    cover();
    mark();
    link?.focus();
    document.dispatchEvent(new Event("panel:closed"));
  }

  // Where it covers the page, nothing behind it can be reached.
  function cover() {
    const covers = isNarrow.matches && !panel.hidden;
    panel.setAttribute("aria-modal", covers);
    for (const behind of document.body.children) if (behind !== panel) behind.inert = covers;
  }

  // Show what the server answers; then do what only follows an answer that is shown.
  async function load(asked, options, then) {
    const mine = ++turn;
    panel.ariaBusy = "true";
    try {
      const answer = await fetch(asked, options);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine === turn) show(answer, page, then);
    } catch {
      if (mine === turn) said.textContent = "The server cannot be reached. Try again.";
    } finally {
      if (mine === turn) panel.ariaBusy = "false";
    }
  }

  function show(answer, page, then) {
    const fresh = page.getElementById("main");
    if (!fresh) said.textContent = `The server answered ${answer.status}. Try again.`;
    else if (answer.redirected && !placeOf(answer.url)) leave(answer.url, fresh);
    else {
      url = answer.url;
      const notice = fresh.querySelector(":scope > .say[role=status]");
      said.textContent = notice?.textContent ?? "";
      notice?.remove();
      content.replaceChildren(...fresh.childNodes);
      const heading = content.querySelector("h1")?.textContent.trim();
      panel.setAttribute("aria-label", heading ?? page.title);
      document.title = page.title;
      then(answer);
      document.dispatchEvent(new Event("panel:shown"));
    }
  }

  // What is open is gone, as after a removal: the page behind says so. Or the session is over.
  function leave(to, main) {
    const { pathname } = new URL(to);
    if (pathname === `${root}sign-in`) return location.reload();
    if (pathname !== location.pathname) return location.assign(to);
    history.pushState(null, "", address(""));
    close();
    const notices = ":scope > .undo, :scope > .say[role=status]";
    const behind = document.getElementById("main");
    for (const earlier of behind.querySelectorAll(notices)) earlier.remove();
    behind.prepend(...main.querySelectorAll(notices));
    document.dispatchEvent(new Event("panel:saved"));
  }

  function isChanged(field) {
    if (field.type === "hidden" || field.tagName === "BUTTON") return false;
    if (field.matches("[type=checkbox], [type=radio]"))
      return field.checked !== field.defaultChecked;
    if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
    return field.value !== (field.querySelector("[selected]") ?? field.options[0])?.value;
  }
  const isDraft = (form) => [...form.elements].some(isChanged);
  const formsOf = () => [...content.querySelectorAll("form")];
  const mayLeave = () =>
    !(isRefused || formsOf().some(isDraft)) || confirm("Discard what you have typed?");

  function send(form, button) {
    const asked = new URL(form.getAttribute("action") ?? url, url);
    const body = new URLSearchParams(new FormData(form, button));
    const drafts = formsOf().filter((other) => other !== form && isDraft(other));
    const told = (answer) => {
      isRefused = !answer.ok;
      isAsked = !answer.redirected;
      isNewest = answer.redirected;
      for (const draft of drafts) putBack(draft);
      if (answer.redirected) document.dispatchEvent(new Event("panel:saved"));
      focusAfter(button);
    };
    if (form.method !== "get") return load(asked, { method: "POST", body }, told);
    asked.search = body;
    return load(asked, {}, told);
  }

  // What was typed into another form stays, with what it knows of the values it replaces.
  const nameOf = (form) => [...form.elements].map(({ name }) => name).join();
  function putBack(draft) {
    const fresh = formsOf().find((form) => nameOf(form) === nameOf(draft));
    if (!fresh) return;
    fresh.replaceWith(draft);
    const folded = draft.closest("details");
    if (folded) folded.open = true;
  }

  function focusAfter(button) {
    const same = button?.value && `button[name="${button.name}"][value="${button.value}"]`;
    const next = content.querySelector("[aria-invalid]") ?? (same && content.querySelector(same));
    (next ?? panel).focus();
  }

  // Others have changed the page behind: show this again too, unless somebody is at work in it.
  function renew() {
    const isAtWork = isRefused || isAsked || content.contains(document.activeElement)
      || content.querySelector("details[open]") || formsOf().some(isDraft);
    const top = panel.scrollTop;
    if (place && !isNewest && !isAtWork && panel.ariaBusy !== "true")
      load(url, {}, () => { panel.scrollTop = top; });
    isNewest = false;
  }
  document.addEventListener("board:shown", renew);

  const isPlain = (event) =>
    event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (event.defaultPrevented || !link || link === alone || !isPlain(event)) return;
    const opened = link.closest("[data-panel], #panel") && placeOf(link.href);
    if (!opened) return;
    event.preventDefault();
    if (!mayLeave()) return;
    isRefused = false;
    isAsked = false;
    if (opened === place) return load(link.href, {}, () => panel.focus());
    history.pushState(null, "", address(opened));
    open(opened);
  });

  panel.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (panel.ariaBusy !== "true") send(event.target, event.submitter);
  });

  function dismiss() {
    if (!mayLeave()) return;
    history.pushState(null, "", address(""));
    close();
  }
  shut.addEventListener("click", dismiss);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !place) return;
    const isElsewhere = !panel.contains(event.target);
    if (document.querySelector("dialog[open]")) return;
    if (isElsewhere && event.target.closest("input, textarea, select, [role=menu]")) return;
    event.preventDefault();
    dismiss();
  });

  function follow() {
    const opened = new URLSearchParams(location.search).get("panel") ?? "";
    if (opened === place) return;
    if (KINDS.test(opened)) open(opened);
    else if (place) close();
  }
  addEventListener("popstate", follow);
  isNarrow.addEventListener("change", cover);
  new MutationObserver(mark).observe(document.getElementById("main"),
    { childList: true, subtree: true });
  follow();
}
