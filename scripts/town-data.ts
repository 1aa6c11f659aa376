// Writes the town's data files under data/town/. Seeded: the same command writes the same bytes.
//   node scripts/town-data.ts
import { mkdirSync, writeFileSync } from "node:fs";
import { seed } from "../src/engine/random.ts";
import { demonstrationRows, harmlessnessRows, helpfulnessRows, promptRows } from "../src/town/datasets.ts";

const at = new URL("../data/town/", import.meta.url);
mkdirSync(at, { recursive: true });
const write = (name: string, rows: readonly object[]) => {
  writeFileSync(new URL(name, at), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  console.log(`data/town/${name}: ${rows.length} rows`);
};

const from = seed("town data");
write("red-team.jsonl", promptRows(from.child("prompts"), 1600, true, "train"));
write("red-team-feedback.jsonl", promptRows(from.child("feedback prompts"), 1200, true, "train"));
write("helpful.jsonl", promptRows(from.child("prompts"), 1200, false, "train"));
for (const split of ["dev", "final"] as const) {
  write(`evaluation-red-team.${split}.jsonl`, promptRows(from.child("evaluation"), 800, true, split));
  write(`evaluation-helpful.${split}.jsonl`, promptRows(from.child("evaluation"), 400, false, split));
}
write("demonstrations.jsonl", demonstrationRows(from, 5));
write("helpfulness-comparisons.jsonl", helpfulnessRows(from, 3200));
write("harmlessness-comparisons.jsonl", harmlessnessRows(from, 1600));
