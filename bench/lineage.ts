// Lineage on a ledger of a million records: `why` of records and of a checkpoint, `touched` of a principle, in process, as the
// commands do it, and an export of all of it in a process of its own whose heap is held to 64 MiB, however many records there are. The ledger is written through its own interface, in the shape and proportions of a run of four rounds that
// trains on all of them; texts and models are made up.
// node bench/lineage.ts [prompts]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { touched } from "../src/cli/touched.ts";
import { why } from "../src/cli/why.ts";
import { seed } from "../src/engine/random.ts";
import { entryId, type Json, ledgerPath, type NewEntry, openLedger, stepKey } from "../src/ledger/ledger.ts";

const PROMPTS = Number(process.argv[2] ?? 62_500);
const PRINCIPLES = 16;
const ROUNDS = 4;
/** Prompts a commit. */
const BATCH = 500;

const run = mkdtempSync(join(tmpdir(), "bench-lineage-"));
const ledger = openLedger(run);
const random = seed("bench").random();
const below = (n: number): number => Math.floor(random.float() * n);
const words = (count: number) => Array.from({ length: count }, () => `word${below(400)}`).join(" ");

/** Writes entries, each a step of its own beside the settings of its stage, and gives their ids. */
function write(stage: string, entries: readonly NewEntry[]): readonly string[] {
  const sampling = { temperature: 1, topP: 1, maxTokens: 128, stop: [] };
  const settings = { kind: "settings", body: { stage, sampling, seed: `1/${stage}/{prompt}` }, parents: [] };
  const batch = entries.map((entry) => ({ key: stepKey(entryId(entry)), entries: [entry, settings] }));
  return ledger.commit(batch).map(([entry]) => entry!.id);
}

const entry = (kind: string, body: object, parents: Readonly<Record<string, string>>): NewEntry => ({
  kind,
  body: body as Json,
  parents: Object.entries(parents).map(([role, id]) => ({ role, id })),
});

const begun = performance.now();
const names = Array.from({ length: PRINCIPLES }, (_, i) => `principle-${i}`);
const principles = write(
  "constitution",
  names.map((id) =>
    entry("principle", { constitution: "Bench", version: "1.0.0", id, text: words(30), wording: {} }, {}),
  ),
);
const use = (i: number) => ({ principle: names[i]!, constitutionVersion: "1.0.0", wording: words(12) });
const [model] = write("helpful-only", [entry("checkpoint", { stage: "helpful-only", modelId: "0" }, {})]);

const answers = (stage: string, by: string, prompts: readonly string[]) =>
  write(
    stage,
    prompts.map((prompt) =>
      entry("response", { prompt, text: `${stage} ${words(40)}`, oddity: "none" }, { prompt, model: by }),
    ),
  );

/** Prompts, answers, and the rounds; what was made last is learnt from. */
function stage1(
  first: number,
  count: number,
): { readonly prompts: readonly string[]; readonly learnt: readonly string[] } {
  const prompts = write(
    "prompts",
    Array.from({ length: count }, (_, i) => {
      const conversation = [{ role: "user", content: `${first + i} ${words(12)}` }];
      return entry("prompt", { file: "bench.jsonl", set: "red-team", conversation, metadata: {} }, {});
    }),
  );
  let of = answers("responses", model!, prompts);
  const helpful = answers("helpful-1", model!, prompts);
  const rounds: (readonly string[])[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const drawn = prompts.map(() => below(PRINCIPLES));
    const body = (i: number) => ({
      ...{ prompt: prompts[i]!, round, of: of[i]!, use: use(drawn[i]!) },
      ...{ text: words(40), oddity: "none" },
    });
    const from = (i: number) => ({
      prompt: prompts[i]!,
      of: of[i]!,
      principle: principles[drawn[i]!]!,
      model: model!,
    });
    const critiques = write(
      `critique-${round}`,
      prompts.map((_, i) => entry("critique", body(i), from(i))),
    );
    const revisions = prompts.map((_, i) => {
      const critique = critiques[i]!;
      return entry("revision", { ...body(i), critique }, { ...from(i), critique });
    });
    of = write(`revision-${round}`, revisions);
    rounds.push(of);
  }
  return { prompts, learnt: [...prompts.flatMap((_, i) => rounds.map((round) => round[i]!)), ...helpful] };
}

