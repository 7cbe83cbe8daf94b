// The callback pattern on Restate, and its load: start, a message with an awakeable's id, suspend, a worker resolves
// the awakeable through the ingress, a publish, the end.
//
// Usage: node restate_callback.mjs SDK_DIRECTORY INGRESS ADMIN PORT SECONDS IN_FLIGHT WAITING
// Says "waiting" on stdout once WAITING executions wait, goes on when a line comes on stdin, and ends with one JSON object.
import http from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [directory, ingress, admin, port, seconds, inFlight, waiting] = process.argv.slice(2);
const require = createRequire(`${directory}/package.json`);
const restate = await import(pathToFileURL(require.resolve("@restatedev/restate-sdk")));

// The SDK wants it, and Node.js 20 lacks it.
Promise.withResolvers ??= () => {
  let resolve, reject;
  const promise = new Promise((onGood, onBad) => ([resolve, reject] = [onGood, onBad]));
  return { promise, resolve, reject };
};

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const payload = { data: "x".repeat(289) };

function post(url, body) {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      let got = "";
      response.on("data", (part) => (got += part));
      response.on("end", () => (response.statusCode < 300 ? resolve(got) : reject(new Error(`${response.statusCode} ${got}`))));
    });
    request.on("error", reject);
    request.end(text);
  });
}

let succeeded = 0;
let parked = 0;
let onEnd = () => {};

// The worker: takes the message, and answers it.
const receive = (token) => post(`${ingress}/restate/awakeables/${token}/resolve`, payload).catch(fail);

function fail(error) {
  console.error(error);
  process.exit(1);
}

const callback = restate.service({
  name: "callback",
  handlers: {
    run: async (context, input) => {
      const { id, promise } = context.awakeable();
      await context.run("send message", () => {
        if (input.isParked) parked += 1;
        else setImmediate(receive, id);
      });
      const output = await promise;
      await context.run("publish", () => output.data.length);
      succeeded += 1;
      setImmediate(onEnd);
      return output;
    },
  },
});

const start = (isParked = false) => post(`${ingress}/callback/run/send`, { ...payload, isParked });

async function park(count) {
  for (let at = 0; at < count; at += 32)
    await Promise.all(Array.from({ length: Math.min(32, count - at) }, () => start(true)));
  while (parked < count) await new Promise((resolve) => setImmediate(resolve));
}

async function load() {
  const began = performance.now();
  let open = 0;
  return new Promise((resolve) => {
    const next = () => {
      open += 1;
      start().catch(fail);
    };
    onEnd = () => {
      open -= 1;
      const took = (performance.now() - began) / 1000;
      if (took < Number(seconds)) next();
      else if (open === 0) resolve(took);
    };
    for (let i = 0; i < Number(inFlight); i += 1) next();
  });
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
await restate.serve({ services: [callback], port: Number(port) });
await post(`${admin}/deployments`, { uri: `http://127.0.0.1:${port}` });
console.log("ready");
await lines.next();
await park(Number(waiting));
console.log("waiting");
await lines.next();
const took = await load();
console.log(JSON.stringify({ succeeded, seconds: took }));
process.exit(0);
