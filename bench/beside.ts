// Our benches beside Python's, in turn, and the ratios of their rates: whatever else the machine does falls on both alike.
//   node bench/beside.ts [--python path] [--rounds 3] [train-step | decode | score | sft | real-shape ...]
// Python needs: pip install torch==2.13.0 transformers trl peft
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const checkpoint = mkdtempSync(join(tmpdir(), "charter-bench-"));
const PAIRS: Readonly<
  Record<string, { readonly ours: readonly string[]; readonly theirs: readonly string[] }>
> = {
  "train-step": { ours: ["bench/train-step.ts"], theirs: ["bench/train-step-torch.py"] },
  decode: { ours: ["bench/decode.ts", checkpoint], theirs: ["bench/decode-transformers.py", checkpoint] },
  score: { ours: ["bench/score.ts"], theirs: ["bench/score-transformers.py"] },
  sft: { ours: ["bench/sft.ts"], theirs: ["bench/sft-trl.py"] },
  "real-shape": {
    ours: ["bench/real-shape.ts", join(checkpoint, "135m")],
    theirs: ["bench/real-shape-torch.py", join(checkpoint, "135m")],
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: "string", default: "python3" }, rounds: { type: "string", default: "3" } },
});

/** Every line of the form "name: [median] number unit/s". */
function rates(command: string, args: readonly string[]): ReadonlyMap<string, number> {
  const { stdout, status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: exit code ${status}\n${stderr}`);
  const found = [...stdout.matchAll(/^(.+?):\s+(?:median )?([\d.]+) \S+\/s/gm)];
  return new Map(found.map(([, name, rate]) => [name!.replace(/\s+/g, " "), Number(rate)]));
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

console.log(
  `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} threads; ${values.rounds} rounds in turn, medians\n`,
);
console.log("| | Charter | Python | ratio |\n|---|---|---|---|");
for (const name of positionals.length > 0 ? positionals : Object.keys(PAIRS)) {
  const pair = PAIRS[name];
  if (pair === undefined) throw new Error(`expected one of ${Object.keys(PAIRS).join(", ")}, got ${name}`);
  const rounds = Array.from({ length: Number(values.rounds) }, () => ({
    ours: rates(process.execPath, pair.ours),
    theirs: rates(values.python, pair.theirs),
  }));
  for (const measure of rounds[0]!.theirs.keys()) {
    const [ours, theirs] = (["ours", "theirs"] as const).map((side) =>
      median(rounds.map((round) => round[side].get(measure)!)),
    ) as [number, number];
    const ratio = median(rounds.map((round) => round.ours.get(measure)! / round.theirs.get(measure)!));
    console.log(`| ${name}, ${measure} | ${ours} | ${theirs} | ${ratio.toFixed(2)} |`);
  }
}
