// Better Auth as its documentation sets it up, with organizations, on PostgreSQL. It sends no mail. When it answers, it says on one
// line how to invite somebody: where it is, the cookie of an owner, and the organization.
import { createServer } from "node:http";

import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { organization } from "better-auth/plugins";
import pg from "pg";

const server = createServer();
server.listen(0, "127.0.0.1", async () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const many = 1e9;
  const auth = betterAuth({
    baseURL: origin,
    // It guards nothing but this run.
    secret: "f3b1c6a8d2e94705b8c1a6d3e2f49708",
    database: new pg.Pool({ connectionString: process.env.BETTER_AUTH_DATABASE, max: 16 }),
    emailAndPassword: { enabled: true },
    logger: { level: "error" },
    plugins: [organization({ invitationLimit: many, membershipLimit: many })],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  });
  await (await getMigrations(auth.options)).runMigrations();
  server.on("request", toNodeHandler(auth));
  const post = async (path, body, cookie) => {
    const headers = { "content-type": "application/json", origin, ...(cookie && { cookie }) };
    const answer = await fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const owner = { email: "owner@example.com", name: "Owner", password: "orbit-lantern-velvet" };
  const signedUp = await post("/api/auth/sign-up/email", owner);
  const cookie = signedUp.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
  const made = await post("/api/auth/organization/create", { name: "Acme", slug: "acme" }, cookie);
  console.log(JSON.stringify({ address: origin.slice("http://".length), cookie, organization: (await made.json()).id }));
});
