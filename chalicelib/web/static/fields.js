// What makes fields pleasant: a length counted as the server counts it, and buttons that copy.
"use strict";

// The server counts code points. `maxlength` counts the units of UTF-16, and cuts without a word.
document.addEventListener("input", (event) => {
  if (!event.isComposing) keepWithin(event.target);
});
document.addEventListener("compositionend", (event) => keepWithin(event.target));

function keepWithin(field) {
  if (!field.dataset?.most) return;
  const most = Number(field.dataset.most);
  const over = [...field.value].length - most;
  if (over > 0) cut(field, over);
  const [fit, left] = [most, over].map((count) => count.toLocaleString("en"));
  tell(field, over > 0 ? `Only ${fit} characters fit: ${left} left out.` : "");
}

// Take so many characters away from the end of what was put in, which ends where the cursor is.
function cut(field, over) {
  const head = [...field.value.slice(0, field.selectionEnd)];
  const tail = [...field.value.slice(field.selectionEnd)];
  const kept = head.slice(0, Math.max(head.length - over, 0)).join("");
  field.value = kept + tail.slice(0, tail.length - Math.max(over - head.length, 0)).join("");
  field.setSelectionRange(kept.length, kept.length);
}

function tell(field, text) {
  let note = field.parentElement.querySelector(":scope > .cut");
  if (!text) return note?.remove();
  if (!note) {
    note = Object.assign(document.createElement("p"), { className: "error cut" });
    note.setAttribute("aria-live", "polite");
    field.parentElement.append(note);
  }
  // A live region reads out changes alone, not the text that it begins with.
  setTimeout(() => { note.textContent = text; });
}

const isTouched = matchMedia("(pointer: coarse)").matches;
const byHand = isTouched ? "copy it" : `press ${/Mac/.test(navigator.platform) ? "⌘" : "Ctrl+"}C`;

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const isCopied = await copy(document.getElementById(button.dataset.copy));
    button.textContent = isCopied ? "Copied" : `Selected: ${byHand}`;
    setTimeout(() => { button.textContent = label; }, isCopied ? 1500 : 5000);
  });
}

// Copy the text of an element. Where that cannot be done, select it and return false.
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);  // there is none on plain http
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    const write = (event) => {
      event.clipboardData.setData("text/plain", element.textContent);
      event.preventDefault();
    };
    document.addEventListener("copy", write, { once: true });
    const isCopied = document.execCommand("copy");
    document.removeEventListener("copy", write);
    if (isCopied) getSelection().removeAllRanges();
    return isCopied;
  }
}
