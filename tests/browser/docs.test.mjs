// The documentation below /docs/, and the same pages as files: every page in a browser, the search, the console.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { hasFocus, looks, newAddress, origin, visitor, world } from "./harness.mjs";

const { EVERY_PAGE, SITE } = process.env;
const DOCS = `${origin}/docs`;
const PAGES = readdirSync(SITE, { recursive: true }).filter((name) => name.endsWith(".html") && name !== "missing.html").sort();
// One of each kind, which is looked at in every look and on pictures; the others in two looks, and only if every page is asked for.
const KINDS = ["index.html", "auth.html", "errors.html", "guides/muninx.html", "limits.html", "operations/muninx_invite_user.html", "operations/nexus_invite_organization_member.html", "problems/not_authenticated.html"];

async function show(page, path) {
  await page.goto(`${DOCS}/${path}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
}

// What is on the page under its links: where each leads, and which anchors there are.
function linked(page) {
  return page.evaluate(() => ({
    links: [...document.querySelectorAll("a[href]")].map(({ href }) => href),
    anchors: [...document.querySelectorAll("[id]")].map(({ id }) => id),
  }));
}

// Each page to one of two visitors, who read at the same time.
async function eachPage(t, options, read) {
  const left = [...PAGES];
  const reads = async (page) => {
    while (left.length > 0) await read(page, left.shift());
  };
  await Promise.all([await visitor(t, options), await visitor(t, options)].map(reads));
}

test("every page leads somewhere, is accessible and fits", async (t) => {
  const anchors = new Map();
  const links = new Map();
  await eachPage(t, {}, async (page, path) => {
    await show(page, path);
    const found = await linked(page);
    anchors.set(`${DOCS}/${path}`, found.anchors);
    links.set(path, found.links);
    const name = `docs-${path.replace(/\W+/g, "-").replace(/-html$/, "")}`;
    if (KINDS.includes(path)) await looks(page, name);
    else if (EVERY_PAGE) await looks(page, name, ["desktop-light", "phone-dark"]);
  });
  assert.ok(PAGES.length > 80, `${PAGES.length} pages`);
  assert.ok(KINDS.every((path) => links.has(path)), "there is a page of each kind");
  for (const [path, targets] of links) {
    for (const target of targets.filter((target) => target.startsWith(origin) && !target.endsWith("/openapi.yaml"))) {
      const [file, anchor] = target.split("#");
      assert.ok(anchors.has(file), `${path} leads to ${target}`);
      assert.ok(!anchor || anchors.get(file).includes(decodeURIComponent(anchor)), `${path} leads to ${target}`);
    }
  }
});

test("/docs and the type of a problem lead to pages whose links work", async (t) => {
  const page = await visitor(t);
  for (const path of ["/docs", "/docs/problems/not_allowed"]) {
    await page.goto(`${origin}${path}`);
    await page.getByRole("link", { name: "Rate limits" }).first().click();
    await page.getByRole("heading", { level: 1, name: "Rate limits" }).waitFor();
  }
});

test("the search finds operations and problems by keyboard and by mouse", async (t) => {
  const page = await visitor(t);
  await show(page, "guides/getting-started.html");
  const search = page.getByRole("combobox", { name: "Search the documentation" });
  await page.keyboard.press("/");
  await hasFocus(search);
  await page.keyboard.type("refresh_session");
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${DOCS}/operations/refresh_session.html`);
  await search.fill("idempotency_key_reused");
  await page.getByRole("option").filter({ hasText: "Problem" }).first().click();
  await page.waitForURL(`${DOCS}/problems/idempotency_key_reused.html`);
  await search.fill("no such words anywhere");
  await page.getByText("0 found").waitFor({ state: "attached" });
  assert.equal(await search.getAttribute("aria-expanded"), "false");
});

test("the menu of a phone opens, leads on, and closes", async (t) => {
  const page = await visitor(t, { viewport: { width: 390, height: 844 } });
  await show(page, "index.html");
  const side = page.getByRole("navigation", { name: "Documentation" });
  const menu = page.getByRole("button", { name: "Menu" });
  assert.equal(await side.isVisible(), false);
  await menu.click();
  assert.equal(await side.isVisible(), true);
  await page.keyboard.press("Escape");
  assert.equal(await side.isVisible(), false);
  await hasFocus(menu);
  await menu.click();
  await side.getByRole("link", { name: "Errors", exact: true }).click();
  await page.waitForURL(`${DOCS}/errors.html`);
});

