// The console of an operation: makes a request of what stands in the form, sends it to the server that serves the page, and
// shows the answer. Credentials are read from their fields when a request is sent, and kept nowhere else.
"use strict";

(() => {
  const section = document.getElementById("console");
  const form = section.querySelector("form");
  const result = section.querySelector(".result");
  const button = form.querySelector("button[type=submit]");
  const body = document.getElementById("request-body");

  function made(name, text, className = "") {
    const element = document.createElement(name);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function base64(text) {
    return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  }

  function credential(field) {
    const { credential: kind } = field.dataset;
    if (kind === "bearer") return `Bearer ${field.value}`;
    if (kind === "basic") return `Basic ${base64(`${field.parentElement.querySelector("[data-user]").value}:${field.value}`)}`;
    return field.value;
  }

  function request() {
    const headers = new Headers();
    const query = new URLSearchParams();
    let path = section.dataset.path;
    for (const field of form.querySelectorAll(".alternative:not([hidden]) [data-credential]")) {
      if (field.value) headers.set(field.dataset.header, credential(field));
    }
    for (const { dataset, value } of form.querySelectorAll("[data-place]")) {
      if (dataset.place === "path") path = path.replace(`{${dataset.name}}`, encodeURIComponent(value));
      else if (value && dataset.place === "query") query.set(dataset.name, value);
      else if (value) headers.set(dataset.name, value);
    }
    if (body) headers.set("Content-Type", section.dataset.mediaType);
    const url = new URL(section.dataset.base + path.slice(1), document.baseURI);
    url.search = query;
    return [url, { method: section.dataset.method, headers, body: body?.value, credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" }];
  }

  function pretty(text) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }

  function code(label, text) {
    const panel = made("div", "", "code");
    const pre = made("pre", "");
    pre.tabIndex = 0;
    pre.setAttribute("role", "group");
    pre.setAttribute("aria-label", label);
    pre.append(made("code", text));
    panel.append(pre);
    return panel;
  }

  function show(answer, text, time) {
    const line = made("p", "");
    const words = answer.statusText ? ` ${answer.statusText}` : "";
    line.append(made("span", `${answer.status}${words}`, `status ${answer.ok ? "good" : "bad"}`), ` in ${time} ms`);
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    result.replaceChildren(line, made("h3", "Body"), text ? code("Body of the answer", pretty(text)) : made("p", "No body."), made("h3", "Headers"), code("Headers of the answer", headers));
  }

  async function send() {
    button.setAttribute("aria-disabled", "true");
    const start = performance.now();
    try {
      const answer = await fetch(...request());
      const text = await answer.text();
      show(answer, text, Math.round(performance.now() - start));
    } catch (error) {
      result.replaceChildren(made("p", `The request was not sent, or its answer did not arrive: ${error.message}`));
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!button.hasAttribute("aria-disabled")) send();
  });
  document.getElementById("alternative")?.addEventListener("change", ({ target }) => {
    form.querySelectorAll(".alternative").forEach((way, index) => (way.hidden = index !== Number(target.value)));
  });
  document.getElementById("example")?.addEventListener("change", ({ target }) => (body.value = target.value));
  if (location.protocol === "file:") {
    form.hidden = true;
    section.querySelector(".offline").hidden = false;
  }
})();
