// Supervised fine-tuning from end to end: from conversations to a saved checkpoint, one epoch over the chosen answers of the
// town's helpfulness comparisons. bench/sft-trl.py is TRL's trainer on the same examples.
//   node bench/sft.ts [examples]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trainSupervised } from "../src/method/supervised/train.ts";
import { openHost } from "../src/models/local.ts";
import { townConversations } from "./town-conversations.ts";

const examples = Number(process.argv[2] ?? 512);
const conversations = townConversations(examples);
const host = await openHost();
const folder = mkdtempSync(join(tmpdir(), "charter-sft-"));
const times: number[] = [];
for (let repetition = 0; repetition < 3; repetition++) {
  const model = await host.open("models/town");
  const begun = performance.now();
  const adamW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
  const schedule = { kind: "constant", learningRate: 1e-4, warmup: 0 } as const;
  const options = { seed: "bench", epochs: 1, batch: 32, schedule, adamW };
  for await (const _ of trainSupervised(model, conversations, options, 0));
  await model.save(folder);
  times.push((performance.now() - begun) / 1000);
  await model.close();
}
await host.close();
rmSync(folder, { recursive: true });
// The first repetition compiles its graphs, as a run does once.
console.log(`sft, first epoch of a process: ${(examples / times[0]!).toFixed(1)} examples/s`);
console.log(`sft: ${(examples / Math.min(...times)).toFixed(1)} examples/s`);
