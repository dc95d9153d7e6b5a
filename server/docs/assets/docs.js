// What every page does: the menu on a phone, tabs, and buttons that copy code. Without it everything is shown at once.
"use strict";

const LANGUAGE = "language";

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// A page on disk, or a browser that keeps nothing, may refuse to remember.
function remembered() {
  try {
    return localStorage.getItem(LANGUAGE);
  } catch {
    return null;
  }
}

function remember(language) {
  try {
    localStorage.setItem(LANGUAGE, language);
  } catch {
    // It holds for this page, then.
  }
}

function menu() {
  const button = document.querySelector(".menu");
  const side = document.getElementById("side");
  const narrow = matchMedia("(max-width: 54rem)");
  const open = (is) => {
    side.classList.toggle("open", is);
    button.setAttribute("aria-expanded", String(is));
  };
  const fit = () => {
    button.hidden = !narrow.matches;
    open(false);
  };
  document.body.classList.add("with-script");
  button.addEventListener("click", () => open(!side.classList.contains("open")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !side.classList.contains("open")) return;
    open(false);
    button.focus();
  });
  narrow.addEventListener("change", fit);
  fit();
  // The list scrolls to where the reader is, the page stays where it is.
  const current = side.querySelector("[aria-current]");
  if (current) side.scrollTop = current.offsetTop - side.clientHeight / 2;
}

function tabs(section, number) {
  const panels = [...section.querySelectorAll(".panel")];
  const list = element("div", { role: "tablist", class: "tab-list", "aria-label": section.getAttribute("aria-label") });
  const buttons = panels.map((panel, index) => {
    panel.id = `panel-${number}-${index}`;
    const button = element("button", { type: "button", role: "tab", id: `tab-${number}-${index}`, "aria-controls": panel.id }, panel.dataset.label);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    panel.querySelector("h3").hidden = true;
    return button;
  });
  const show = (chosen) => {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-selected", String(index === chosen));
      button.tabIndex = index === chosen ? 0 : -1;
      panels[index].hidden = index !== chosen;
    });
  };
  const choose = (chosen) => {
    show(chosen);
    if (section.dataset.tabs === LANGUAGE) remember(panels[chosen].dataset.label);
  };
  buttons.forEach((button, index) => button.addEventListener("click", () => choose(index)));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    choose(next);
    buttons[next].focus();
  });
  list.append(...buttons);
  panels[0].before(list);
  const known = section.dataset.tabs === LANGUAGE ? panels.findIndex((panel) => panel.dataset.label === remembered()) : 0;
  show(Math.max(known, 0));
}

function copying(code) {
  const button = element("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  code.append(button);
}

menu();
document.querySelectorAll(".tabs").forEach((section, number) => {
  if (section.querySelector(".panel")) tabs(section, number);
});
if (navigator.clipboard) document.querySelectorAll(".code").forEach(copying);