test("the console sends a request and shows what comes back, and keeps nothing", async (t) => {
  const page = await visitor(t);
  await show(page, "operations/muninx_invite_user.html");
  const result = page.locator(".result");
  const send = page.getByRole("button", { name: "Send" });
  await send.click();
  await result.getByText(/^401/).waitFor();
  await result.getByText("not_authenticated").waitFor();
  await result.getByText(/www-authenticate: Bearer/).waitFor();

  const secret = world.credentials.muninx.bearer;
  const body = { email: newAddress(), name: "Jane", "last-name": "Doe", type: "customer" };
  await page.getByLabel(/^muninxBearer/).fill(secret);
  await page.getByLabel("application/json", { exact: true }).fill(JSON.stringify(body));
  await send.click();
  await result.getByText(/^200/).waitFor();
  await looks(page, "docs-console-200");
  await send.click();
  await result.getByText(/^409/).waitFor();
  await result.getByText("email_taken").waitFor();

  const kept = await page.evaluate(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, await indexedDB.databases()]));
  assert.ok(!kept.includes(secret), kept);
  await page.reload();
  assert.equal(await page.getByLabel(/^muninxBearer/).inputValue(), "");
});

test("the console fills in paths, queries, and either way of two to say who calls", async (t) => {
  const page = await visitor(t);
  await show(page, "operations/nexus_invite_organization_member.html");
  await page.getByLabel("Way").selectOption({ label: "nexusBasic" });
  assert.equal(await page.getByLabel(/^nexusApplicationToken/).isVisible(), false);
  const sent = page.waitForRequest(/members\/invite$/);
  await page.getByLabel(/^nexusBasic: user name/).fill("ci");
  await page.getByLabel(/^nexusBasic: password/).fill("välid?");
  await page.getByLabel(/^organizationId/).fill("7");
  await page.getByRole("button", { name: "Send" }).click();
  const request = await sent;
  assert.equal(new URL(request.url()).pathname, "/v1/organizations/7/members/invite");
  assert.equal((await request.allHeaders()).authorization, `Basic ${Buffer.from("ci:välid?").toString("base64")}`);
  await page.locator(".result").getByText(/^401/).waitFor();

  await show(page, "operations/list_invitations.html");
  await page.getByLabel(/^limit/).fill("5");
  await page.getByLabel(/^flow/).fill("kare");
  await page.getByLabel(/^sessionBearer/).fill(world.credentials.muninx.bearer);
  const listed = page.waitForRequest(/\/invitations\?/);
  await page.getByRole("button", { name: "Send" }).click();
  assert.deepEqual([...new URL((await listed).url()).searchParams].sort(), [["flow", "kare"], ["limit", "5"]]);
  await page.locator(".result").getByText(/^200/).waitFor();
});

test("answers are tabs, by keyboard too, and code is copied", async (t) => {
  const page = await visitor(t, { permissions: ["clipboard-read", "clipboard-write"] });
  await show(page, "operations/create_session.html");
  const answers = page.getByRole("region", { name: "Answers" });
  await answers.getByRole("tab", { name: "201" }).focus();
  await page.keyboard.press("ArrowRight");
  await hasFocus(answers.getByRole("tab", { name: "400" }));
  assert.equal(await answers.getByRole("tab", { name: "400" }).getAttribute("aria-selected"), "true");
  const body = page.getByRole("region", { name: "Body of a request" });
  await body.getByRole("button", { name: "Copy" }).focus();
  await page.keyboard.press("Enter");
  await body.getByRole("button", { name: "Copied" }).waitFor();
  assert.ok(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())).email);
});

test("the same pages work as files, without a server", async (t) => {
  const home = pathToFileURL(SITE).href;
  await eachPage(t, { home }, async (page, path) => {
    await page.goto(`${home}/${path}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  });
  const page = await visitor(t, { home });
  await page.goto(`${home}/operations/activate.html`);
  await page.getByText("These pages are files here").waitFor();
  assert.equal(await page.getByRole("button", { name: "Send" }).isVisible(), false);
  await page.getByRole("combobox").fill("secret_expired");
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${home}/problems/secret_expired.html`);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".side")).position), "sticky");
});
