// Fields: lengths counted as the server counts them, and copy buttons.
"use strict";

// The server counts code points. `maxlength` counts UTF-16 units, and cuts silently.
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

// Remove characters from the end of the input, which is at the cursor.
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
  // A live region announces changes only, not its initial text.
  setTimeout(() => { note.textContent = text; });
}

// The form of a task opens at its title, but at a mistake where there is one. `toggle` stays there.
document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.(".edit[open]") && !target.querySelector("[aria-invalid]"))
    target.querySelector("[name=title]").focus();
}, true);

const isTouched = matchMedia("(pointer: coarse)").matches;
const byHand = isTouched ? "copy it" : `press ${/Mac/.test(navigator.platform) ? "⌘" : "Ctrl+"}C`;

// For all buttons, also those of what is shown later.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  button.dataset.label ??= button.textContent;
  button.setAttribute("aria-live", "polite");
  const isCopied = await copy(document.getElementById(button.dataset.copy));
  button.textContent = isCopied ? "Copied" : `Selected: ${byHand}`;
  setTimeout(() => { button.textContent = button.dataset.label; }, isCopied ? 1500 : 5000);
});

// Copy the text of an element; on failure select it and return false.
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);  // missing on plain http
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
