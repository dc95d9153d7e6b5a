// Signs a person up with the token of the link, which is taken out of the address bar at once.

import { finish, hintAtStrength, offerToShow, sendForm, translate, turnTo } from "./pages.js";

const token = new URLSearchParams(location.search).get("invite");
history.replaceState(null, "", location.pathname);
const form = document.getElementById("signup");
const target = `invite/${encodeURIComponent(token ?? "")}`;

// The contract knows no empty username, only none.
function request({ username, ...others }) {
  return [`${target}/signup`, username === "" ? others : { ...others, username }];
}

function refused(_, { outcome }) {
  if (outcome) finish(outcome);
  return outcome !== undefined;
}

// The form appears unless the link is known to be of no use: an answer that fails otherwise says nothing about it.
async function begin() {
  if (!token) return finish("incompleteSignup", { moved: false });
  const answer = await fetch(`${target}/validate`).catch(() => null);
  if (answer?.status === 400) finish("unusable", { moved: false });
  else turnTo("form", "signupTitle", { moved: false });
}

translate();
offerToShow(form);
hintAtStrength(form);
sendForm(form, { request, done: () => finish("signedUp", { good: true }), refused });
begin();
