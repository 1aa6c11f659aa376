// How long stages took, over processes that were killed and recipes that were changed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Recipe } from "./recipe.ts";
import { timingsOf } from "./timings.ts";

const town = {
  name: "town",
  seed: "1",
  budget: 5,
  evaluation: { transcripts: 3 },
  compute: { device: "cpu" },
} as Recipe;
const changed: Recipe = { ...town, seed: "2" };

/** Processes in one directory, each beginning where the one before ended; a stage takes so many ms to come so far. */
function begin() {
  const directory = mkdtempSync(join(tmpdir(), "timings-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  let ms = 0;
  const process = (recipe: Recipe) => {
    const timings = timingsOf(directory, recipe, { now: () => ms });
    const stage = "rl-cai";
    return {
      start: (reused: number) =>
        timings.note({ kind: "stage-start", stage, title: "PPO", total: 10, unit: "iteration", reused }),
      progress: (took: number, done: number) => {
        ms += took;
        timings.note({ kind: "stage-progress", stage, done, total: 10 });
      },
      end: (took: number, reused: number) => {
        ms += took;
        timings.note({ kind: "stage-end", stage, ms: took, done: 10, reused });
      },
      told: () => timings.list().map(({ ms, done }) => [ms, done]),
    };
  };
  return { directory, process };
}

test("a process that is killed loses no more than the turn under way", () => {
  const { process } = begin();
  const killed = process(town);
  killed.start(0);
  killed.progress(100, 4);
  killed.progress(30, 5);
  const goesOn = process(town);
  expect(goesOn.told()).toEqual([[130, 5]]);
  goesOn.start(5);
  goesOn.progress(40, 10);
  goesOn.end(7, 5);
  expect(process(town).told()).toEqual([[177, 10]]);
});

test("another recipe's times are not added to, those under a higher budget or another evaluation are", () => {
  const { process } = begin();
  const run = (recipe: Recipe, took: number) => {
    const one = process(recipe);
    one.start(0);
    one.progress(took, 10);
    one.end(0, 0);
  };
  run(town, 100);
  run(changed, 20);
  expect(process(changed).told()).toEqual([[20, 10]]);
  const goesOn = process({ ...changed, budget: 9, evaluation: town.evaluation, name: "other" });
  goesOn.start(0);
  goesOn.progress(5, 10);
  expect(goesOn.told()).toEqual([[25, 10]]);
  expect(process(changed).told()).toEqual([[25, 10]]);
  expect(process(town).told()).toEqual([]);
});

test("what is all there takes no time, and files of earlier versions are read", () => {
  const { directory, process } = begin();
  const stage = { stage: "rl-cai", title: "PPO", unit: "iteration", ms: 90, done: 10 };
  writeFileSync(join(directory, "timings.json"), JSON.stringify([stage]));
  const again = process(town);
  again.start(10);
  again.end(3, 10);
  expect(again.told()).toEqual([[90, 10]]);
});
