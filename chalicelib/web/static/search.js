// Search fields: suggestions for the last word of a query.
"use strict";

const MOST = 12;  // suggestions at a time
let words = null;  // fetched when a search field gets the focus

async function wordsOf(field) {
  const there = field.list && [...field.list.options].map((option) => option.value);
  if (there) return there;
  const answer = await fetch(`${document.body.dataset.root}/search/words`);
  return answer.ok && !answer.redirected ? answer.json() : [];
}

// Spaces within quotes part no words.
function lastWord(text) {
  const word = [...text.matchAll(/(?:[^\s"]|"[^"]*(?:"|$))+/g)].at(-1);
  return word && word.index + word[0].length === text.length ? word[0] : "";
}

function suggest(field) {
  const typed = lastWord(field.value);
  const before = field.value.slice(0, field.value.length - typed.length);
  const [key, value] = typed.toLowerCase().split(/:(.*)/s);
  const fits = (word) => {
    const [itsKey, itsValue] = word.toLowerCase().split(/:(.*)/s);
    if (value === undefined) return itsKey.startsWith(key);
    return itsKey === key && itsValue.includes(value.replace(/"/g, ""));
  };
  const found = typed ? words.filter((word) => fits(word) && word !== typed) : [];
  const keys = new Set(found.map((word) => `${word.split(":")[0]}:`));
  const few = value === undefined ? [...keys] : found;
  field.list.replaceChildren(...few.slice(0, MOST).map((word) =>
    Object.assign(document.createElement("option"), { value: before + word })));
}

for (const [place, field] of document.querySelectorAll("[data-words]").entries()) {
  field.autocomplete = "off";
  field.addEventListener("focus", async () => {
    words ??= await wordsOf(field).catch(() => []);
    if (!field.list) {
      document.body.append(Object.assign(document.createElement("datalist"), { id: `w${place}` }));
      field.setAttribute("list", `w${place}`);
    }
    suggest(field);
  });
  field.addEventListener("input", () => { if (words && field.list) suggest(field); });
}
