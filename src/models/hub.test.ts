import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { writeTinyCheckpoint } from "../../test/tiny-checkpoint.ts";
import { readCheckpoint } from "../lm/checkpoint.ts";
import { fetchCheckpoint, hubIdOfFolder, hubOf, parseHubId } from "./hub.ts";
import type { Hub } from "./hub-download.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
let folder: string;
let files: Map<string, Buffer>;
let server: Server;
let hub: Hub;
let asked: string[];
/** Bytes after which the next download of a file breaks off; 0 for a refusal with 503. */
let faults: Map<string, number>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hub-"));
  await writeTinyCheckpoint(join(folder, "tiny"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  files = new Map(
    readdirSync(join(folder, "tiny")).map((name) => [name, readFileSync(join(folder, "tiny", name))]),
  );
  files.set("pytorch_model.bin", Buffer.from("not asked for"));
  files.set("README.md", Buffer.from("nor this"));
  asked = [];
  faults = new Map();
  server = createServer((request, response) => {
    const { url = "", method = "", headers } = request;
    asked.push(`${method} ${url}${headers.range === undefined ? "" : ` ${headers.range}`}`);
    if (url.startsWith("/api/models/lab/gated")) return void response.writeHead(403).end();
    if (/^\/api\/models\/lab\/tiny\/revision\/(main|[0-9a-f]{40})$/.test(url)) {
      if (headers.authorization !== "Bearer hf_planted") return void response.writeHead(401).end();
      const siblings = [...files.keys()].map((rfilename) => ({ rfilename }));
      return void response.writeHead(200).end(JSON.stringify({ sha: COMMIT, siblings }));
    }
    const name = url.replace(`/lab/tiny/resolve/${COMMIT}/`, "");
    const bytes = files.get(name);
    if (bytes === undefined) return void response.writeHead(404).end();
    // As the hub does: weights by their SHA-256 and elsewhere, the rest by another hash.
    const sha = createHash("sha256").update(bytes).digest("hex");
    const etag = name.endsWith(".safetensors") ? sha : sha.slice(0, 40);
    const named = { "x-repo-commit": COMMIT, "x-linked-etag": `"${etag}"`, "x-linked-size": bytes.length };
    if (method === "HEAD") return void response.writeHead(302, { ...named, location: "/elsewhere" }).end();
    const fault = faults.get(name);
    faults.delete(name);
    if (fault === 0) return void response.writeHead(503).end();
    const from = Number(/bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
    const rest = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { ...named, "content-length": rest.length });
    if (fault === undefined) return void response.end(rest);
    response.write(rest.subarray(0, fault), () => setTimeout(() => request.socket.destroy(), 20));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  hub = { endpoint, cache: mkdtempSync(join(folder, "cache-")), token: "hf_planted", isOffline: false };
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const id = { repository: "lab/tiny", revision: "main" };

test("an id has two halves, and perhaps a revision", () => {
  expect(parseHubId("lab/Tiny-1.5B_x@v2")).toEqual({ repository: "lab/Tiny-1.5B_x", revision: "v2" });
  expect(parseHubId("lab/tiny")).toEqual(id);
  for (const other of ["tiny", "./lab/tiny", "/lab/tiny", "lab/tiny/x", "../tiny", "lab/", "a b/c"])
    expect(parseHubId(other), other).toBeUndefined();
});

test("the environment says where the cache is, as it does to Python", () => {
  expect(hubOf({ HF_HOME: "/h", HF_HUB_OFFLINE: "1", HF_ENDPOINT: "http://mirror/" })).toEqual({
    endpoint: "http://mirror",
    cache: "/h/hub",
    token: null,
    isOffline: true,
  });
  expect(hubOf({ HF_HUB_CACHE: "/c", HF_TOKEN: "t", HF_HOME: "/h" })).toMatchObject({
    cache: "/c",
    token: "t",
  });
});

test("a checkpoint comes into the cache's layout, with what is read of it alone, and opens", async () => {
  const progress: string[] = [];
  const snapshot = await fetchCheckpoint(id, hub, {
    onProgress: ({ file, done, total }) => progress.push(`${file} ${done}/${total}`),
  });
  const storage = join(hub.cache, "models--lab--tiny");
  expect(snapshot).toBe(join(storage, "snapshots", COMMIT));
  expect(hubIdOfFolder(snapshot)).toBe(`lab/tiny@${COMMIT}`);
  expect(readFileSync(join(storage, "refs", "main"), "utf8")).toBe(COMMIT);
  expect(readdirSync(snapshot)).not.toContain("README.md");
  expect(readdirSync(snapshot)).not.toContain("pytorch_model.bin");
  expect(readlinkSync(join(snapshot, "config.json"))).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
  const { id: there } = await readCheckpoint(snapshot);
  expect(there).toBe((await readCheckpoint(join(folder, "tiny"))).id);
  const { length } = files.get("model.safetensors")!;
  expect(progress.at(-1)).toBe(`model.safetensors ${length}/${length}`);
});

test("what is here is not asked for again: a branch's commit alone, of a commit nothing, offline nothing", async () => {
  const snapshot = await fetchCheckpoint(id, hub);
  asked = [];
  expect(await fetchCheckpoint(id, hub)).toBe(snapshot);
  expect(asked).toEqual(["GET /api/models/lab/tiny/revision/main"]);
  asked = [];
  expect(await fetchCheckpoint({ ...id, revision: COMMIT }, hub)).toBe(snapshot);
  expect(await fetchCheckpoint(id, { ...hub, isOffline: true })).toBe(snapshot);
  expect(asked).toEqual([]);
});

test("a download that broke off goes on where it stopped, at once and in a later run", async () => {
  faults.set("model.safetensors", 1000);
  faults.set("tokenizer.json", 0);
  const snapshot = await fetchCheckpoint(id, hub);
  expect(asked).toContain(`GET /lab/tiny/resolve/${COMMIT}/model.safetensors bytes=1000-`);
  const blob = readlinkSync(join(snapshot, "model.safetensors")).split("/").at(-1)!;
  rmSync(hub.cache, { recursive: true });
  hub = { ...hub, cache: mkdtempSync(join(folder, "cache-")) };
  const stop = new AbortController();
  const stopped = fetchCheckpoint(id, hub, {
    signal: stop.signal,
    onProgress: ({ file }) => file === "model.safetensors" && stop.abort(new Error("enough")),
  });
  faults.set("model.safetensors", 2000);
  await expect(stopped).rejects.toThrow("enough");
  writeFileSync(
    join(hub.cache, "models--lab--tiny", "blobs", `${blob}.incomplete`),
    files.get("model.safetensors")!.subarray(0, 1500),
  );
  faults.clear();
  asked = [];
  const { id: there } = await readCheckpoint(await fetchCheckpoint(id, hub));
  expect(there).toBe((await readCheckpoint(join(folder, "tiny"))).id);
  expect(asked.at(-1)).toBe(`GET /lab/tiny/resolve/${COMMIT}/model.safetensors bytes=1500-`);
});

test("weights in several files are fetched as the index names them; names that lead elsewhere are refused", async () => {
  const whole = files.get("model.safetensors")!;
  files.delete("model.safetensors");
  files.set("model-00001-of-00001.safetensors", whole);
  const index = (shard: string) =>
    Buffer.from(JSON.stringify({ weight_map: { "model.norm.weight": shard } }));
  files.set("model.safetensors.index.json", index("model-00001-of-00001.safetensors"));
  const snapshot = await fetchCheckpoint(id, hub);
  expect(readFileSync(join(snapshot, "model-00001-of-00001.safetensors")).equals(whole)).toBe(true);
  hub = { ...hub, cache: mkdtempSync(join(folder, "cache-")) };
  files.set("model.safetensors.index.json", index("../../../escape"));
  await expect(fetchCheckpoint(id, hub)).rejects.toMatchObject({ code: "hub-index" });
});

test("bytes that are not what their name says are refused and thrown away", async () => {
  const half = join(hub.cache, "models--lab--tiny", "blobs");
  const whole = files.get("model.safetensors")!;
  const name = createHash("sha256").update(whole).digest("hex");
  await fetchCheckpoint(id, hub);
  rmSync(join(hub.cache, "models--lab--tiny"), { recursive: true });
  await import("node:fs").then(({ mkdirSync }) => mkdirSync(half, { recursive: true }));
  writeFileSync(join(half, `${name}.incomplete`), Buffer.alloc(whole.length));
  await expect(fetchCheckpoint(id, hub)).rejects.toMatchObject({ code: "hub-hash" });
  await fetchCheckpoint(id, hub);
});

test.each([
  ["hub-not-there", { repository: "lab/nothing", revision: "main" }, {}],
  ["hub-not-there", { repository: "lab/tiny", revision: "v9" }, {}],
  ["hub-forbidden", { repository: "lab/gated", revision: "main" }, {}],
  ["hub-forbidden", id, { token: null }],
  ["hub-offline", id, { isOffline: true }],
] as const)("%s is told with its fix (%#)", async (code, of, changed) => {
  await expect(fetchCheckpoint(of, { ...hub, ...changed })).rejects.toMatchObject({
    name: "UserError",
    code,
    hint: expect.stringMatching(/./),
  });
});

test("weights of another kind are refused by name", async () => {
  files.delete("model.safetensors");
  await expect(fetchCheckpoint(id, hub)).rejects.toThrow("got pytorch_model.bin");
});
