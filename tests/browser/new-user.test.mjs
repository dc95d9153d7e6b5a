// The page behind a signup link.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PASSWORD, call, change, fault, follow, hasFocus, heading, keepBusy, looks, newAddress, newSignupLink, origin, signsIn, status } from "./harness.mjs";

async function fill(page, { name = "Jane Doe", email, username = "", password = PASSWORD }) {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Username (optional)").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
}

function submit(page) {
  return page.getByRole("button", { name: "Sign up", exact: true }).click();
}

test("a person signs up, with or without a username", async (t) => {
  const { link, secret } = await newSignupLink();
  for (const method of ["GET", "HEAD", "GET", "HEAD"]) assert.equal((await call(method, `/new-user?invite=${secret}`)).status, 200);
  for (const username of ["", `jane-${process.pid}`]) {
    const email = newAddress();
    const page = await follow(t, link);
    await heading(page, "Sign up");
    assert.equal(page.url(), `${origin}/new-user`);
    if (username === "") await looks(page, "new-user-form");
    await fill(page, { email, username });
    await page.getByText("Long enough.").waitFor();
    await page.getByLabel("Password", { exact: true }).press("Enter");
    await heading(page, "Your account is ready");
    await hasFocus(page.getByRole("heading"));
    if (username === "") await looks(page, "new-user-done");
    assert.ok(await signsIn(email));
  }
});

test("each fault is said at its field", async (t) => {
  const { link } = await newSignupLink();
  const page = await follow(t, link);
  await submit(page);
  await fault(page, "E-mail address", "Enter your e-mail address.");
  await fault(page, "Password", "Enter a password.");
  await hasFocus(await fault(page, "Name", "Enter your name."));
  await looks(page, "new-user-missing");

  const email = newAddress();
  await fill(page, { email: "jane" });
  await submit(page);
  await hasFocus(await fault(page, "E-mail address", "This is not an e-mail address such as jane@example.com."));
  await fill(page, { email: "jane..doe@example.com" });
  await submit(page);
  await hasFocus(await fault(page, "E-mail address", "This is not an e-mail address such as jane@example.com."));

  await fill(page, { email, name: "win at https://phish.example" });
  await submit(page);
  await hasFocus(await fault(page, "Name", "This cannot be used. Leave out web addresses, line breaks and invisible characters."));
  await fill(page, { email, name: "Example.Com" });
  await submit(page);
  await hasFocus(await fault(page, "Name", "A name must not have a web address in it."));

  await fill(page, { email, password: `Jane-Doe-${email}` });
  await page.getByText("Easy to guess: it is made of what you entered above", { exact: true }).waitFor();
  await submit(page);
  await hasFocus(await fault(page, "Password", "This password is too easy to guess: leave out your name, your address and your organization, and use a few unrelated words."));
  await looks(page, "new-user-guessable");
  await fill(page, { email });
  await submit(page);
  await heading(page, "Your account is ready");
});

test("an address or a username that has an account keeps it as it is", async (t) => {
  const { link } = await newSignupLink();
  const [email, username] = [newAddress(), `taken-${process.pid}`];
  const first = await follow(t, link);
  await fill(first, { email, username });
  await submit(first);
  await heading(first, "Your account is ready");
  const page = await follow(t, link);
  await fill(page, { email: email.toUpperCase(), password: "another password entirely" });
  await submit(page);
  await hasFocus(await fault(page, "E-mail address", "This address has an account already; its password stays as it is. Sign in with that account, or ask for an invitation by mail to join with it."));
  await looks(page, "new-user-taken");
  await fill(page, { email: newAddress(), username });
  await submit(page);
  await hasFocus(await fault(page, "Username (optional)", "Somebody has this username already. Choose another, or leave it empty."));
  assert.ok(await signsIn(email));
  assert.equal(await signsIn(email, "another password entirely"), false);
});

test("a link that cannot be used says so before anything is asked", async (t) => {
  const unknown = await follow(t, `${origin}/new-user?invite=sgn_unknown`);
  await heading(unknown, "This link cannot be used");
  await looks(unknown, "new-user-unusable");
  const off = await newSignupLink();
  await off.update({ enabled: false });
  await heading(await follow(t, off.link), "This link cannot be used");
  const old = await newSignupLink();
  await old.update({ expiresAt: "2020-01-01T00:00:00Z" });
  await heading(await follow(t, old.link), "This link cannot be used");
  const incomplete = await follow(t, `${origin}/new-user`);
  await heading(incomplete, "This link is incomplete");
  await looks(incomplete, "new-user-incomplete");
});

test("a link that is switched off while the form is open ends it", async (t) => {
  const { link, update } = await newSignupLink();
  const page = await follow(t, link);
  await fill(page, { email: newAddress() });
  await update({ enabled: false });
  await submit(page);
  await heading(page, "This link cannot be used");
  await hasFocus(page.getByRole("heading"));
});

test("a server that is busy, fails or is out of reach leaves everything in place", async (t) => {
  const { link } = await newSignupLink();
  const email = newAddress();
  change("ALTER TABLE signup_tokens RENAME TO gone_signup_tokens");
  const page = await follow(t, link);
  await heading(page, "Sign up");
  await fill(page, { email });
  await submit(page);
  await status(page, "alert", "The server failed, and nothing was changed.");
  change("ALTER TABLE gone_signup_tokens RENAME TO signup_tokens");

  const release = await keepBusy();
  await submit(page);
  await status(page, "alert", "The server is busy, and nothing was changed.");
  await looks(page, "new-user-busy");
  await release();

  await page.context().setOffline(true);
  await submit(page);
  await status(page, "alert", "You are offline.");
  await page.context().setOffline(false);
  await submit(page);
  await heading(page, "Your account is ready");
  assert.ok(await signsIn(email));
});

test("the page speaks the language of the browser", async (t) => {
  const { link } = await newSignupLink();
  for (const [locale, language, title] of [["fr", "fr", "Créer un compte"], ["de-CH", "de", "Registrieren"], ["es-MX", "es", "Registrarse"]]) {
    const page = await follow(t, link, { locale });
    await heading(page, title);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    await looks(page, `new-user-${language}`);
  }
});
