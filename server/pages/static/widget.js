// Asks this server from a page of another site: <askdex-search> around a plain form, which works without this script too.
"use strict";

(() => {
  const server = new URL("../", document.currentScript.src);
  const WORDS = {
    en: { asking: "Looking for an answer …", none: "No passage seems to answer this. The nearest ones:", nothing: "Nothing was found.",
      lost: "The answers cannot be reached just now.", all: "All results" },
    zh: { asking: "正在查找答案……", none: "似乎没有段落能回答这个问题。最接近的是：", nothing: "没有找到任何内容。",
      lost: "暂时无法获取答案。", all: "全部结果" },
  };
  const MOST_SHOWN = 3;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: block; }
    p, article { margin: 0.75em 0; overflow-wrap: anywhere; }
    article p { margin: 0.25em 0; }
    a { color: inherit; }
    a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    .title { font-weight: 600; }
    .passage { white-space: pre-line; }
    .source { font-size: 0.875em; }
    mark { color: inherit; background: color-mix(in srgb, currentColor 14%, transparent); }
  `);

  function made(name, className, ...inside) {
    const node = Object.assign(document.createElement(name), { className });
    node.append(...inside);
    return node;
  }

  /** A link to an address of this server or of the site that a document is from; words alone where it is none. */
  function link(words, address) {
    const url = new URL(address ?? "", server);
    if (address === null || !/^https?:$/.test(url.protocol)) return words;
    return Object.assign(made("a", "", words), { href: url.href });
  }

  /** A passage, in which its answer is marked. */
  function passage({ text, answer }) {
    if (!answer) return [text];
    return [text.slice(0, answer.start), made("mark", "", text.slice(answer.start, answer.end)), text.slice(answer.end)];
  }

  function card(result) {
    const source = made("p", "source", result.document.uri);
    if (result.updated) source.append(" · ", Object.assign(made("time", "", result.updated), { dateTime: result.updated }));
    return made("article", "", made("p", "title", link(result.document.title, result.url)), made("p", "passage", ...passage(result)), source);
  }

  class AskdexSearch extends HTMLElement {
    #said = made("p", "");
    #found = made("div", "");
    #asked = null;

    constructor() {
      super();
      const shadow = this.attachShadow({ mode: "open" });
      shadow.adoptedStyleSheets = [sheet];
      this.#said.setAttribute("role", "status");
      shadow.append(document.createElement("slot"), this.#said, this.#found);
      this.addEventListener("submit", (event) => this.#submitted(event));
    }

    get #words() {
      const language = this.closest("[lang]")?.lang.slice(0, 2);
      return WORDS[language] ?? WORDS.en;
    }

    #submitted(event) {
      event.preventDefault();
      const question = String(new FormData(event.target).get("q") ?? "").trim();
      if (question) this.#ask(question);
    }

    async #ask(question) {
      this.#asked?.abort();
      const asked = this.#asked = new AbortController();
      this.#show(this.#words.asking);
      const address = new URL("api/v1/search", server);
      address.search = new URLSearchParams({ q: question, limit: MOST_SHOWN, offsets: "utf-16" });
      try {
        const response = await fetch(address, { signal: asked.signal });
        const found = await response.json();
        if (response.ok) this.#answered(found);
        else this.#show(found.detail, this.#all(question));
      } catch {
        // Another question has taken its place, or the server is not there, or does not let this site ask.
        if (!asked.signal.aborted) this.#show(this.#words.lost, this.#all(question));
      }
    }

    /** The best result where it answers, else the nearest ones. */
    #answered({ question, answered, results }) {
      if (!results.length) return this.#show(this.#words.nothing);
      const shown = answered === false ? results : results.slice(0, 1);
      this.#show(answered === false ? this.#words.none : "", ...shown.map(card), this.#all(question));
    }

    #all(question) {
      return made("p", "", link(this.#words.all, `?${new URLSearchParams({ q: question })}`));
    }

    #show(words, ...nodes) {
      this.#said.textContent = words;
      this.#found.replaceChildren(...nodes);
    }
  }

  if (!customElements.get("askdex-search")) customElements.define("askdex-search", AskdexSearch);
})();
