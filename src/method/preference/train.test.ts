// The loss of soft labels is least where the predicted probability is the label, and, where sources disagree, their mean by
// weight: known in advance, and reached from random weights.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeTinyCheckpoint } from "../../../test/tiny-checkpoint.ts";
import { openHost } from "../../models/local.ts";
import type { ModelHost } from "../../models/model.ts";
import type { Preference } from "../records.ts";
import { type PreferenceOptions, predictPreferences, trainPreferenceModel } from "./train.ts";

let folder: string;
let host: ModelHost;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "preference-"));
  await writeTinyCheckpoint(folder);
  host = await openHost({ threads: 1 });
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

const options: PreferenceOptions = {
  seed: "preference",
  epochs: 60,
  batch: 4,
  schedule: { kind: "linear", learningRate: 0.02, warmup: 0 },
  adamW: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 },
  harmlessnessWeight: 2,
};
const labelled = (
  source: Preference["source"],
  probability: number,
  question = "how to brew tea",
): Preference => ({
  id: `${source} ${probability}`,
  source,
  conversation: [{ role: "user", content: question }],
  textA: "brew the tea",
  textB: "paint the fence",
  probability,
});

async function predictedAfter(preferences: readonly Preference[]): Promise<readonly number[]> {
  const model = await host.open(folder, { head: "scalar" });
  for await (const _ of trainPreferenceModel(model, preferences, options, 0));
  const predicted = await predictPreferences(model, preferences);
  await model.close();
  return predicted;
}

test("the predicted probability becomes the label, each conversation's own", async () => {
  const preferences = [labelled("helpfulness", 0.7), labelled("helpfulness", 0.1, "how to paint the fence")];
  const [tea, fence] = await predictedAfter([...preferences, ...preferences]);
  expect(tea!).toBeCloseTo(0.7, 1);
  expect(fence!).toBeCloseTo(0.1, 1);
}, 30_000);

test("where sources disagree it becomes their mean by weight", async () => {
  // (2 x 0.8 + 1 x 0.2) / 3
  const [predicted] = await predictedAfter([labelled("harmlessness", 0.8), labelled("helpfulness", 0.2)]);
  expect(predicted!).toBeCloseTo(0.6, 1);
}, 30_000);
