// Redeems the secret in the URL fragment. The fragment never reaches a server; it is taken out of the address bar at once.
"use strict";

const fragment = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
const challenge = fragment.get("challenge");
const invitation = fragment.get("invitation");
const form = document.getElementById("activation");
const outcome = document.getElementById("outcome");

function finish(text, done) {
  outcome.textContent = text;
  form.hidden = done;
  outcome.focus();
}

if (!challenge && !invitation) {
  finish("This link is incomplete. Open the link in the mail again, or ask the person who invited you for a new one.", true);
}
if (invitation) {
  document.getElementById("person").hidden = false;
  for (const name of ["email", "firstName", "lastName", "phone"]) {
    form.elements.namedItem(name).required = true;
  }
}

function request() {
  const data = Object.fromEntries(new FormData(form));
  return invitation
    ? ["/auth/v1/ad/login/invitation", { ...data, invitationToken: invitation }]
    : ["/activations", { challenge, password: data.password }];
}

async function explain(answer) {
  if (answer.status === 409) return ["This invitation was used before. You can sign in.", true];
  if (answer.status === 410) return ["This link has expired or was replaced. Ask the person who invited you for a new one.", true];
  if (answer.status === 503 || answer.status === 429) return ["The server is busy. Try again in a moment.", false];
  const body = await answer.json().catch(() => ({}));
  return [body.detail || body.message || "That did not work. Try again later.", false];
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const [path, body] = request();
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (answer.ok) finish("Your account is active. You can close this page and sign in.", true);
    else finish(...(await explain(answer)));
  } catch {
    finish("The server could not be reached. Check your connection and try again.", false);
  } finally {
    button.disabled = false;
  }
});
