// What the browser tests share: the browser, what every visit is held against, and the server's world.
//
// `cargo xtask check browser` starts the server and says in the environment where everything is. Each test makes its own
// people, so that none sees what another did. Every visit ends with the same demands: nothing on the console that is not the
// answer a test asked for, no request to anywhere else, and no secret left in the address bar.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { after } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

const { CHROMIUM, NODE_TOOLS, PYTHON, SCREENSHOTS, WORLD } = process.env;
const require = createRequire(`${NODE_TOOLS}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const world = JSON.parse(readFileSync(WORLD, "utf8"));
export const origin = world.base_url;
export const PASSWORD = "violet ladder seldom";

const DESKTOP = { width: 1280, height: 800 };
const LOOKS = [
  ["desktop", "light", DESKTOP],
  ["desktop", "dark", DESKTOP],
  ["phone", "light", { width: 390, height: 844 }],
  ["phone", "dark", { width: 390, height: 844 }],
  // A phone with large type, or a desktop at 400 %: the narrowest that WCAG asks for (1.4.10). Not worth a picture.
  ["narrow", "light", { width: 320, height: 640 }],
];

// How long anything may take that is waited for, in milliseconds.
const PATIENCE = 20_000;

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
after(() => browser.close());

// A page of somebody with a browser of their own. `options` are those of a browser context; `home` is where everything comes from,
// and `broken` says that a part of it does not, which the console tells.
export async function visitor(t, { home = origin, broken = false, ...options } = {}) {
  const context = await browser.newContext({ locale: "en-GB", viewport: DESKTOP, colorScheme: "light", ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    // An operation that refuses is an answer; whatever else the console calls an error is a fault of the page.
    const answered = message.text().startsWith("Failed to load resource") && !/^\/(docs|assets)\b/.test(new URL(message.location().url).pathname);
    if (["error", "warning"].includes(message.type()) && !answered) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${home}/`) && !request.url().startsWith("data:")) faults.push(`a request to ${request.url()}`);
  });
  t.after(async () => {
    if (page.url().startsWith(origin)) faults.push(...(/[?#]/.test(page.url()) ? [`${page.url()} in the address bar`] : []));
    await context.close();
    assert.deepEqual(broken ? [] : faults, []);
  });
  return page;
}

// Opens a link as a mail program does: in a tab of its own.
export async function follow(t, link, options) {
  const page = await visitor(t, options);
  await page.goto(link);
  return page;
}

export async function heading(page, text) {
  await page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();
  assert.equal(await page.title(), text);
}

export async function status(page, role, text) {
  await page.getByRole(role).filter({ hasText: text }).waitFor();
}

// The error at a field: said there, tied to it, and with the focus on it.
export async function fault(page, label, text) {
  const input = page.getByLabel(label, { exact: true });
  await page.getByText(text, { exact: true }).waitFor();
  assert.equal(await input.getAttribute("aria-invalid"), "true");
  const described = await input.evaluate((element) =>
    element.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent).join(" "),
  );
  assert.ok(described.includes(text), `${label} is described by: ${described}`);
  return input;
}

export async function hasFocus(locator) {
  assert.ok(await locator.evaluate((element) => element === document.activeElement), `${locator} has the focus`);
}

// Accessible, without sideways scrolling, and on a picture, in every look; without a picture in those that are named: `desktop-light`.
export async function looks(page, name, only) {
  for (const [device, colorScheme, size] of LOOKS.filter(([device, scheme]) => !only || only.includes(`${device}-${scheme}`))) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    const look = `${name}, ${device}, ${colorScheme}`;
    const { violations, passes, overflow } = await page.evaluate(async (source) => {
      if (!window.axe) (0, eval)(source);
      // What passes is only counted: to name each element of it takes longer than to look at all of them.
      const { violations, passes } = await window.axe.run({ resultTypes: ["violations"] });
      const { scrollWidth, clientWidth } = document.scrollingElement;
      const told = violations.map(({ help, nodes }) => `${help}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
      return { violations: told, passes: passes.length, overflow: scrollWidth - clientWidth };
    }, axe);
    assert.deepEqual(violations, [], look);
    assert.ok(passes > 0, `${look}: axe found something to look at`);
    assert.equal(overflow, 0, `${look}: nothing reaches beyond the side`);
    if (!only && device !== "narrow") await page.screenshot({ path: `${SCREENSHOTS}/${name}-${device}-${colorScheme}.png`, fullPage: true });
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: "light" });
}

let people = 0;

// An address that nobody else has.
export function newAddress(domain = "customer.example") {
  people += 1;
  return `visitor-${process.pid}-${people}@${domain}`;
}

export async function call(method, path, { headers = {}, body } = {}) {
  const answer = await fetch(`${origin}${path}`, {
    method,
    headers: { ...headers, ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text };
}

async function done(answer) {
  const { status, text } = await answer;
  assert.ok(status < 300, `${status}: ${text}`);
  return text;
}

const muninx = { authorization: `Bearer ${world.credentials.muninx.bearer}` };
const kare = { authorization: `Bearer ${world.credentials.kare.bearer}`, "x-session-token": world.credentials.kare.session_token };
const nexus = { authorization: `Bearer ${world.credentials.nexus.bearer}`, ApplicationToken: world.credentials.nexus.application_token };

// Each invites an address and gives back the link in its mail.
export async function inviteByMuninx(address) {
  await done(call("POST", "/users", { headers: muninx, body: { email: address, name: "Jane", "last-name": "Doe", type: "customer" } }));
  return mailedLink(address, 1);
}

export async function inviteByKare(address) {
  const body = { firstName: "Jane", lastName: "Doe", email: address, permissions: { group: 1 } };
  await done(call("POST", "/users-organizations/v1/ad/invite", { headers: kare, body }));
  return mailedLink(address, 1);
}

export async function inviteByNexus(address, organization, count = 1) {
  const path = `/v1/organizations/${organization}/members/invite`;
  await done(call("POST", path, { headers: nexus, body: { emailAddress: address } }));
  return mailedLink(address, count);
}

export async function sendAgain(address, count) {
  await done(call("POST", `/users/${encodeURIComponent(address)}/activation-email`, { headers: muninx }));
  return mailedLink(address, count);
}

export function signsIn(address, password = PASSWORD) {
  return call("POST", "/sessions", { body: { email: address, password } }).then(({ status }) => status === 201);
}

export async function newSignupLink() {
  const headers = { authorization: world.credentials.unleash.admin_api_key };
  const body = { name: "browser", expiresAt: "2999-01-01T00:00:00Z" };
  const { secret } = JSON.parse(await done(call("POST", "/api/admin/invite-link/tokens", { headers, body })));
  const update = (body) => done(call("PUT", `/api/admin/invite-link/tokens/${secret}`, { headers, body }));
  return { link: `${origin}/new-user?invite=${secret}`, secret, update };
}

// The links of an address's mails, in the order in which they came.
export function mailedLinks(address) {
  const mails = readdirSync(world.mailbox).filter((name) => name.endsWith(".eml")).sort();
  const texts = mails.map((name) => readFileSync(`${world.mailbox}/${name}`, "utf8").replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))));
  return texts.filter((text) => text.includes(`To: ${address}`) || text.includes(`<${address}>`)).map((text) => /\S*\/activate#[\w=-]+/.exec(text)?.[0].replace(/^.*?http/, "http"));
}

export function mailedLink(address, count) {
  return eventually(`mail ${count} to ${address}`, () => mailedLinks(address)[count - 1]);
}

async function eventually(what, look) {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const found = look();
    if (found) return found;
    await pause(20);
  }
  throw new Error(`waited in vain for ${what}`);
}

const database = WORLD.replace("dev.json", "invite.db");

// Changes the database behind the server's back.
export function change(sql, ...values) {
  const script = "import json,sqlite3,sys; c=sqlite3.connect(sys.argv[1],timeout=20); c.execute(sys.argv[2],json.loads(sys.argv[3])); c.commit()";
  const run = spawnSync(PYTHON, ["-c", script, database, sql, JSON.stringify(values)], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
}

// Somebody else keeps writing to the database; gives back what ends it.
export async function keepBusy() {
  const script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1],timeout=20); c.execute('BEGIN IMMEDIATE'); print('busy',flush=True); sys.stdin.read()";
  const writer = spawn(PYTHON, ["-c", script, database], { stdio: ["pipe", "pipe", "inherit"] });
  await once(writer.stdout, "data");
  return async () => {
    writer.stdin.end();
    await once(writer, "exit");
  };
}

// The instant at which the challenges of an address died.
export function letExpire(address) {
  const of = "(SELECT id FROM invitations WHERE address = ?)";
  const past = Date.now() - 3_600_000;
  change(`UPDATE challenges SET created_at = ?, expires_at = ? WHERE invitation_id IN ${of}`, past - 1, past, address);
  change("UPDATE invitations SET created_at = ?, expires_at = ? WHERE address = ?", past - 1, past, address);
}
