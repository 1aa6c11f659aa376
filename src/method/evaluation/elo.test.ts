import { expect, test } from "vitest";
import { seed } from "../../engine/random.ts";
import type { Match } from "./compare.ts";
import { fitElo, PRIOR_TIES, rateElo } from "./elo.ts";

/** `wins` for a, `losses` for b, `ties`; each on a prompt of its own. */
function matchesOf(a: string, b: string, wins: number, losses: number, ties = 0): readonly Match[] {
  const scores = [...Array(wins).fill(1), ...Array(losses).fill(0), ...Array(ties).fill(0.5)] as number[];
  return scores.map((score, i) => ({ prompt: `${a}${b}${i}`, a, b, score }));
}

const elo = (odds: number) => 400 * Math.log10(odds);

test("two models: the lead is 400 log10 of the odds, with the prior's tie counted half to each", () => {
  const [x, y] = fitElo(matchesOf("x", "y", 30, 10), ["x", "y"], "y");
  expect(y).toBe(0);
  expect(x).toBeCloseTo(elo((30 + PRIOR_TIES / 2) / (10 + PRIOR_TIES / 2)), 6);
});

test("a tie is half a win to each, and a soft score is a share of a win", () => {
  const tied = fitElo(matchesOf("x", "y", 20, 0, 20), ["x", "y"], "y");
  expect(tied[0]).toBeCloseTo(fitElo(matchesOf("x", "y", 30, 10), ["x", "y"], "y")[0]!, 6);
  const soft = matchesOf("x", "y", 0, 0, 40).map((match) => ({ ...match, score: 0.75 }));
  expect(fitElo(soft, ["x", "y"], "y")[0]).toBeCloseTo(tied[0]!, 6);
});

test("three models: the ratings maximise the likelihood, so that its slope is nought in every direction", () => {
  const models = ["x", "y", "z"];
  const matches = [
    ...matchesOf("x", "y", 30, 10, 3),
    ...matchesOf("y", "z", 7, 20),
    ...matchesOf("z", "x", 5, 25),
  ];
  const ratings = fitElo(matches, models, null).map((rating) => (rating * Math.LN10) / 400);
  const prior = [
    ["x", "y"],
    ["y", "z"],
    ["z", "x"],
  ].map(([a, b]) => ({ a: a!, b: b!, score: 0.5, weight: PRIOR_TIES }));
  const logLikelihood = (r: readonly number[]) => {
    const weighted = [...matches.map((match) => ({ ...match, weight: 1 })), ...prior];
    return weighted.reduce((total, { a, b, score, weight }) => {
      const margin = r[models.indexOf(a)]! - r[models.indexOf(b)]!;
      const logSigmoid = (m: number) => -Math.log1p(Math.exp(-m));
      return total + weight * (score * logSigmoid(margin) + (1 - score) * logSigmoid(-margin));
    }, 0);
  };
  for (const i of [0, 1, 2]) {
    const moved = (by: number) => logLikelihood(ratings.map((rating, j) => (i === j ? rating + by : rating)));
    expect((moved(1e-4) - moved(-1e-4)) / 2e-4).toBeCloseTo(0, 5);
  }
  expect(ratings[0]! + ratings[1]! + ratings[2]!).toBeCloseTo(0, 9);
});

test("a model that always wins has a finite rating that grows with the evidence", () => {
  const lead = (n: number) => fitElo(matchesOf("x", "y", n, 0), ["x", "y"], "y")[0]!;
  expect(lead(100)).toBeCloseTo(elo(201), 3);
  expect(lead(1000)).toBeGreaterThan(lead(100));
});

test("models that never met cannot be rated together", () => {
  const apart = [...matchesOf("w", "x", 1, 1), ...matchesOf("y", "z", 1, 1)];
  expect(() => fitElo(apart, ["w", "x", "y", "z"], null)).toThrow("linked");
});

test("in a hundred worlds with known ratings, about ninety-five intervals hold the truth", () => {
  const truth = { x: 0, y: 150, z: 400 };
  const couples = [
    ["x", "y"],
    ["x", "z"],
    ["y", "z"],
  ] as const;
  const inside = (world: number): readonly boolean[] => {
    const random = seed("world").child(world).random();
    const matches = Array.from({ length: 100 }, (_, i) =>
      couples.map(([a, b]): Match => {
        const probability = 1 / (1 + 10 ** ((truth[b] - truth[a]) / 400));
        return { prompt: `p${i}`, a, b, score: random.chance(probability) ? 1 : 0 };
      }),
    ).flat();
    const bootstrap = seed("bootstrap").child(world).random();
    const [x, ...others] = rateElo(matches, { anchor: "x", resamplings: 100, random: bootstrap });
    expect(x).toEqual({ model: "x", value: 0, low: 0, high: 0 });
    return others.map(
      ({ model, low, high }) => low < truth[model as "y" | "z"] && truth[model as "y" | "z"] < high,
    );
  };
  const all = Array.from({ length: 100 }, (_, world) => inside(world));
  for (const model of [0, 1]) {
    const covered = all.filter((own) => own[model]).length;
    expect(covered).toBeGreaterThanOrEqual(86);
    expect(covered).toBeLessThan(100);
  }
});
