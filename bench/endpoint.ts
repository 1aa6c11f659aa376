// Throughput of an endpoint model against a local server of fixed latency, in a process of its own: what share of the ideal
// (requests in flight over latency) is reached, and how memory grows. Asked one by one and many at once, as a run does.
//   node bench/endpoint.ts [--in-flight 256] [--latency 1000] [--requests 10240]
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createEndpointModel } from "../src/models/endpoint/endpoint-model.ts";
import { startScriptedServer } from "../src/models/endpoint/scripted-server.ts";

const { values } = parseArgs({
  options: {
    "in-flight": { type: "string", default: "256" },
    latency: { type: "string", default: "1000" },
    requests: { type: "string", default: "10240" },
    serve: { type: "boolean", default: false },
  },
});
const inFlight = Number(values["in-flight"]);
const latencyMs = Number(values.latency);
const count = Number(values.requests);

if (values.serve) {
  const server = await startScriptedServer({ answer: () => "It could be kinder. ".repeat(10), latencyMs });
  process.send!(server.endpoint);
} else {
  const child = fork(new URL(import.meta.url), ["--serve", "--latency", String(latencyMs)]);
  const [endpoint] = (await once(child, "message")) as [string];
  await measure(endpoint);
  child.kill();
}

async function measure(endpoint: string): Promise<void> {
  const unlimited = Number.POSITIVE_INFINITY;
  const model = createEndpointModel(
    {
      ...{
        endpoint,
        protocol: "openai",
        model: "bench",
        apiKey: null,
        labels: { kind: "log-probabilities" },
        prefix: "instruct",
      },
      ...{ timeoutMs: 60_000, retries: 0, concurrency: inFlight },
      ...{ requestsPerMinute: unlimited, tokensPerMinute: unlimited },
    },
    { now: () => performance.now(), sleep: (ms, signal) => setTimeout(ms, undefined, { signal }) },
  );
  const sampling = { temperature: 1, topP: 1, maxTokens: 64, stop: [] };
  async function ask(questions: number): Promise<void> {
    let next = 0;
    const worker = async () => {
      for (let i = next++; i < questions; i = next++) {
        const content = `Question ${i}: ${"what do you think of it? ".repeat(20)}`;
        await model.sample([{ conversation: [{ role: "user", content }], seed: String(i) }], sampling);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  }
  const memory = () => (process.memoryUsage().rss / 2 ** 20).toFixed(0);
  await ask(inFlight); // connections
  const begun = performance.now();
  await ask(count / 2);
  const half = memory();
  await ask(count / 2);
  const rate = (1000 * count) / (performance.now() - begun);
  const ideal = (1000 * inFlight) / latencyMs;
  console.log(
    `${inFlight} in flight, ${latencyMs} ms latency: ${rate.toFixed(0)} requests/s, ${(rate / ideal).toFixed(2)} of ideal; memory ${half} MB after half of ${count} requests, ${memory()} MB after all`,
  );
}
