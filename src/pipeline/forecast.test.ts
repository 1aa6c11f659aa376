import { describe, expect, it } from "vitest";
import { type Costs, forecastStages } from "./forecast.ts";
import { parseRecipe } from "./read-recipe.ts";

const RECIPE = `name: f
policy: p
constitution: { file: c }
prompts:
  redTeam: { file: r }
  helpful: { file: h }
  evaluation: { redTeam: { file: r }, helpful: { file: h } }
supervised: { rounds: 2, helpfulResponses: 1 }
rl: { iterations: 3, promptsPerIteration: 4, passes: 2, minibatches: 2 }
`;
const SIZES = {
  redTeam: 10,
  feedback: 10,
  helpful: 5,
  evaluationRedTeam: 4,
  evaluationHelpful: 2,
  harmlessnessFile: 30,
  helpfulnessFile: 20,
  principles: 16,
};
const LENGTHS = {
  prompt: 10,
  response: 30,
  critique: 20,
  revision: 30,
  wording: 15,
  reasoning: 40,
  demonstrations: 0,
  shownComparisons: 0,
};
const COSTS = { sample: 1, read: 0.1, train: 0.5, remote: {} };

const stages = (...set: readonly string[]) => stagesAt(COSTS, ...set);

const stagesAt = (costs: Costs, ...set: readonly string[]) => stagesOf(set, { costs });

function stagesOf(set: readonly string[], { costs = COSTS, lengths = LENGTHS }) {
  const recipe = parseRecipe({ text: RECIPE, file: "/r.yaml", set, projectRoot: "/", exists: () => true });
  return new Map(forecastStages(recipe, SIZES, lengths, costs).map((stage) => [stage.stage, stage]));
}

describe("forecastStages", () => {
  it("counts calls and tokens as one does by hand", () => {
    const found = stages();
    // 10 prompts; prompt 10 + response 30 + request 15 are read, 20 sampled.
    expect(found.get("critique-2")).toMatchObject({ calls: 10, readTokens: 550, sampledTokens: 200 });
    // The critique (20) and the revision request (15) come on top.
    expect(found.get("revision-2")).toMatchObject({ calls: 10, readTokens: 900, sampledTokens: 300 });
    // All revisions of 2 rounds and 5 helpful answers, prompt 10 + text 30.
    expect(found.get("sl-cai")).toMatchObject({ calls: 25, trainedTokens: 1000 });
    // 10 pairs in both orders; prompt 10 + two answers 60 + question 15.
    expect(found.get("feedback")).toMatchObject({ calls: 20, readTokens: 1700, sampledTokens: 0 });
    // 10 + 20 comparisons, a tenth held out; prompt 10 + two answers 60.
    expect(found.get("preference-model")).toMatchObject({ calls: 27, trainedTokens: 1890 });
    // 12 answers; 10 read to sample, 3 models read 40; 2 passes of 2 models train on 40.
    expect(found.get("rl-cai")).toMatchObject({
      calls: 12,
      sampledTokens: 360,
      readTokens: 1560,
      trainedTokens: 1920,
    });
    expect(found.get("evaluation-rl-cai-1")).toMatchObject({ calls: 6 });
    // 4 prompts, 3 pairs of models, both orders.
    expect(found.get("judge-harmlessness")).toMatchObject({ calls: 24 });
  });

  it("takes the time of a part that an endpoint plays from the cost of a call", () => {
    const found = stagesAt({ ...COSTS, remote: { feedback: 7, judge: 11 } });
    expect(found.get("feedback")?.ms).toBe(20 * 7);
    expect(found.get("judge-harmlessness")?.ms).toBe(24 * 11);
    expect(found.get("critique-1")?.ms).toBe(stages().get("critique-1")?.ms);
  });

  it("tells what goes through batches, at the price given and with no time", () => {
    const critic = (batch: string) =>
      `supervised.critiqueModel={ endpoint: "http://e/v1", model: m, price: { input: 1, output: 10 }${batch} }`;
    const base = ["supervised.revisionModel=p", "feedback.model=p"];
    const found = stagesAt({ ...COSTS, remote: { critique: 0 } }, critic(", batch: true"), ...base);
    // 550 tokens read, 200 sampled: 550 + 10 x 200 millionths.
    expect(found.get("critique-1")).toMatchObject({ isBatched: true, ms: 0, cost: 0.00255 });
    expect(found.get("revision-1")).toMatchObject({ isBatched: false });
    const direct = stagesAt({ ...COSTS, remote: { critique: 3 } }, critic(""), ...base);
    expect(direct.get("critique-1")).toMatchObject({ isBatched: false, ms: 30 });
  });

  it("takes the time from the costs of a token", () => {
    // 360 x 1 + 1560 x 0.1 + 1920 x 0.5
    expect(stages().get("rl-cai")?.ms).toBeCloseTo(1476, 9);
  });

  it("counts the scoreboard's prompts by halves: every principle, and for ordinary ones which answer is more helpful", () => {
    const found = stages("evaluation.scoreboard=5");
    // 3 red-team and 2 ordinary prompts, 2 models against the first, 16 principles, both orders.
    expect(found.get("scoreboard-harmlessness")).toMatchObject({ calls: 5 * 2 * 16 * 2 });
    expect(found.get("scoreboard-helpfulness")).toMatchObject({ calls: 2 * 2 * 2 });
  });

  it("leaves out what a recipe does not do", () => {
    expect([...stages("supervised.critique=false").keys()]).not.toContain("critique-1");
    const rlhf = stages("feedback.source=file", "feedback.file=x");
    expect([...rlhf.keys()]).not.toContain("feedback");
    expect(rlhf.get("preference-model")?.calls).toBe(45); // 30 + 20 from files, a tenth held out
  });

  it("counts chains of thought: sampled once, and read again for the label by an endpoint alone", () => {
    const chains = [
      "feedback.mode=chain-of-thought",
      "feedback.samples=5",
      "feedback.principles=2",
      "feedback.pairs=3",
    ];
    const counts = { calls: 60, sampledTokens: 2400 };
    expect(stages(...chains).get("feedback")).toMatchObject({ ...counts, readTokens: 60 * 85 });
    const far = stages(...chains, 'feedback.model={ endpoint: "http://e/v1", model: m }');
    expect(far.get("feedback")).toMatchObject({ ...counts, readTokens: 60 * (2 * 85 + 40) });
  });

  it("counts what is shown before every question once a batch, and for an endpoint each time", () => {
    const lengths = { ...LENGTHS, demonstrations: 640, shownComparisons: 1280 };
    const near = stagesOf(["compute.batch=64"], { lengths });
    expect(near.get("critique-1")).toMatchObject({ readTokens: 10 * (10 + 55) });
    expect(near.get("feedback")).toMatchObject({ readTokens: 20 * (20 + 85) });
    const endpoint = '{ endpoint: "http://e/v1", model: m }';
    const far = stagesOf([`supervised.critiqueModel=${endpoint}`, `feedback.model=${endpoint}`], { lengths });
    expect(far.get("critique-1")).toMatchObject({ readTokens: 10 * (640 + 55) });
    expect(far.get("feedback")).toMatchObject({ readTokens: 20 * (1280 + 85) });
  });
});
