// Signs a person up with the token of the link, which is taken out of the address bar at once.
"use strict";

const token = new URLSearchParams(location.search).get("invite") || "";
history.replaceState(null, "", location.pathname);
const form = document.getElementById("signup");
const outcome = document.getElementById("outcome");
const target = `/invite/${encodeURIComponent(token)}`;

function finish({ text, good = false, done }) {
  outcome.textContent = text;
  outcome.classList.toggle("good", good);
  form.hidden = done;
  outcome.focus();
}

// The form appears unless the link is known to be of no use: an answer that fails otherwise says nothing about it.
async function validate() {
  const answer = token && (await fetch(`${target}/validate`).catch(() => null));
  if (!token || (answer && answer.status === 400)) {
    finish({ text: "This signup link cannot be used: it is incomplete, switched off or expired. Ask the person who sent it for a new one.", done: true });
  } else {
    form.hidden = false;
  }
}

async function explain(answer) {
  if (answer.status === 503 || answer.status === 429) return { text: "The server is busy. Try again in a moment.", done: false };
  const body = await answer.json().catch(() => ({}));
  const said = body.message || "That did not work. Try again later.";
  return { text: said.charAt(0).toUpperCase() + said.slice(1) + (said.endsWith(".") ? "" : "."), done: false };
}

async function submit(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  // The contract knows no empty username, only none.
  const body = Object.fromEntries([...new FormData(form)].filter(([name, value]) => name !== "username" || value !== ""));
  try {
    const answer = await fetch(`${target}/signup`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (answer.ok) finish({ text: "Your account is ready. You can close this page and sign in.", good: true, done: true });
    else finish(await explain(answer));
  } catch {
    finish({ text: "The server could not be reached. Check your connection and try again.", done: false });
  } finally {
    button.disabled = false;
  }
}

form.addEventListener("submit", submit);
document.getElementById("show").addEventListener("change", (event) => {
  form.elements.namedItem("password").type = event.target.checked ? "text" : "password";
});
validate();
