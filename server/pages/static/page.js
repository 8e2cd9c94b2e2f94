// Everything works without this script; it copies links and quotes.
"use strict";

const said = document.getElementById("said");

/** Tell a screen reader, once. */
function say(words) {
  said.textContent = "";
  setTimeout(() => { said.textContent = words; }, 50);
}

/** Pages that are not served with https have no clipboard, but an old command. */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
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
