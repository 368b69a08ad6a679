// Optional enhancements: every page works without them.
"use strict";

// Firefox fails what is under way before it leaves the page: no failure may lead elsewhere then.
let isLeaving = false;
addEventListener("beforeunload", () => { isLeaving = true; });
addEventListener("pageshow", () => { isLeaving = false; });

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
    goOn(form).catch(() => {
      if (!isLeaving) document.querySelector("[data-goes-on], [data-begins]").submit();
    });
  });
}
