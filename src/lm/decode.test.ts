import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { seed } from "../engine/random.ts";
import { float32 } from "../engine/tensor.ts";
import { type DecoderConfig, PLAIN_LLAMA } from "./config.ts";
import { parseConfig } from "./config-json.ts";
import { type DecodeOptions, type DecodeRequest, decode } from "./decode.ts";
import { fuse, type Parameters } from "./fused-weights.ts";
import { createInferenceGraphs } from "./inference-graphs.ts";
import { initialize } from "./initialize.ts";
import { readSafetensors } from "./safetensors.ts";
import { scoreContinuations } from "./score.ts";
import { readShared } from "./shared-beginning.ts";

const config: DecoderConfig = {
  ...PLAIN_LLAMA,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 4,
  vocabularySize: 40,
  maxPositions: 96,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 10_000,
  tieWordEmbeddings: false,
  endTokens: [0],
  padToken: null,
};
const parameters = peaked(fuse(initialize(config, "vocabulary", seed("decode")), config, "vocabulary"));
const graphs = createInferenceGraphs(config, { threads: 1 });
afterAll(() => graphs.dispose());

/** Larger weights: a fresh model's distributions are all but uniform, and would hide a wrong cache. */
function peaked(weights: Parameters): Parameters {
  return new Map(
    [...weights].map(([name, { data, shape }]) => [
      name,
      float32(shape.length === 1 ? data : data.map((weight) => weight * 12), shape),
    ]),
  );
}

const requests: readonly DecodeRequest[] = Array.from({ length: 23 }, (_, i) => ({
  prompt: Array.from({ length: 1 + ((i * 5) % 37) }, (_, j) => 1 + ((i * 7 + j * 3) % 39)),
  seed: `request ${i}`,
}));
const options: DecodeOptions = {
  sampling: { temperature: 1, topP: 1, maxTokens: 40 },
  endTokens: new Set([0]),
};

test("the log-probabilities of a sample are those of a forward pass without a cache", async () => {
  const decoded = await decode(graphs, parameters, requests, { ...options, mostRows: 8 });
  const scores = await scoreContinuations(
    graphs,
    parameters,
    requests.map(({ prompt }, i) => ({ prompt, continuations: [decoded[i]!.tokens] })),
  );
  for (const [i, { logProbs }] of decoded.entries()) {
    const sum = logProbs.reduce((total, logProb) => total + logProb, 0);
    expect(Math.abs(sum - scores[i]![0]!)).toBeLessThan(1e-4 * logProbs.length);
  }
  expect(decoded.reduce((total, { tokens }) => total + tokens.length, 0)).toBeGreaterThan(200);
});

test("a request draws the same tokens alone, in another batch and in another order", async () => {
  const together = await decode(graphs, parameters, requests, options);
  const fewRows = await decode(graphs, parameters, requests, { ...options, mostRows: 4 });
  const reversed = await decode(graphs, parameters, requests.toReversed(), { ...options, mostRows: 8 });
  const alone = await decode(graphs, parameters, [requests[7]!], options);
  const tokens = together.map((sample) => sample.tokens);
  expect(fewRows.map((sample) => sample.tokens)).toEqual(tokens);
  expect(reversed.toReversed().map((sample) => sample.tokens)).toEqual(tokens);
  expect(alone[0]!.tokens).toEqual(tokens[7]);
});

test("the same requests give the same numbers, bit for bit", async () => {
  const first = await decode(graphs, parameters, requests, options);
  const second = await decode(graphs, parameters, requests, options);
  expect(second).toEqual(first);
});

test("requests with one prompt and different seeds draw differently", async () => {
  const samples = await decode(
    graphs,
    parameters,
    ["a", "b", "c"].map((name) => ({ prompt: [3, 4], seed: name })),
    options,
  );
  expect(new Set(samples.map(({ tokens }) => tokens.join(" "))).size).toBe(3);
});

test("a sample ends at an end token, at a stop, at the limit or where positions run out", async () => {
  const everyToken = new Set(Array.from({ length: 40 }, (_, i) => i));
  const finishOf = async (changed: Partial<DecodeOptions>, prompt: readonly number[] = [3, 4]) => {
    const [sample] = await decode(graphs, parameters, [{ prompt, seed: "x" }], {
      ...options,
      endTokens: new Set(),
      ...changed,
    });
    return [sample!.finish, sample!.tokens.length];
  };
  expect(await finishOf({ endTokens: everyToken })).toEqual(["end", 1]);
  expect(await finishOf({ isStopped: (tokens) => tokens.length === 5 })).toEqual(["stop", 5]);
  expect(await finishOf({})).toEqual(["length", 40]);
  expect(await finishOf({}, new Array<number>(90).fill(5))).toEqual(["length", 6]);
});

test("greedy sampling takes the most probable token whatever the seed", async () => {
  const greedy = { ...options, sampling: { temperature: 0, topP: 1, maxTokens: 12 } };
  const [a, b] = await decode(
    graphs,
    parameters,
    ["a", "b"].map((name) => ({ prompt: [9, 2, 5], seed: name })),
    greedy,
  );
  expect(a!.tokens).toEqual(b!.tokens);
  const candidates = Array.from({ length: 40 }, (_, token) => [token]);
  const [scores] = await scoreContinuations(graphs, parameters, [
    { prompt: [9, 2, 5], continuations: candidates },
  ]);
  expect(scores!.indexOf(Math.max(...scores!))).toBe(a!.tokens[0]);
});