/** Pairs of answers of the trained model, read under a principle, and labels. */
function stage2(slCai: string, prompts: readonly string[]): readonly string[] {
  const [a, b] = [answers("pairs-first", slCai, prompts), answers("pairs-second", slCai, prompts)];
  const comparisons = write(
    "pairs",
    prompts.map((prompt, i) => {
      const of = { prompt, a: a[i]!, b: b[i]! };
      return entry("comparison", { ...of, textA: words(40), textB: words(40) }, of);
    }),
  );
  const readings = comparisons.map((comparison) => {
    const drawn = below(PRINCIPLES);
    const read = (order: string) => ({
      ...{ use: use(drawn), order, reasoning: words(20), oddity: "none" },
      ...{ logProbA: Math.log(random.float()), logProbB: Math.log(random.float()) },
    });
    const parents = { comparison, principle: principles[drawn]!, model: model! };
    return entry("reading", { comparison, readings: [read("ab"), read("ba")] }, parents);
  });
  const labels = write("feedback", readings).map((id, i) => {
    const probability = random.float();
    const body = { comparison: comparisons[i]!, probability, unclamped: probability, oddity: "none" };
    return entry("label", body, { readings: id });
  });
  return write("feedback-labels", labels);
}

const prompts: string[] = [];
const learnt: string[] = [];
for (let first = 0; first < PROMPTS; first += BATCH) {
  const made = stage1(first, Math.min(BATCH, PROMPTS - first));
  prompts.push(...made.prompts);
  learnt.push(...made.learnt);
}
/** A checkpoint that learnt from these. */
function trained(stage: string, examples: readonly string[]): string {
  const parents = examples.map((id) => ({ id, role: "example" }));
  const body = { stage, examples: examples.length };
  const [set] = write(stage, [{ kind: "training-set", body, parents }]);
  const made = { base: model!, "training-set": set! };
  return write(stage, [entry("checkpoint", { stage, modelId: stage }, made)])[0]!;
}

const slCai = trained("sl-cai", learnt);
const labels: string[] = [];
for (let first = 0; first < PROMPTS; first += BATCH)
  labels.push(...stage2(slCai, prompts.slice(first, first + BATCH)));
const label = labels.at(-1)!;
trained("preference-model", labels);
const records = ledger.count();
ledger.close();
console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`);
console.log(
  `${records.toLocaleString("en")} records, ${(statSync(ledgerPath(run)).size / 1e6).toFixed(0)} MB, written in ${((performance.now() - begun) / 1000).toFixed(0)} s`,
);

let lines = 0;
const terminal = {
  write: (text: string) => {
    lines += text.split("\n").length - 1;
  },
  writeError: () => {},
  isInteractive: false,
  columns: () => 100,
  now: () => 0,
  paint: (_: string, text: string) => text,
  call: "charter",
  workingDirectory: run,
  projectRoot: run,
};
const options = { run, runs: run };
const measured: readonly (readonly [string, () => number | Promise<number>])[] = [
  ["why, a revision of the last round", () => why(learnt.at(-1)!, options, terminal)],
  ["why, a label of answers of SL-CAI", () => why(label, options, terminal)],
  [
    `why, a checkpoint that learnt from ${learnt.length.toLocaleString("en")}`,
    () => why("sl-cai", options, terminal),
  ],
  ["touched, one principle of sixteen", () => touched("principle-3", { ...options, most: 3 }, terminal)],
];
for (const [title, command] of measured) {
  const times: number[] = [];
  for (let i = 0; i < 6; i++) {
    lines = 0;
    const start = performance.now();
    await command();
    times.push(performance.now() - start);
  }
  const [first, ...more] = times;
  const median = more.toSorted((a, b) => a - b)[2]!;
  console.log(
    `${title.padEnd(48)} ${first!.toFixed(1).padStart(8)} ms the first time, ${median.toFixed(1)} ms then; ${lines} lines`,
  );
}

const EXPORT = `
  const { EXPORT_NAMES } = await import(${JSON.stringify(import.meta.resolve("../src/pipeline/export/exports.ts"))});
  const { exportRun } = await import(${JSON.stringify(import.meta.resolve("../src/pipeline/export/export-run.ts"))});
  const [run, format] = process.argv.slice(1);
  const start = performance.now();
  await exportRun(run, { what: EXPORT_NAMES, to: run + "/export", format, command: "" });
  const seconds = (performance.now() - start) / 1000;
  const resident = process.resourceUsage().maxRSS / 1024; // with the pages of the ledger's file
  console.log(seconds.toFixed(0) + " s, " + resident.toFixed(0) + " MiB resident at most");`;
const HEAP = ["--max-old-space-size=64", "--input-type=module", "--eval", EXPORT];
for (const format of ["jsonl", "parquet"]) {
  const told = execFileSync(process.execPath, [...HEAP, run, format], { encoding: "utf8" });
  const size = readdirSync(join(run, "export"))
    .map((file) => statSync(join(run, "export", file)).size)
    .reduce((sum, bytes) => sum + bytes, 0);
  console.log(`export, all, as ${format}: ${told.trim()}; ${(size / 1e6).toFixed(0)} MB in the folder`);
}
rmSync(run, { recursive: true });
