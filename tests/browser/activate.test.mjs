// The page behind a mailed link, for both kinds of link.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  PASSWORD, call, change, fault, follow, hasFocus, heading, inviteByKare, inviteByMuninx, inviteByNexus, keepBusy, letExpire, looks,
  mailedLink, mailedLinks, newAddress, newSignupLink, origin, sendAgain, signsIn, status, visitor, world,
} from "./harness.mjs";

async function activate(page, password = PASSWORD) {
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Activate", exact: true }).click();
}

async function introduce(page, address, password = PASSWORD) {
  await page.getByLabel("E-mail address that the invitation was sent to").fill(address);
  await page.getByLabel("First name").fill("Jane");
  await page.getByLabel("Last name").fill("Doe");
  await page.getByLabel("Phone number").fill("+33 1 23 45 67 89");
  await page.getByLabel("Password", { exact: true }).fill(password);
}

function accept(page) {
  return page.getByRole("button", { name: "Accept", exact: true }).click();
}

test("opening the link sends nothing, keeps the secret from the address bar and uses nothing up", async (t) => {
  const address = newAddress();
  const link = await inviteByMuninx(address);
  for (const method of ["GET", "HEAD"]) {
    const answer = await call(method, "/activate");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
    assert.match(answer.headers.get("content-security-policy"), /^default-src 'none'; script-src 'self'; style-src 'self';/);
  }
  const page = await visitor(t);
  const sent = [];
  page.on("request", (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.goto(link);
  await heading(page, "Activate your account");
  assert.equal(page.url(), `${origin}/activate`);
  assert.equal(await page.evaluate(() => history.length), 2, "the link leaves no entry of its own");
  assert.deepEqual(sent.filter((request) => !/^GET \/(activate|assets\/[a-z-]+\.(css|js)|,)$/.test(request)), []);
  await looks(page, "activate-form");
  assert.equal(await signsIn(address), false, "nothing has happened yet");
});

test("a password makes the account active, and the link works once", async (t) => {
  const address = newAddress();
  const link = await inviteByMuninx(address);
  const page = await follow(t, link);
  await activate(page);
  await heading(page, "Your account is active");
  await hasFocus(page.getByRole("heading"));
  await looks(page, "activate-done");
  assert.ok(await signsIn(address));
  const again = await follow(t, link);
  await activate(again, "another password entirely");
  await heading(again, "This link was used before");
  await looks(again, "activate-used");
  assert.ok(await signsIn(address), "the password is the first one");
});

test("everything can be done with the keyboard, and the focus is always seen", async (t) => {
  const address = newAddress();
  const page = await follow(t, await inviteByMuninx(address));
  const passed = [];
  const tab = async () => {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { name: element.labels?.[0]?.textContent ?? element.textContent, seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
    });
    assert.ok(focus.seen, `the focus on ${focus.name} is seen`);
    passed.push(focus.name);
  };
  await tab();
  await page.keyboard.type(PASSWORD);
  await tab();
  await page.keyboard.press("Space");
  assert.equal(await page.locator("#password").getAttribute("type"), "text", "the password is shown");
  await tab();
  await tab();
  await page.keyboard.press("Enter");
  await heading(page, "Decline this invitation?");
  await tab();
  await tab();
  await page.keyboard.press("Enter");
  await heading(page, "Activate your account");
  await tab();
  await page.keyboard.press("Enter");
  await heading(page, "Your account is active");
  assert.deepEqual(passed, ["Password", "Show the password", "Activate", "This was not for me", "Decline", "Go back", "Password"]);
  assert.ok(await signsIn(address));
});

test("hints say while one types what the server would object to", async (t) => {
  const page = await follow(t, await inviteByMuninx(newAddress()));
  const password = page.getByLabel("Password", { exact: true });
  for (const [typed, hint] of [
    ["violet", "Too short: 6 of 12 characters"],
    ["🔑".repeat(11), "Too short: 11 of 12 characters"],
    ["e\u0301o\u0300".repeat(5), "Too short: 10 of 12 characters"],
    ["abcabcabcabcabc", "Easy to guess: it repeats itself"],
    ["mnopqrstuvwxyz", "Easy to guess: its characters follow each other"],
    ["x".repeat(1025), "Too long: a password has at most 1,024 characters"],
    [PASSWORD, "Long enough. When you send it, it is also compared with common passwords."],
  ]) {
    await password.fill(typed);
    await page.getByText(hint, { exact: true }).waitFor();
  }
  await looks(page, "activate-hint");
  await password.fill("");
  await page.locator(".strength:empty").waitFor({ state: "attached" });
  const shown = await page.locator(".strength").evaluate((region) => getComputedStyle(region).display);
  assert.notEqual(shown, "none", "a live region that comes and goes is not read out");
});

test("what the hints call weak the server refuses", async (t) => {
  const link = await inviteByMuninx(newAddress());
  const page = await follow(t, link);
  const challenge = link.split("=")[1];
  const candidates = ["aaaaaaaaaaaa", "abababababab", "kX9$kX9$kX9$", "q7Zp!xq7Zp!xq7Z", "abcdefghijkl", "987654321098", "CBA@?>=<;:98", "jane doe jane doe", "Jane.Doe-2026", "żółwżółwżółw", "ьыъщшчцхфутс"];
  const weak = await page.evaluate(async (passwords) => {
    const { weakness } = await import("./assets/password.js");
    return passwords.map((password) => [password, weakness(password, ["Jane", "Doe"])]).filter(([, fault]) => fault !== null);
  }, candidates);
  assert.ok(weak.length >= 9, `hints find most of them: ${weak}`);
  for (const [password, hint] of weak) {
    const answer = await call("POST", "/activations", { body: { challenge, password } });
    assert.equal(answer.status, 400, `${password} (${hint}): ${answer.text}`);
  }
});

test("a password that cannot do is said at its field before anything is sent", async (t) => {
  const page = await follow(t, await inviteByMuninx(newAddress()));
  const sent = [];
  page.on("request", (request) => sent.push(request.url()));
  await activate(page, "");
  await hasFocus(await fault(page, "Password", "Enter a password."));
  await looks(page, "activate-missing");
  await activate(page, "too short");
  await hasFocus(await fault(page, "Password", "A password has at least 12 characters; this one has 9."));
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  assert.equal(await page.locator("[aria-invalid]").count(), 0, "typing takes the error away");
  assert.deepEqual(sent, []);
});

test("the server has the last word on a password, and the link still works", async (t) => {
  const address = newAddress();
  const page = await follow(t, await inviteByMuninx(address));
  await activate(page, "passwordpassword1");
  await hasFocus(await fault(page, "Password", "This password is too easy to guess: leave out your name, your address and your organization, and use a few unrelated words."));
  await looks(page, "activate-guessable");
  await activate(page);
  await heading(page, "Your account is active");
  assert.ok(await signsIn(address));
});

test("an account that became active otherwise keeps its password and is told so", async (t) => {
  const address = newAddress();
  const first = await inviteByNexus(address, world.organization.id);
  const second = await inviteByNexus(address, world.customer_organization.id, 2);
  const page = await follow(t, first);
  await activate(page);
  await heading(page, "Your account is active");
  const other = await follow(t, second);
  await other.getByText("it may keep its password. Choose one that you will remember").waitFor();
  await activate(other, "another password entirely");
  await heading(other, "You have joined");
  await other.getByText("Its password has not changed").waitFor();
  await looks(other, "activate-kept");
  assert.ok(await signsIn(address));
  assert.equal(await signsIn(address, "another password entirely"), false);
});

test("an account of a signup link gets the password of whoever holds its mailbox", async (t) => {
  const address = newAddress();
  const { secret } = await newSignupLink();
  const body = { email: address, name: "Somebody Else", password: "another password entirely" };
  assert.equal((await call("POST", `/invite/${secret}/signup`, { body })).status, 200);
  const page = await follow(t, await inviteByNexus(address, world.customer_organization.id));
  await activate(page);
  await heading(page, "Your account is active");
  await page.getByText("sign in with the password that you have just chosen").waitFor();
  assert.ok(await signsIn(address));
  assert.equal(await signsIn(address, "another password entirely"), false);
});

test("an expired link is renewed for whoever holds it, into the mailbox that it came to", async (t) => {
  const address = newAddress();
  const link = await inviteByMuninx(address);
  letExpire(address);
  const page = await follow(t, link);
  await activate(page);
  await heading(page, "This link has expired");
  await looks(page, "activate-expired");
  await page.getByRole("button", { name: "Send me a new link" }).press("Enter");
  await heading(page, "Look into your mailbox");
  await hasFocus(page.getByRole("heading"));
  assert.equal(await page.getByRole("button").count(), 0);
  await looks(page, "activate-renewed");
  const renewed = await follow(t, await mailedLink(address, 2));
  await activate(renewed);
  await heading(renewed, "Your account is active");
});

test("a link that a newer one replaced says so and offers no other", async (t) => {
  const address = newAddress();
  const link = await inviteByMuninx(address);
  await sendAgain(address, 2);
  const page = await follow(t, link);
  await activate(page);
  await heading(page, "This link is no longer valid");
  assert.equal(await page.getByRole("button").count(), 0);
  await looks(page, "activate-withdrawn");
  assert.equal(mailedLinks(address).length, 2);
});

test("declining takes a second step, and can be called off", async (t) => {
  const address = newAddress();
  const link = await inviteByMuninx(address);
  const page = await follow(t, link);
  await page.getByRole("button", { name: "This was not for me" }).click();
  await heading(page, "Decline this invitation?");
  await hasFocus(page.getByRole("heading"));
  await looks(page, "activate-decline");
  await page.getByRole("button", { name: "Go back" }).click();
  await heading(page, "Activate your account");
  await page.getByRole("button", { name: "This was not for me" }).click();
  await page.getByRole("button", { name: "Decline", exact: true }).click();
  await heading(page, "You have declined");
  await looks(page, "activate-turned-down");
  const again = await follow(t, link);
  await activate(again);
  await heading(again, "This invitation was declined");
  await looks(again, "activate-declined");
  assert.equal(await signsIn(address), false);
});

test("an incomplete and an unknown link are told apart", async (t) => {
  const page = await follow(t, `${origin}/activate`);
  await heading(page, "This link is incomplete");
  await looks(page, "activate-incomplete");
  const unknown = await follow(t, `${origin}/activate#challenge=act_0123456789abcdef`);
  await activate(unknown);
  await heading(unknown, "This link is not known");
  await looks(unknown, "activate-unknown");
  const cut = await follow(t, `${origin}/activate#challenge=act_01`);
  await activate(cut);
  await heading(cut, "This link is not known");
});

test("another link that is opened over the page is the one that counts", async (t) => {
  const [one, other] = [newAddress(), newAddress()];
  const page = await follow(t, await inviteByMuninx(one));
  await page.goto(await inviteByMuninx(other));
  await heading(page, "Activate your account");
  await page.waitForURL(`${origin}/activate`);
  await activate(page);
  await heading(page, "Your account is active");
  assert.deepEqual([await signsIn(one), await signsIn(other)], [false, true]);
});

test("a server that is busy, fails or is out of reach leaves everything in place", async (t) => {
  const address = newAddress();
  const page = await follow(t, await inviteByMuninx(address));
  const release = await keepBusy();
  await activate(page);
  await page.getByRole("button", { name: "Sending …" }).waitFor();
  await status(page, "alert", "The server is busy, and nothing was changed.");
  await looks(page, "activate-busy");
  await release();

  change("ALTER TABLE challenges RENAME TO gone_challenges");
  await activate(page);
  await status(page, "alert", "The server failed, and nothing was changed.");
  change("ALTER TABLE gone_challenges RENAME TO challenges");

  await page.context().setOffline(true);
  await activate(page);
  await status(page, "alert", "You are offline.");
  await looks(page, "activate-offline");
  await page.context().setOffline(false);

  await page.route("**/activations", (route) => route.abort("connectionrefused"));
  await activate(page);
  await status(page, "alert", "The server could not be reached.");
  await page.unroute("**/activations");

  for (const [answer, text] of [
    [{ status: 429, contentType: "application/problem+json", headers: { "Retry-After": "3590" }, body: "{}" }, "nothing was changed. Try again in about 60 minutes."],
    [{ status: 429, contentType: "application/problem+json", headers: { "Retry-After": "5" }, body: "{}" }, "nothing was changed. Try again in a moment."],
    [{ status: 503, contentType: "application/json", headers: { "Retry-After": "120" }, body: '{"message":"busy"}' }, "Try again in about 2 minutes."],
    [{ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" }, "There was no clear answer, so it may have worked."],
    [{ status: 410, contentType: "text/html", body: "<h1>Gone</h1>" }, "There was no clear answer, so it may have worked."],
  ]) {
    await page.route("**/activations", (route) => route.fulfill(answer));
    await activate(page);
    await status(page, "alert", text);
    await page.unroute("**/activations");
  }

  await page.getByRole("button", { name: "Activate", exact: true }).click();
  await heading(page, "Your account is active");
});

test("a server that takes too long may have done it all the same, also where browsers are old", async (t) => {
  const page = await visitor(t);
  await page.clock.install();
  await page.addInitScript(() => delete AbortSignal.timeout);
  await page.goto(await inviteByMuninx(newAddress()));
  await page.route("**/activations", () => {});
  await activate(page);
  await page.getByRole("button", { name: "Sending …" }).waitFor();
  await page.clock.fastForward(30_000);
  await status(page, "alert", "There was no clear answer, so it may have worked.");
  await page.unroute("**/activations");
  await activate(page);
  await heading(page, "Your account is active");
});

test("without scripts the page says what it needs", async (t) => {
  const page = await follow(t, `${origin}/activate`, { javaScriptEnabled: false });
  assert.match(await page.locator("body").innerText(), /This page needs JavaScript/);
});

test("a page of which a script does not arrive says what can be done", async (t) => {
  for (const path of ["activate", "new-user"]) {
    const page = await visitor(t, { broken: true });
    await page.route("**/assets/texts.js", (route) => route.abort());
    await page.goto(`${origin}/${path}`);
    await page.getByText("A part of this page has not arrived.").waitFor();
    await page.unroute("**/assets/texts.js");
    await page.reload();
    await heading(page, "This link is incomplete");
    await page.getByText("A part of this page has not arrived.").waitFor({ state: "hidden" });
  }
});

test("the page speaks the language of the browser", async (t) => {
  const link = await inviteByMuninx(newAddress());
  for (const [locale, language, title, decline] of [
    ["fr-CA", "fr", "Activer votre compte", "Elle ne m’était pas destinée"],
    ["de-AT", "de", "Konto aktivieren", "Sie war nicht für mich"],
    ["es", "es", "Activar su cuenta", "No era para mí"],
    ["nl", "en", "Activate your account", "This was not for me"],
  ]) {
    const page = await follow(t, link, { locale });
    await heading(page, title);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    await page.getByRole("button", { name: decline }).waitFor();
    if (language !== "en") await looks(page, `activate-${language}`);
    await page.locator("#password").fill("passwordpassword1");
    await page.locator("#password").press("Enter");
    await page.locator("#password-error:not(:empty)").waitFor();
    assert.equal(await page.locator("#password-error").getAttribute("lang"), language);
  }
});

test("a Kare invitation asks who accepts it and says what is missing at each field", async (t) => {
  const address = newAddress("mail.com");
  const page = await follow(t, await inviteByKare(address));
  await heading(page, "Accept your invitation");
  await looks(page, "accept-form");
  await accept(page);
  await fault(page, "First name", "Enter your first name.");
  await fault(page, "Last name", "Enter your last name.");
  await fault(page, "Phone number", "Enter your phone number.");
  await fault(page, "Password", "Enter a password.");
  await hasFocus(await fault(page, "E-mail address that the invitation was sent to", "Enter your e-mail address."));
  await looks(page, "accept-missing");
  await introduce(page, "somebody.else@mail.com");
  await accept(page);
  await hasFocus(await fault(page, "E-mail address that the invitation was sent to", "This is not the address that the invitation was sent to, or the link was not copied completely."));
  await looks(page, "accept-wrong-address");
  await introduce(page, address);
  await page.getByLabel("First name").fill("see https://phish.example");
  await accept(page);
  await hasFocus(await fault(page, "First name", "This cannot be used. Leave out web addresses, line breaks and invisible characters."));
  await introduce(page, address, `${address} Jane`);
  await page.getByText("Easy to guess: it is made of what you entered above", { exact: true }).waitFor();
  await introduce(page, address);
  await accept(page);
  await heading(page, "You have joined");
  await looks(page, "accept-done");
  assert.ok(await signsIn(address));
});

test("whoever has an account accepts a Kare invitation with its own password", async (t) => {
  const address = newAddress("mail.com");
  const first = await inviteByNexus(address, world.organization.id);
  // The invitation comes while the account is pending; the account becomes active by the other one.
  change("UPDATE invitations SET flow = 'kare' WHERE address = ?", address);
  change("UPDATE challenges SET purpose = 'kare' WHERE invitation_id IN (SELECT id FROM invitations WHERE address = ?)", address);
  const second = await inviteByNexus(address, world.customer_organization.id, 2);
  await activate(await follow(t, second));
  const page = await follow(t, first.replace("#challenge=", "#invitation="));
  await introduce(page, address, "not the password at all");
  await accept(page);
  const password = await fault(page, "Password", "This address has an account already, and this is not its password.");
  await hasFocus(password);
  assert.equal(await password.getAttribute("autocomplete"), "current-password");
  assert.equal(await password.getAttribute("aria-describedby"), "password-existing password-error", "no rule for new ones");
  await looks(page, "accept-wrong-password");
  await password.fill(PASSWORD);
  await accept(page);
  await heading(page, "You have joined");
  assert.ok(await signsIn(address));
});

test("a Kare invitation can be declined and renewed like any other", async (t) => {
  const address = newAddress("mail.com");
  const link = await inviteByKare(address);
  letExpire(address);
  const page = await follow(t, link);
  await introduce(page, address);
  await accept(page);
  await heading(page, "This link has expired");
  await page.getByRole("button", { name: "Send me a new link" }).click();
  await heading(page, "Look into your mailbox");
  const renewed = await mailedLink(address, 2);
  assert.match(renewed, /#invitation=inv_/);
  const other = await follow(t, renewed);
  await other.getByRole("button", { name: "This was not for me" }).click();
  await other.getByRole("button", { name: "Decline", exact: true }).click();
  await heading(other, "You have declined");
  const again = await follow(t, renewed);
  await introduce(again, address);
  await accept(again);
  await heading(again, "This invitation was declined");
});

test("on a phone everything fits and can be touched", async (t) => {
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 3 };
  const address = newAddress("mail.com");
  const page = await follow(t, await inviteByKare(address), phone);
  await introduce(page, address);
  const small = await page.evaluate(() => {
    const targets = [...document.querySelectorAll("button, input, label.choice")].filter((element) => element.offsetParent && element.id !== "show");
    return targets.map((element) => [element.id, element.getBoundingClientRect().height]).filter(([, height]) => height < 40);
  });
  assert.deepEqual(small, []);
  assert.equal(await page.evaluate(() => visualViewport.scale), 1, "nothing was zoomed for being too small");
  await page.getByRole("button", { name: "Accept", exact: true }).tap();
  await heading(page, "You have joined");
});
