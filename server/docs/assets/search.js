// The search: words of pages that the script before this one has set. Nothing is asked of anybody.
"use strict";

(() => {
  const MOST = 12;
  const root = document.body.dataset.root;
  const input = document.getElementById("search");
  const list = document.getElementById("found");
  const count = document.getElementById("found-count");
  const entries = globalThis.searchIndex.map((entry) => ({ ...entry, lower: { name: entry.path.replace(/^.*\/|\.html$/g, ""), title: entry.title.toLowerCase(), words: `${entry.path} ${entry.about} ${entry.words}`.toLowerCase() } }));
  let found = [];
  let selected = -1;

  // Every word has to be somewhere. The name of an operation or a problem counts most, then the title, above all its beginning.
  function score({ lower }, words) {
    let sum = 0;
    for (const word of words) {
      const inTitle = lower.title.indexOf(word);
      if (lower.name === word) sum += 20;
      else if (inTitle === 0) sum += 12;
      else if (inTitle > 0) sum += 8;
      else if (lower.words.split(/[\s/.]/).includes(word)) sum += 6;
      else if (lower.words.includes(word)) sum += 2;
      else return 0;
    }
    return sum;
  }

  function search() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const scored = words.length ? entries.map((entry) => [score(entry, words), entry]).filter(([points]) => points > 0) : [];
    found = scored.sort(([a], [b]) => b - a).slice(0, MOST).map(([, entry]) => entry);
    selected = found.length ? 0 : -1;
    show();
    count.textContent = words.length ? `${scored.length} found` : "";
  }

  function show() {
    list.replaceChildren(...found.map(option));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (selected < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `found-${selected}`);
    list.children[selected]?.scrollIntoView({ block: "nearest" });
  }

  function option(entry, index) {
    const made = document.createElement("li");
    const title = document.createElement("strong");
    const about = document.createElement("span");
    title.textContent = entry.title;
    about.textContent = /^[A-Z]+$/.test(entry.kind) ? entry.about : `${entry.kind} · ${entry.about}`;
    made.id = `found-${index}`;
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", String(index === selected));
    // Before the field loses the focus, which closes the list.
    made.addEventListener("mousedown", (event) => {
      event.preventDefault();
      go(entry);
    });
    made.append(title, about);
    return made;
  }

  function go(entry) {
    location.assign(root + entry.path);
  }

  function close() {
    found = [];
    selected = -1;
    show();
  }

  input.addEventListener("input", search);
  input.addEventListener("focus", search);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      event.preventDefault();
      selected = (selected + step + found.length) % found.length;
      show();
    } else if (event.key === "Enter" && found[selected]) {
      go(found[selected]);
    } else if (event.key === "Escape") {
      close();
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
  });
})();
