// Drives all four flows, from the invitation to the session, with the client that openapi-generator makes (typescript-fetch).
// `cargo xtask nightly clients` puts that client beside this file, as `client`.
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import {
  ActivationApi,
  Configuration,
  KareApi,
  MuninxApi,
  NexusApi,
  ResponseError,
  SessionsApi,
  UnleashApi,
  type ConfigurationParameters,
} from "./client";

const PASSWORD = "seven quiet otters swim";
const MAIL_WAIT_MS = 10_000;

const world = JSON.parse(readFileSync(process.argv[2]!, "utf8"));

function configuration(credentials: ConfigurationParameters = {}): Configuration {
  return new Configuration({ basePath: world.base_url, ...credentials });
}

const newAddress = (): string => `${randomUUID()}@example.com`;

/** The secret in the link of the mail to an address. */
async function mailed(address: string, kind: "challenge" | "invitation"): Promise<string> {
  for (const deadline = Date.now() + MAIL_WAIT_MS; Date.now() < deadline; await sleep(20)) {
    for (const name of readdirSync(world.mailbox).filter((name) => name.endsWith(".eml"))) {
      const mail = readFileSync(join(world.mailbox, name), "utf8");
      if (!mail.includes(`To: ${address}`)) continue;
      const plain = mail.replaceAll(/=\r?\n/g, "").replaceAll("=3D", "=");
      const secret = new RegExp(`#${kind}=([\\w-]+)`).exec(plain)?.[1];
      if (secret) return secret;
    }
  }
  throw new Error(`no mail with ${kind} to ${address}`);
}

function expect(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
}

async function signIn(email: string): Promise<void> {
  const tokens = await new SessionsApi(configuration()).createSession({ newSession: { email, password: PASSWORD } });
  if (!tokens.accessToken) throw new Error("a session without an access token");
}

async function activate(email: string): Promise<void> {
  const challenge = await mailed(email, "challenge");
  const activated = await new ActivationApi(configuration()).activate({ activation: { challenge, password: PASSWORD } });
  expect("the activated address", activated.user.email, email);
  await signIn(email);
}

/** The status and the body of the refusal that a call ends with. */
async function refusal(call: Promise<unknown>): Promise<{ status: number; body: Record<string, unknown> }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ResponseError) return { status: error.response.status, body: await error.response.json() };
    throw error;
  }
  throw new Error("a call that must be refused succeeded");
}

async function muninx(): Promise<void> {
  const api = new MuninxApi(configuration({ accessToken: world.credentials.muninx.bearer }));
  const email = newAddress();
  const organization: string = world.customer_organization.slug;
  const muninxNewUser = { email, name: "Jane", lastName: "Doe", type: "customer", organization } as const;
  const answer = await api.muninxInviteUser({ muninxNewUser });
  expect("the text of the answer", answer, "A confirmation email has been sent to the new user's email");
  const refused = await refusal(api.muninxInviteUser({ muninxNewUser }));
  expect("a second invitation", refused.status, 409);
  expect("its problem", refused.body.status, 409);
  await activate(email);
}

async function kare(): Promise<void> {
  const { bearer, session_token } = world.credentials.kare;
  const api = new KareApi(configuration({ accessToken: bearer, apiKey: session_token }));
  const email = newAddress();
  const person = { firstName: "John", lastName: "Doe", email };
  const invited = await api.kareInviteUserOrganization({
    kareInviteUserOrganization: { ...person, permissions: { group: 1, read: [1, 2] } },
  });
  expect("what the member may read", invited.data.permissions.read?.join(), "1,2");
  const accepted = await new KareApi(configuration()).kareAcceptInvitation({
    kareAcceptInvitation: {
      ...person,
      invitationToken: await mailed(email, "invitation"),
      password: PASSWORD,
      phone: "+33 1 23 45 67 89",
    },
  });
  if (!accepted.data.sessionToken) throw new Error("an acceptance without a session");
  await signIn(email);
}

async function nexus(): Promise<void> {
  const { bearer, application_token, basic } = world.credentials.nexus;
  const emailAddress = newAddress();
  const nexusInviteMember = { emailAddress, givenName: "Maria", familyName: "Silva" };
  const request = { organizationId: world.organization.id, nexusInviteMember };
  await new NexusApi(configuration({ accessToken: bearer, apiKey: application_token })).nexusInviteOrganizationMember(request);
  const refused = await refusal(new NexusApi(configuration(basic)).nexusInviteOrganizationMember(request));
  expect("a second invitation, with Basic", refused.status, 409);
  await activate(emailAddress);
}

async function unleash(): Promise<void> {
  const api = new UnleashApi(configuration());
  const token: string = world.credentials.unleash.signup_token;
  await api.unleashValidateSignupToken({ token });
  const email = newAddress();
  const account = { email, name: "Hunter Burgan", password: PASSWORD };
  const user = await api.unleashSignup({ token, unleashCreateInvitedUser: account });
  expect("the address that signed up", user.email, email);
  const refused = await refusal(api.unleashSignup({ token, unleashCreateInvitedUser: account }));
  expect("a second sign-up", refused.status, 409);
  await signIn(email);
}

async function main(): Promise<void> {
  for (const [name, flow] of Object.entries({ muninx, kare, nexus, unleash })) {
    await flow();
    console.log(`${name}: from nothing to a session`);
  }
}

void main();
