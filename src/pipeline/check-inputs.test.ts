// What a model cannot do is said before a run begins.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startScriptedServer } from "../models/endpoint/scripted-server.ts";
import type { Capabilities, ModelHost, TrainableModel } from "../models/model.ts";
import { checkInputs, sourcesOf } from "./check-inputs.ts";
import { readRecipe } from "./read-recipe.ts";

const projectRoot = resolve(import.meta.dirname, "../..");
/** Folders that are there; what is in them is the host's affair. */
const [answers, judges] = ["src", "docs"];
const recipe = (...set: readonly string[]) =>
  readRecipe(resolve(projectRoot, "recipes/town-small.yaml"), {
    projectRoot,
    set: [`policy=${answers}`, `feedback.model=${judges}`, ...set],
  });

const clock = { now: () => 0, signal: new AbortController().signal };

/** A host whose models can do everything, but for those in one folder. Counts how many are open. */
function host(folder: string, lacks: Partial<Capabilities>, head: TrainableModel["head"] = "vocabulary") {
  let open = 0;
  const models: Pick<ModelHost, "open"> = {
    open: async (directory) => {
      open += 1;
      const isOdd = directory.endsWith(folder);
      const capabilities = { logProbs: true, training: true, ...(isOdd ? lacks : {}) };
      const close = async () => {
        open -= 1;
      };
      return { head: isOdd ? head : "vocabulary", capabilities, close } as TrainableModel;
    },
  };
  return { models: models as ModelHost, openNow: () => open };
}

test("refuses more threads than there are cores", async () => {
  const { models } = host(answers, {});
  await expect(checkInputs(recipe("compute.threads=100000"), models, clock)).rejects.toThrow(
    /^compute\.threads: expected at most \d+, .*got 100000/,
  );
});

test("refuses an ensemble of more principles than there are", async () => {
  const { models } = host(answers, {});
  await expect(checkInputs(recipe("feedback.principles=400"), models, clock)).rejects.toThrow(
    /^feedback\.principles: expected at most \d+, .*got 400/,
  );
});

test("refuses prompts that the grader does not know, before anything is computed", async () => {
  const { models } = host(answers, {});
  const strange = join(mkdtempSync(join(tmpdir(), "strange-")), "prompts.jsonl");
  writeFileSync(strange, '{"prompt":"Who was Ada Lovelace?"}');
  await expect(
    checkInputs(recipe(`prompts.evaluation.helpful={ file: ${strange} }`), models, clock),
  ).rejects.toThrow('expected a request of the town, got "Who was Ada Lovelace?"');
});

test("lets a recipe pass whose models can do what is asked of them", async () => {
  const { models, openNow } = host(answers, {});
  await checkInputs(recipe(), models, clock);
  expect(openNow()).toBe(0);
});

test("refuses a feedback model without log-probabilities, and closes it", async () => {
  const { models, openNow } = host(judges, { logProbs: false });
  await expect(checkInputs(recipe(), models, clock)).rejects.toMatchObject({
    code: "model-capability",
    message: expect.stringMatching(/^feedback\.model: expected a model that gives log-probabilities.*docs/),
    hint: expect.stringContaining("feedback.source: file"),
  });
  expect(openNow()).toBe(0);
});

test("asks no log-probabilities of a policy, nor of a feedback model that neither labels nor judges", async () => {
  const labels = ["feedback.source=file", "feedback.file=data/town/helpfulness-comparisons.jsonl"];
  await checkInputs(recipe(), host(answers, { logProbs: false }).models, clock);
  const { models } = host(judges, { logProbs: false });
  await checkInputs(recipe(...labels, `evaluation.judge.model=${answers}`), models, clock);
  await expect(checkInputs(recipe(...labels), models, clock)).rejects.toThrow(/^evaluation\.judge\.model: /);
});

test("refuses a base that cannot be trained, and a policy with a scalar head", async () => {
  const { models } = host(answers, { training: false });
  await expect(checkInputs(recipe(), models, clock)).rejects.toThrow(
    /^base: expected a model that can be trained/,
  );
  const scalar = host(answers, {}, "scalar");
  await expect(checkInputs(recipe(), scalar.models, clock)).rejects.toThrow(
    /^policy: expected a model that answers.*scalar head/,
  );
});

test("a model behind an endpoint is asked once, however many parts name it", () => {
  const endpoint = "{ endpoint: http://localhost:1/v1, model: m }";
  const parts = ["supervised.critiqueModel", "feedback.model", "evaluation.judge.model"];
  const sources = sourcesOf(recipe(...parts.map((part) => `${part}=${endpoint}`)));
  expect(sources.filter((source) => typeof source !== "string")).toHaveLength(1);
});

test("hands in no batch, and refuses one that the server would", async () => {
  const saying = { answer: () => "(A)" };
  const [without, taking] = [
    await startScriptedServer(saying),
    await startScriptedServer({ ...saying, batches: {} }),
  ];
  onTestFinished(() => without.close());
  onTestFinished(() => taking.close());
  const batched = ({ endpoint }: typeof taking) =>
    recipe(`supervised.critiqueModel={ endpoint: "${endpoint}", model: m, retries: 0, batch: true }`);
  const { models } = host(answers, {});
  await expect(checkInputs(batched(without), models, clock)).rejects.toMatchObject({
    code: "endpoint-no-batches",
    hint: expect.stringContaining("Leave `batch` out"),
  });
  await checkInputs(batched(taking), models, clock);
  expect(taking.requests).toHaveLength(1);
  expect(taking.batches).toHaveLength(0);
});

test("asks an endpoint as its parts will, so that a sampling that it refuses is told before the run", async () => {
  const server = await startScriptedServer({
    fault: (_n, { body }) =>
      body["temperature"] === 0
        ? { kind: "status", status: 400, message: "temperature is deprecated for this model" }
        : undefined,
  });
  onTestFinished(() => server.close());
  const critic = `supervised.critiqueModel={ endpoint: "${server.endpoint}", model: new, retries: 0 }`;
  const sampled = (temperature: number) =>
    recipe(critic, `supervised.critiqueSampling.temperature=${temperature}`);
  const { models } = host(answers, {});
  await expect(checkInputs(sampled(0), models, clock)).rejects.toThrow("temperature is deprecated");
  await checkInputs(sampled(1), models, clock);
});
