// Which figures stages move.
import { expect, test } from "vitest";
import { figuresMoved } from "./figures-moved.ts";

test("figures by the stages they are counted from, each once and in the order of the method", () => {
  const stages = [
    "judge-harmlessness",
    "judge-harmlessness-labels",
    "evaluation-rl-cai-1",
    "feedback-labels",
  ];
  expect(figuresMoved(stages)).toEqual([
    "soft labels, and what each principle decided",
    "answers of rl-cai: rates and diversity",
    "Elo and win rates of all models",
  ]);
});

test("stages that only prepare move nothing", () => {
  expect(figuresMoved(["responses", "helpful-1", "pairs-first", "sl-cai", "matches-helpfulness"])).toEqual(
    [],
  );
});
