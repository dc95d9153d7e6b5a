// Stands between a client and Prism, and writes down what Prism finds.
//
//     node between.mjs PRISM DOCUMENT RECORD
//
// `/PORT/path` goes to the server at that port, through a validating proxy of its own; `/mock/path` is answered by a mock, and so
// is `/sent/path`, a copy of what went to somebody else. Each exchange is a line of RECORD: target, method, path, status, and the
// violations that Prism saw. It prints its URL when it listens, and ends, with every Prism that it started, when its standard input
// does.
import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";

const [prism, document, record] = process.argv.slice(2);
const START_MS = 60_000;
const HOST = "127.0.0.1";
const MOCKS = ["mock", "sent"];
const started = new Map();
const children = [];

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once("error", reject);
    server.listen(0, HOST, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a Prism and waits until it listens. */
async function start(target) {
  const port = await freePort();
  const what = MOCKS.includes(target) ? ["mock", document] : ["proxy", document, `http://${HOST}:${target}`];
  const child = spawn(process.execPath, [prism, ...what, "--host", HOST, "--port", String(port)], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  await new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => reject(new Error(`Prism does not listen:\n${output}`)), START_MS);
    const read = (chunk) => {
      output += chunk;
      if (output.includes("Prism is listening")) {
        clearTimeout(timer);
        resolve();
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`Prism ended with ${code}:\n${output}`)));
  });
  return port;
}

/** The port of the Prism for a target; whoever comes second waits for the first. */
function portOf(target) {
  if (!started.has(target)) started.set(target, start(target));
  return started.get(target);
}

async function pass(request, response) {
  const [, target, path] = /^\/(mock|sent|\d+)(\/.*)$/.exec(request.url) ?? [];
  if (!target) throw new Error(`neither a port nor a mock begins ${request.url}`);
  const onward = http.request({ host: HOST, port: await portOf(target), method: request.method, path, headers: request.headers });
  onward.on("error", (error) => fail(response, error));
  onward.on("response", (answer) => {
    const { "sl-violations": violations, ...headers } = answer.headers;
    const line = { target, method: request.method, path, status: answer.statusCode, violations: JSON.parse(violations ?? "[]") };
    appendFileSync(record, `${JSON.stringify(line)}\n`);
    response.writeHead(answer.statusCode, headers);
    answer.pipe(response);
  });
  request.pipe(onward);
}

/** An answer that no document has, so that whoever asked fails. */
function fail(response, error) {
  console.error(error.message);
  response.writeHead(599).end(error.message);
}

writeFileSync(record, "");
const server = http.createServer((request, response) => pass(request, response).catch((error) => fail(response, error)));
server.listen(0, HOST, () => console.log(`http://${HOST}:${server.address().port}`));
process.stdin.resume().on("end", () => process.exit());
process.on("exit", () => children.forEach((child) => child.kill()));
