import { afterAll, expect, test } from "vitest";
import { seed } from "../engine/random.ts";
import { PLAIN_LLAMA } from "./config.ts";
import { fuse } from "./fused-weights.ts";
import { createInferenceGraphs } from "./inference-graphs.ts";
import { initialize } from "./initialize.ts";
import { continuationTokens, scoreContinuations } from "./score.ts";

const config = {
  ...PLAIN_LLAMA,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 4,
  vocabularySize: 30,
  maxPositions: 64,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 10_000,
  tieWordEmbeddings: true,
  endTokens: [0],
  padToken: null,
};
const parameters = fuse(initialize(config, "vocabulary", seed("score")), config, "vocabulary");
const graphs = createInferenceGraphs(config, { threads: 1 });
afterAll(() => graphs.dispose());

test("the probabilities of all one-token continuations sum to 1", async () => {
  const continuations = Array.from({ length: 30 }, (_, token) => [token]);
  const [scores] = await scoreContinuations(graphs, parameters, [{ prompt: [3, 5, 8], continuations }]);
  const total = scores!.reduce((sum, logProb) => sum + Math.exp(logProb), 0);
  expect(Math.abs(total - 1)).toBeLessThan(1e-5);
});

test("a continuation of two tokens scores as its tokens one after the other", async () => {
  const [[pair, empty], [first], [second]] = (await scoreContinuations(graphs, parameters, [
    { prompt: [3, 5, 8], continuations: [[11, 12], []] },
    { prompt: [3, 5, 8], continuations: [[11]] },
    { prompt: [3, 5, 8, 11], continuations: [[12]] },
  ])) as [[number, number], [number], [number]];
  expect(Math.abs(pair - first - second)).toBeLessThan(1e-5);
  expect(empty).toBe(0);
});

test("scores do not depend on what else is scored, and come in the order of the requests", async () => {
  const requests = Array.from({ length: 40 }, (_, i) => ({
    prompt: Array.from({ length: 1 + ((i * 11) % 50) }, (_, j) => (i + j * 3) % 30),
    continuations: [[i % 30], [(i + 1) % 30, 4, 2]],
  }));
  const together = await scoreContinuations(graphs, parameters, requests);
  for (const i of [0, 17, 39]) {
    const [alone] = await scoreContinuations(graphs, parameters, [requests[i]!]);
    alone!.forEach((score, choice) => {
      expect(Math.abs(score - together[i]![choice]!)).toBeLessThan(1e-5);
    });
  }
});

test("a continuation's tokens are those that follow the prompt's, unless one runs across the joint", () => {
  expect(continuationTokens([1, 2], [1, 2, 7, 8], [9])).toEqual([7, 8]);
  expect(continuationTokens([1, 2], [1, 5, 8], [9])).toEqual([9]);
});

test("continuations of several tokens score beside others as they score alone", async () => {
  const prompt = [3, 5, 8, 13, 21];
  const continuations = [[11, 12, 4], [11, 14, 4], [2], [7, 7, 7, 7, 7], []];
  const requests = [
    { prompt, continuations },
    { prompt: [9, 9], continuations: [[1, 2, 3]] },
  ];
  const [together] = await scoreContinuations(graphs, parameters, requests);
  for (const [k, continuation] of continuations.entries()) {
    const [alone] = await scoreContinuations(graphs, parameters, [{ prompt, continuations: [continuation] }]);
    expect(Math.abs(alone![0]! - together![k]!)).toBeLessThan(1e-5);
  }
});
