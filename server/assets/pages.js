// What both pages for people share: language, views, fields with their errors, and calls to the server.
//
// A page is one heading and one view at a time. Texts are set as text, never as markup.

import { MAX_CHARACTERS, MIN_CHARACTERS, count, weakness } from "./password.js";
import { sentences, texts } from "./texts.js";

// How long the server may take to answer, in milliseconds.
const PATIENCE = 30_000;
// How long typing must pause before a hint is given, so that a screen reader does not speak at every key.
const PAUSE = 400;

const preferred = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
export const language = preferred.find((code) => Object.hasOwn(texts, code)) ?? "en";

export function say(key, values = {}) {
  return texts[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// Comes first: once it runs all scripts are there, and what the page says without them is over.
export function translate() {
  document.getElementById("fallback").hidden = true;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
}

const heading = document.getElementById("heading");

// Shows one view under its heading. Whoever has acted is led there: the focus goes to the heading, which is read out.
export function turnTo(view, title, { moved = true } = {}) {
  for (const element of document.querySelectorAll("[data-view]")) element.hidden = element.dataset.view !== view;
  warn("");
  heading.textContent = document.title = say(title);
  if (moved) heading.focus();
}

// The last view: how it went. Each outcome has a title and a text of its name.
export function finish(outcome, { good = false, moved = true } = {}) {
  const paragraph = document.querySelector(".outcome");
  paragraph.textContent = say(`${outcome}Text`);
  paragraph.classList.toggle("good", good);
  turnTo("outcome", `${outcome}Title`, { moved });
}

// The line of a view that is read out at once, for what concerns no single field.
export function warn(text, words = language) {
  for (const alert of document.querySelectorAll(".alert")) {
    const shown = alert.closest("[data-view]").hidden ? "" : text;
    alert.textContent = shown;
    alert.lang = words;
  }
}

function errorOf(input) {
  return document.getElementById(`${input.id}-error`);
}

function complain(input, text, words = language) {
  const error = errorOf(input);
  error.textContent = text;
  error.lang = words;
  error.hidden = false;
  input.setAttribute("aria-invalid", "true");
}

function forgive(input) {
  input.removeAttribute("aria-invalid");
  errorOf(input).hidden = true;
  errorOf(input).textContent = "";
}

// Fields that the visitor sees; a part of a form that is hidden is not asked for.
function fields(form) {
  return [...form.querySelectorAll("input[name]")].filter((input) => !input.closest("[hidden]"));
}

export function values(form) {
  return Object.fromEntries(fields(form).map((input) => [input.name, input.value]));
}

// What can be told without the server. Everything else is the server's word.
function check(input) {
  if (input.required && input.value.trim() === "") return say(`${input.name}Missing`);
  if (input.name === "password" && count(input.value) < MIN_CHARACTERS) return say("passwordShort", lengths(input.value));
  if (input.name === "password" && count(input.value) > MAX_CHARACTERS) return say("passwordLong");
  if (input.name === "email" && !/^[^@\s]+@[^@\s]+$/.test(input.value)) return say("emailInvalid");
  return null;
}

function lengths(password) {
  return { count: count(password), least: MIN_CHARACTERS };
}

// Whether there is a fault; if so, the focus is on its field, whose error is read out with it.
function leadToFirstFault(form) {
  const faulty = fields(form).find((input) => input.hasAttribute("aria-invalid"));
  faulty?.focus();
  return faulty !== undefined;
}

// Says while it is typed what the server would object to; nothing where the password of an account is asked for.
export function hintAtStrength(form) {
  const password = form.elements.namedItem("password");
  const strength = document.getElementById("password-strength");
  let timer;
  const hint = () => {
    const { password: _, ...others } = values(form);
    const typed = password.value;
    const fault = weakness(typed, Object.values(others));
    // A fault that is said at the field needs no hint beside it.
    const shown = typed !== "" && password.autocomplete === "new-password" && !password.hasAttribute("aria-invalid");
    strength.textContent = shown ? say(`strength_${fault ?? "fair"}`, lengths(typed)) : "";
    strength.classList.toggle("good", shown && fault === null);
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(hint, PAUSE);
  });
  new MutationObserver(hint).observe(password, { attributeFilter: ["aria-invalid", "autocomplete"] });
}

// The box that shows what is typed as password.
export function offerToShow(form) {
  document.getElementById("show").addEventListener("change", (event) => {
    form.elements.namedItem("password").type = event.target.checked ? "text" : "password";
  });
}

// An answer, or null after saying above the button why there is none. While one is awaited the button stays where it is,
// with the focus, and does nothing.
export async function ask(button, path, body) {
  if (button.hasAttribute("aria-disabled")) return null;
  // Made before the network is asked: a fault of this page must not be told as one of the network.
  const patience = new AbortController();
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body), signal: patience.signal };
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  const label = button.textContent;
  button.setAttribute("aria-disabled", "true");
  button.textContent = say("sending");
  warn("");
  try {
    return await read(await fetch(path, request));
  } catch {
    warn(say(patience.signal.aborted ? "unclear" : navigator.onLine ? "unreachable" : "offline"));
    return null;
  } finally {
    clearTimeout(timer);
    button.removeAttribute("aria-disabled");
    button.textContent = label;
  }
}

