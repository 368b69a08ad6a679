// The preview follows what is typed; without this, the form's button shows it.
"use strict";

const form = document.querySelector("[data-preview]");
const button = form.querySelector(`button[value=${form.dataset.preview}]`);
const preview = document.getElementById("preview");
const says = document.getElementById("preview-says");
const PAUSE = 300;  // milliseconds after the last key
let turn = 0;  // an answer to an earlier one is out of date
let pause = null;

async function show() {
  const mine = ++turn;
  const body = new URLSearchParams(new FormData(form));
  body.set("do", form.dataset.preview);
  body.set("part", "preview");
  const answer = await fetch(form.action, { method: "POST", body });
  const text = await answer.text();
  if (mine !== turn) return;
  if (!answer.ok || answer.redirected) throw new Error(`the server answered ${answer.status}`);
  const fresh = document.createElement("div");
  fresh.innerHTML = text;
  const said = fresh.querySelector(".says").textContent;
  if (says.textContent !== said) says.textContent = said;
  preview.replaceChildren(...fresh.children);
}

form.addEventListener("input", (event) => {
  if ("loads" in event.target.dataset) return;  // another button fetches it
  clearTimeout(pause);
  pause = setTimeout(() => {
    show().catch(() => {
      says.textContent = `The preview is not up to date: press ${button.textContent}.`;
    });
  }, PAUSE);
});
