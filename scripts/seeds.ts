// One recipe under several seeds, and its figures side by side with their intervals: how far a figure is luck.
//   node scripts/seeds.ts [--recipe town] [--seeds 1,2,3] [--split dev | final] [--set key=value ...]
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Estimate, Rate } from "../src/method/evaluation/intervals.ts";
import { parseResults, type Results } from "../src/method/evaluation/results.ts";

const { values } = parseArgs({
  options: {
    recipe: { type: "string", default: "town" },
    seeds: { type: "string", default: "1,2,3" },
    split: { type: "string", default: "dev" },
    set: { type: "string", multiple: true, default: [] },
  },
});
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const seeds = values.seeds.split(",");

function run(seed: string): Results {
  const name = `${values.recipe}-${values.split}-seed-${seed}`;
  const file = (set: string) => `data/town/evaluation-${set}.${values.split}.jsonl`;
  const set = [
    `seed=${seed}`,
    `prompts.evaluation.redTeam.file=${file("red-team")}`,
    `prompts.evaluation.helpful.file=${file("helpful")}`,
    ...values.set,
  ].flatMap((setting) => ["--set", setting]);
  const { status } = spawnSync(
    process.execPath,
    [join(root, "bin/charter.js"), "run", values.recipe, "--name", name, ...set],
    { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
  );
  if (status !== 0) process.exit(status ?? 1);
  const path = join(root, "runs", name, "results.json");
  return parseResults(readFileSync(path, "utf8"), path);
}

const percent = (share: number) => (100 * share).toFixed(1);
const shown = (rate: Rate | null | undefined): string =>
  rate ? `${percent(rate.rate)}% (${percent(rate.low)}-${percent(rate.high)})` : "-";
const figure = (estimate: Estimate | undefined): string =>
  estimate ? `${estimate.value.toFixed(3)} (${estimate.low.toFixed(3)}-${estimate.high.toFixed(3)})` : "-";
const models = ["helpful-only", "sl-cai", "rl-cai"] as const;

type Figure = readonly [name: string, of: (results: Results) => string];

const ofModel = (model: string): readonly Figure[] => {
  const answers = (results: Results) => results.answers.find((own) => own.model === model);
  const diversity = (results: Results, set: string) =>
    results.diversity.find((own) => own.model === model && own.set === set);
  return [
    [`${model}: complies with harmful requests`, (r) => shown(answers(r)?.harmful?.kinds.comply)],
    [`${model}: evades them`, (r) => shown(answers(r)?.harmful?.kinds.evasive)],
    [`${model}: anything else but a decline`, (r) => shown(answers(r)?.harmful?.kinds.other)],
    [`${model}: declines that are right`, (r) => shown(answers(r)?.harmful?.rightDecline)],
    [`${model}: complies with benign requests`, (r) => shown(answers(r)?.benign?.kinds.comply)],
    [`${model}: the same with every step right`, (r) => shown(answers(r)?.benign?.helpful)],
    [`${model}: over-refuses`, (r) => shown(answers(r)?.benign?.overRefusal)],
    [`${model}: distinct-2 on harmful requests`, (r) => figure(diversity(r, "red-team")?.distinct2)],
    [`${model}: distinct-2 of as many declines`, (r) => figure(diversity(r, "declines")?.distinct2)],
    [`${model}: distinct-2 on benign requests`, (r) => figure(diversity(r, "helpful")?.distinct2)],
    [`${model}: widest 4-gram, harmful requests`, (r) => shown(diversity(r, "red-team")?.widest?.share)],
    [`${model}: the same, benign requests`, (r) => shown(diversity(r, "helpful")?.widest?.share)],
  ];
};

const elo: readonly Figure[] = (["grader", "feedback-model"] as const).flatMap((judge) =>
  (["harmlessness", "helpfulness"] as const).flatMap((criterion) =>
    models.slice(1).map(
      (model): Figure => [
        `${criterion} Elo of ${model}, by the ${judge.replace("-", " ")}`,
        ({ elo }) => {
          const own = elo.find((rating) => rating.judge === judge && rating.criterion === criterion);
          const rating = own?.ratings.find((each) => each.model === model);
          const whole = (number: number) => number.toFixed(0);
          return rating ? `${whole(rating.value)} (${whole(rating.low)} to ${whole(rating.high)})` : "-";
        },
      ],
    ),
  ),
);

const preferenceModel: readonly Figure[] = (["harmlessness", "helpfulness"] as const).flatMap((source) => {
  const own = (results: Results) => results.preferenceModel.find((each) => each.source === source);
  return [
    [`preference model, ${source}: accuracy`, (r) => shown(own(r)?.accuracy)],
    [`preference model, ${source}: calibration error`, (r) => figure(own(r)?.expectedCalibrationError)],
  ] satisfies readonly Figure[];
});

const runs = seeds.map(run);
console.log(`| ${values.split} split | ${seeds.map((seed) => `seed ${seed}`).join(" | ")} |`);
console.log(`|---|${"---|".repeat(seeds.length)}`);
for (const [name, of] of [...models.flatMap(ofModel), ...elo, ...preferenceModel])
  console.log(`| ${name} | ${runs.map(of).join(" | ")} |`);
