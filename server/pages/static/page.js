// Everything works without this script. It copies links and quotes, lets the field for the question grow where the browser
// does not do that by itself, and makes Enter ask.
"use strict";

const said = document.getElementById("said");
const field = document.getElementById("q");
const grows = CSS.supports("field-sizing", "content");

/** Tell a screen reader, once. */
function say(words) {
  said.textContent = "";
  setTimeout(() => { said.textContent = words; }, 50);
}

/** Pages that are not served with https have no clipboard, but an old command. */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const copied = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" });
  document.body.append(copied);
  copied.select();
  document.execCommand("copy");
  copied.remove();
}

/** What a colleague needs: the words, where they stand, and how to get there. */
function quote(card, address) {
  const answer = [...card.querySelectorAll("mark.answer")].map((mark) => mark.textContent).join(" ");
  const words = answer || card.querySelector(".passage").innerText.trim();
  const place = ["h2", ".way", ".source"].map((part) => card.querySelector(part)?.innerText.trim()).filter(Boolean);
  return `“${words}”\n\n${place.join("\n")}\n${address}\n`;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const card = button.closest("li");
  const address = card.querySelector("h2 a").href;
  await copy(button.dataset.copy === "link" ? address : quote(card, address));
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 2000);
  say(said.dataset.copied);
});

function grow() {
  if (grows) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}

/** Enter asks, Shift and Enter begin a line, Escape leaves the field. */
function pressed(event) {
  // While a word is being composed, as in Chinese, Enter takes the word.
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    field.form.requestSubmit();
  }
  if (event.key === "Escape") field.blur();
}

/** A slash leads to the field from anywhere. */
function pressedAnywhere(event) {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
  field.select();
}

if (field) {
  grow();
  field.addEventListener("input", grow);
  field.addEventListener("keydown", pressed);
  document.addEventListener("keydown", pressedAnywhere);
}

/** While the documents are being read: show how far that is, and open the page once questions can be answered. */
function wait(section) {
  setTimeout(async () => {
    try {
      const response = await fetch(section.dataset.wait, { headers: { Accept: "application/json" } });
      if (response.ok) return location.reload();
      section.querySelector("progress").value = (await response.json()).share;
    } catch {
      // The server that says so is making room for the one that answers questions.
    }
    wait(section);
  }, 2000);
}

const waiting = document.querySelector("[data-wait]");
if (waiting) wait(waiting);
