// Redeems the secret in the URL fragment. The fragment never reaches a server; it is taken out of the address bar at once.
"use strict";

const fragment = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
const challenge = fragment.get("challenge");
const invitation = fragment.get("invitation");
const form = document.getElementById("activation");
const outcome = document.getElementById("outcome");

function finish({ text, good = false, done }) {
  outcome.textContent = text;
  outcome.classList.toggle("good", good);
  form.hidden = done;
  outcome.focus();
}

// A Kare invitation also asks who accepts it. Whoever has an account already proves it with its password.
function askForPerson() {
  document.title = "Accept your invitation";
  document.getElementById("heading").textContent = document.title;
  document.getElementById("introduction").textContent = "Opening this page has changed nothing yet.";
  document.getElementById("rule").prepend("If you have an account already, enter its password. Otherwise choose one. ");
  form.querySelector("button").textContent = "Accept";
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
  if (answer.status === 409) return { text: "This invitation was used before. You can sign in.", done: true };
  if (answer.status === 410) return { text: "This link has expired or was replaced. Ask the person who invited you for a new one.", done: true };
  if (answer.status === 503 || answer.status === 429) return { text: "The server is busy. Try again in a moment.", done: false };
  const body = await answer.json().catch(() => ({}));
  const said = body.detail || body.message || "That did not work. Try again later.";
  return { text: said.charAt(0).toUpperCase() + said.slice(1) + (said.endsWith(".") ? "" : "."), done: false };
}

async function submit(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const [path, body] = request();
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (answer.ok) finish({ text: "Your account is active. You can close this page and sign in.", good: true, done: true });
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
if (challenge || invitation) {
  if (invitation) askForPerson();
  form.hidden = false;
} else {
  finish({ text: "This link is incomplete. Open the link in the mail again, or ask the person who invited you for a new one.", done: true });
}
