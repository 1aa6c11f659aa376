// Checks a run's results.json: that it is one, that every stage left its figures, and that none of them is impossible.
//   node scripts/check-results.ts runs/town/results.json
import { readFileSync } from "node:fs";
import { parseResults } from "../src/method/evaluation/results.ts";

const [path = "runs/town/results.json"] = process.argv.slice(2);
const results = parseResults(readFileSync(path, "utf8"), path);

const claims: readonly (readonly [string, boolean])[] = [
  [
    "three models were evaluated",
    results.models.map(({ name }) => name).join() === "helpful-only,sl-cai,rl-cai",
  ],
  ["training changed the weights", new Set(results.models.map(({ id }) => id)).size === 3],
  [
    "every model answered harmful and benign prompts",
    results.answers.every(({ harmful, benign }) => harmful && benign),
  ],
  [
    "the rounds are there, and round 0 is the response",
    results.rounds[0]?.round === 0 && results.rounds.length > 1,
  ],
  ["both judges rated both criteria", results.elo.length === 4],
  ["the supervised loss is finite", results.history.supervised.every(({ loss }) => Number.isFinite(loss))],
  ["the preference loss is finite", results.history.preference.every(({ loss }) => Number.isFinite(loss))],
  [
    "reinforcement learning left a score and a KL at every iteration",
    results.history.rl.every(({ score, kl }) => Number.isFinite(score) && Number.isFinite(kl)),
  ],
  ["every principle is described", results.principles.length === results.constitution.principles],
  ["the preference model was measured on comparisons it never saw", results.preferenceModel.length > 0],
];
for (const [claim, holds] of claims) console.log(`${holds ? "✓" : "✗"} ${claim}`);
if (!claims.every(([, holds]) => holds)) process.exit(1);
