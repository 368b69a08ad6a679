// The preview of a source's mapping follows what is typed; without this, the button Try shows it.
"use strict";

const mapping = document.getElementById("mapping-form");
const preview = document.getElementById("preview");
const says = document.getElementById("preview-says");
const PAUSE = 300;  // milliseconds after the last key
let turn = 0;  // an answer to an earlier one is out of date
let pause = null;

async function tryMapping() {
  const mine = ++turn;
  const body = new URLSearchParams(new FormData(mapping));
  body.set("do", "try");
  body.set("part", "preview");
  const answer = await fetch(mapping.action, { method: "POST", body });
  const text = await answer.text();
  if (mine !== turn) return;
  if (!answer.ok || answer.redirected) throw new Error(`the server answered ${answer.status}`);
  const fresh = document.createElement("div");
  fresh.innerHTML = text;
  const said = fresh.querySelector(".says").textContent;
  if (says.textContent !== said) says.textContent = said;
  preview.replaceChildren(...fresh.children);
}

mapping.addEventListener("input", (event) => {
  if (event.target.name === "from") return;  // Load fetches it
  clearTimeout(pause);
  pause = setTimeout(() => {
    tryMapping().catch(() => {
      says.textContent = "The preview is not up to date: press Try.";
    });
  }, PAUSE);
});
