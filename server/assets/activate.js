// Redeems, declines or renews by the secret in the URL fragment. The fragment never reaches a server; it is taken out of
// the address bar at once. Opening the page sends nothing.

import { ask, explain, finish, hintAtStrength, language, offerToShow, say, sendForm, translate, turnTo } from "./pages.js";

const fragment = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
// Another link that is opened over this page changes nothing but the fragment.
addEventListener("hashchange", () => location.reload());

const challenge = fragment.get("challenge");
const invitation = fragment.get("invitation");
const secret = challenge ?? invitation;
const form = document.getElementById("activation");
const renewal = document.getElementById("renew");
const kind = invitation ? "accept" : "activate";

// A Kare invitation also asks who accepts it, and knows in which of its languages to write to them from now on.
function request(values) {
  if (!invitation) return ["activations", { challenge, ...values }];
  const lang = ["de", "en", "fr"].includes(language) ? { lang: language } : {};
  return ["auth/v1/ad/login/invitation", { invitationToken: invitation, ...values, ...lang }];
}

function done(result) {
  if (invitation) finish("accepted", { good: true });
  else finish(result.passwordSet ? "activated" : "kept", { good: true });
}

// What ends the view. A dead link can be renewed only if it died of age.
function refused(answer, { outcome }) {
  const isCut = answer.body.errors?.some(({ pointer }) => pointer === "/challenge");
  const ends = outcome ?? (isCut ? "unknown" : { 409: "used", 410: "withdrawn" }[answer.status]);
  if (!ends) return false;
  renewal.hidden = ends !== "expired";
  finish(ends);
  return true;
}

// Of a Kare invitation that is not known the address may be wrong, and an address that has an account has a password.
function notAccepted(answer, known) {
  if (invitation && known.outcome === "unknown") return false;
  if (known.text === "wrongPassword") expectAccount();
  return refused(answer, known);
}

function expectAccount() {
  const password = form.elements.namedItem("password");
  password.autocomplete = "current-password";
  // What describes a field is read out even where it is hidden.
  password.setAttribute("aria-describedby", "password-existing password-error");
  document.getElementById("password-rule").hidden = true;
}

async function decline(event) {
  const answer = await ask(event.target, "activations/decline", { challenge: secret });
  if (answer?.ok) finish("turnedDown", { good: true });
  else if (answer) explain(answer, refused);
}

// The answer is the same whatever becomes of it: nothing of the invitation can be read from it.
async function renew(event) {
  const answer = await ask(event.target, "activations/renew", { challenge: secret });
  if (answer?.ok) {
    renewal.hidden = true;
    finish("renewed", { good: true });
  } else if (answer) {
    explain(answer, refused);
  }
}

translate();
document.getElementById("introduction").textContent = say(`${kind}Introduction`);
document.getElementById("password-existing").textContent = say(`${kind}Existing`);
document.getElementById("person").hidden = !invitation;
form.querySelector("[type=submit]").textContent = say(`${kind}Button`);
offerToShow(form);
hintAtStrength(form);
sendForm(form, { request, done, refused: notAccepted });
renewal.addEventListener("click", renew);
document.getElementById("decline").addEventListener("click", () => turnTo("decline", "declineTitle"));
document.getElementById("decline-back").addEventListener("click", () => turnTo("form", `${kind}Title`));
document.getElementById("decline-confirm").addEventListener("click", decline);
if (secret) turnTo("form", `${kind}Title`, { moved: false });
else finish("incomplete", { moved: false });