// An answer with its body, and the seconds to wait before the next try. `isOwn` is an error in a form that the server has;
// others are of somebody on the way, who does not know what the server did.
async function read(answer) {
  const body = parsed(await answer.text());
  const isProblem = answer.headers.get("Content-Type")?.startsWith("application/problem+json");
  const isOwn = isProblem || typeof body.message === "string";
  return { status: answer.status, ok: answer.ok, body, isOwn, wait: Number(answer.headers.get("Retry-After")) };
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

// Sends a form when it is complete. `request` makes path and body of the values, `done` gets the body of a success, and
// `refused` is asked whether a refusal ends the form.
export function sendForm(form, { request, done, refused }) {
  for (const input of form.querySelectorAll("input[name]")) input.addEventListener("input", () => forgive(input));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const input of fields(form)) {
      const fault = check(input);
      if (fault === null) forgive(input);
      else complain(input, fault);
    }
    if (leadToFirstFault(form)) return;
    const answer = await ask(form.querySelector("[type=submit]"), ...request(values(form)));
    if (answer?.ok) done(answer.body);
    else if (answer) explain(answer, refused, form);
  });
}

// A refusal ends the view, or concerns a field, or is said above the button: the first of these that is so.
export function explain(answer, refused, form) {
  const sentence = answer.body.detail ?? answer.body.message ?? "";
  const known = sentences[sentence] ?? {};
  if (answer.isOwn && refused(answer, known)) return;
  for (const [name, text, words] of faults(answer, known, sentence)) {
    const input = form && fields(form).find((field) => field.name === name);
    if (input) complain(input, text, words);
    else warn(text, words);
  }
  if (form) leadToFirstFault(form);
}

// Field, text and its language for each fault. What the server says in words that are not known here is shown as it is.
function faults(answer, known, sentence) {
  if (!answer.isOwn) return [[null, say("unclear")]];
  if (answer.status === 503 || answer.status === 429) return [[null, busy(answer.wait)]];
  if (answer.status >= 500) return [[null, say("failed")]];
  if (known.text) return [[known.field, say(known.text)]];
  const broken = violated(answer.body);
  if (broken.length > 0 && !isRule(answer.body)) {
    return broken.map((name) => [name, say(name === "email" ? "emailInvalid" : "invalid")]);
  }
  const shown = sentence.charAt(0).toUpperCase() + sentence.slice(1) + (sentence.endsWith(".") ? "" : ".");
  return [[answer.body.field ?? broken[0], shown, "en"]];
}

// From a minute and a half on in minutes, so that there are always several.
function busy(seconds) {
  return seconds > 90 ? say("busyFor", { minutes: Math.ceil(seconds / 60) }) : say("busy");
}

// Whether an error of Unleash is of a rule, and has a sentence of its own for the member that it names.
function isRule(body) {
  return body.name !== undefined && body.name !== "ValidationError";
}

// The fields that break the schema. Problems list them, Unleash's errors too, and Kare's have one text for all.
function violated(body) {
  const listed = [...(body.errors ?? []), ...(body.details ?? [])].map((fault) => fault.pointer ?? fault.path);
  const told = [...(body.message ?? "").matchAll(/[:;] (\/\w+) /g)].map((match) => match[1]);
  return [...new Set([...listed, ...told])].map((pointer) => pointer.slice(1));
}