test("what all prompts begin with is read once, and they go on as if each had been read whole", async () => {
  const roomy = { ...config, maxPositions: 256 };
  const own = createInferenceGraphs(roomy, { threads: 1 });
  const beginning = Array.from({ length: 75 }, (_, i) => 1 + ((i * 11) % 39));
  const asked = requests.map(({ prompt, seed }) => ({ prompt: [...beginning, ...prompt], seed }));
  const together = await decode(own, parameters, asked, { ...options, mostRows: 8 });
  const continuations = [[5, 6, 9], [7]];
  const scores = await scoreContinuations(
    own,
    parameters,
    asked.map(({ prompt }) => ({ prompt, continuations })),
  );
  for (const [i, request] of asked.entries()) {
    const [alone] = await decode(own, parameters, [request], options);
    expect(together[i]!.tokens).toEqual(alone!.tokens);
    together[i]!.logProbs.forEach((logProb, at) => {
      expect(Math.abs(logProb - alone!.logProbs[at]!)).toBeLessThan(1e-4);
    });
    const [score] = await scoreContinuations(own, parameters, [{ prompt: request.prompt, continuations }]);
    scores[i]!.forEach((logProb, k) => {
      expect(Math.abs(logProb - score![k]!)).toBeLessThan(1e-4);
    });
  }
  const prompts = asked.map(({ prompt }) => prompt);
  expect((await readShared(own, parameters, prompts)).length).toBe(64);
  await own.dispose();
});

test("what might follow a stop scores from the cache as it does anew, and moves nothing", async () => {
  const continuations = [[5, 6, 9, 3], [7], [5, 7, 9], [5, 6, 8], [8, 1, 2], [5]];
  const stopping = { ...options, isStopped: (tokens: readonly number[]) => tokens.length % 5 === 0 };
  const asked = requests.map((request) => ({ ...request, continuations }));
  const decoded = await decode(graphs, parameters, asked, { ...stopping, mostRows: 4 });
  const stopped = asked.flatMap(({ prompt }, i) => {
    const { finish, tokens, next } = decoded[i]!;
    return finish === "stop" ? [{ prompt: [...prompt, ...tokens], continuations, next: next! }] : [];
  });
  const scores = await scoreContinuations(graphs, parameters, stopped);
  expect(stopped.length).toBeGreaterThan(10);
  for (const [i, { next }] of stopped.entries()) {
    expect(next).toHaveLength(continuations.length);
    next.forEach((score, choice) => {
      expect(Math.abs(score - scores[i]![choice]!)).toBeLessThan(1e-4);
    });
  }
  const plain = await decode(graphs, parameters, requests, stopping);
  expect(decoded.map(({ tokens, finish }) => ({ tokens, finish }))).toEqual(
    plain.map(({ tokens, finish }) => ({ tokens, finish })),
  );
});

test("what might follow is not told where there is no stop, or no room for it", async () => {
  const nextOf = async (prompt: readonly number[], changed: Partial<DecodeOptions>) => {
    const request = { prompt, seed: "x", continuations: [[5, 6, 7]] };
    const changedOptions = { ...options, endTokens: new Set<number>(), ...changed };
    return (await decode(graphs, parameters, [request], changedOptions))[0]!.next;
  };
  const isStopped = () => true;
  expect(await nextOf([3, 4], {})).toBeUndefined();
  expect(await nextOf(new Array<number>(92).fill(5), { isStopped })).toHaveLength(1); // 92 + 1 + 3 = 96
  expect(await nextOf(new Array<number>(93).fill(5), { isStopped })).toBeUndefined();
});

test("an aborted signal ends sampling with an AbortError", async () => {
  let asked = 0;
  const signal = {
    get aborted() {
      asked += 1;
      return asked > 3;
    },
  };
  await expect(decode(graphs, parameters, requests, { ...options, signal })).rejects.toThrow("aborted");
});

test.each(["llama-3", "mistral", "qwen2", "qwen3", "smollm3"])(
  "%s: with a cache it says what it says without one",
  async (variant) => {
    const file = (name: string) => new URL(`../../test/goldens/${variant}/${name}`, import.meta.url);
    const own = parseConfig(JSON.parse(readFileSync(file("config.json"), "utf8")));
    const weights = fuse(readSafetensors(readFileSync(file("model.safetensors"))), own, "vocabulary");
    const family = createInferenceGraphs(own, { threads: 1 });
    const asked = requests.filter(({ prompt }) => prompt.length < 20);
    const sampling = { temperature: 1, topP: 1, maxTokens: 12 };
    const decoded = await decode(family, weights, asked, { ...options, sampling });
    const scores = await scoreContinuations(
      family,
      weights,
      asked.map(({ prompt }, i) => ({ prompt, continuations: [decoded[i]!.tokens] })),
    );
    for (const [i, { logProbs }] of decoded.entries()) {
      const sum = logProbs.reduce((total, logProb) => total + logProb, 0);
      expect(Math.abs(sum - scores[i]![0]!)).toBeLessThan(1e-4 * logProbs.length);
    }
    await family.dispose();
  },
);
