// Signs a person up with the token of the link, which is taken out of the address bar at once.
"use strict";

const token = new URLSearchParams(location.search).get("invite") || "";
history.replaceState(null, "", location.pathname);
const form = document.getElementById("signup");
const outcome = document.getElementById("outcome");
const target = `/invite/${encodeURIComponent(token)}`;

function finish(text, done) {
  outcome.textContent = text;
  form.hidden = done;
  outcome.focus();
}

const unusable = "This signup link cannot be used: it is incomplete, switched off or expired. Ask the person who sent it for a new one.";

async function validate() {
  if (!token) return finish(unusable, true);
  const answer = await fetch(`${target}/validate`).catch(() => null);
  if (answer && answer.status === 400) finish(unusable, true);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const body = Object.fromEntries([...new FormData(form)].filter(([name, value]) => name !== "username" || value !== ""));
  try {
    const answer = await fetch(`${target}/signup`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const said = answer.ok ? {} : await answer.json().catch(() => ({}));
    if (answer.ok) finish("Your account is ready. You can close this page and sign in.", true);
    else finish(said.message || "That did not work. Try again later.", false);
  } catch {
    finish("The server could not be reached. Check your connection and try again.", false);
  } finally {
    button.disabled = false;
  }
});

validate();
