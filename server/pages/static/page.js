// Everything works without this script. It copies links and quotes, lets the field for the question grow where the browser
// does not do that by itself, makes Enter ask, and says where the connection is lost.
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

// What narrows the results down is folded away where it would stand between them, and open where there is room beside them.
const facets = document.querySelector(".facets");
if (facets && matchMedia("(min-width: 80rem)").matches) facets.open = true;

const SLOW_MS = 5000;
const lost = document.querySelector(".ask .lost");

/** Say below the field that the server cannot be reached, or that no more. */
function connected(isThere) {
  if (!isThere && lost.hidden) say(lost.firstElementChild.textContent);
  lost.hidden = isThere;
}

/** Whether the server can be reached, also behind a proxy. One that is slow to answer can. */
async function isReached() {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), SLOW_MS);
  try {
    return (await fetch(lost.dataset.alive, { cache: "no-store", signal: patience.signal })).status < 500;
  } catch {
    return patience.signal.aborted;
  } finally {
    clearTimeout(timer);
  }
}

function grow() {
  if (grows) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}

/** The questions that documents answer and that hold what is typed, below the field; Escape, a choice or leaving closes it. */
function suggesting() {
  const list = Object.assign(document.createElement("ul"), { id: "suggestions", role: "listbox", hidden: true });
  list.setAttribute("aria-label", field.placeholder);
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  let asked = null;
  let timer = 0;
  let chosen = -1;

  function choose(number) {
    chosen = number;
    [...list.children].forEach((option, n) => option.setAttribute("aria-selected", n === number));
    if (number < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", list.children[number].id);
  }

  function close() {
    clearTimeout(timer);
    asked?.abort();
    list.hidden = true;
    choose(-1);
  }

  function ask(question) {
    field.value = question;
    close();
    field.form.requestSubmit();
  }

  function show(questions) {
    list.replaceChildren(...questions.map((question, n) => {
      const option = Object.assign(document.createElement("li"), { id: `suggestion-${n}`, role: "option", textContent: question });
      option.addEventListener("pointerdown", (event) => event.preventDefault());
      option.addEventListener("click", () => ask(question));
      return option;
    }));
    choose(-1);
    list.hidden = !questions.length;
    if (questions.length) say(`${questions.length} ${field.dataset.suggested}`);
  }

  async function suggest() {
    const typed = field.value.trim();
    asked?.abort();
    if (typed.length < 2) return close();
    const { signal } = asked = new AbortController();
    try {
      const address = `${field.dataset.suggest}?${new URLSearchParams({ q: typed.slice(0, 200) })}`;
      const response = await fetch(address, { signal });
      connected(true);
      if (!response.ok) return close();
      const { suggestions } = await response.json();
      // What was typed meanwhile has a request of its own.
      if (field.value.trim() === typed) show(suggestions.filter((question) => question !== typed));
    } catch {
      // Another letter was typed, or the server is gone.
      if (signal.aborted) return;
      close();
      connected(false);
    }
  }

  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(suggest, 120); });
  field.addEventListener("blur", close);
  field.form.addEventListener("submit", close);
  field.addEventListener("keydown", (event) => {
    const number = list.children.length;
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") choose((chosen + 2) % (number + 1) - 1);
    else if (event.key === "ArrowUp") choose((chosen + number + 1) % (number + 1) - 1);
    else if (event.key === "Enter" && chosen >= 0) ask(list.children[chosen].textContent);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}

/** Enter asks, Shift and Enter begin a line, Escape leaves the field. */
function pressed(event) {
  // While a word is being composed, as in Chinese, Enter takes the word.
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    field.form.requestSubmit();
  }
  if (event.key === "Escape") {
    lost.hidden = true;
    field.blur();
  }
}

/** A slash leads to the field from anywhere. */
function pressedAnywhere(event) {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
  field.select();
}

/**
 * An answer that takes long is seen and heard to be on its way; a newer question takes the place of one that is not there yet.
 * Where the server cannot be reached, the question stays here: the browser would put a page of its own in its place.
 */
function asking() {
  const { form } = field;
  let late = 0;

  function settle() {
    form.classList.remove("asking");
    clearTimeout(late);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    settle();
    form.classList.add("asking");
    late = setTimeout(() => say(said.dataset.asking), 1000);
    if (await isReached()) return form.submit();
    settle();
    connected(false);
  });
  // The way back may lead to this very page, as it was left.
  addEventListener("pageshow", settle);
}

if (field) {
  grow();
  asking();
  field.addEventListener("input", grow);
  if (field.dataset.suggest) suggesting();
  field.addEventListener("keydown", pressed);
  document.addEventListener("keydown", pressedAnywhere);
}

const MOST_MISSED = 3;

/** While the documents are being read: show how far that is, and open the page once questions can be answered. */
function wait(section, missed = 0) {
  setTimeout(async () => {
    try {
      const response = await fetch(section.dataset.wait, { headers: { Accept: "application/json" } });
      if (response.ok) return location.reload();
      section.querySelector("progress").value = (await response.json()).share;
      missed = 0;
    } catch {
      // The server that says so is making room for the one that answers questions, which takes no longer than this.
      missed += 1;
    }
    section.querySelector(".told").textContent = missed < MOST_MISSED ? "" : section.dataset.lost;
    wait(section, missed);
  }, 2000);
}

const waiting = document.querySelector("[data-wait]");
if (waiting) wait(waiting);
