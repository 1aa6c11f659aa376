// What Charter computes of one conversation, as JSON, for scripts that compare it with other programs: tokens, and
// log-probabilities of the last answer's tokens (vocabulary head) or the score at its end (scalar head).
//   node scripts/numbers-of.ts <checkpoint> '[{"role":"user","content":"..."},{"role":"assistant","content":"..."}]'
import { openHost } from "../src/models/local.ts";

const [checkpoint, conversation] = process.argv.slice(2) as [string, string];
const host = await openHost();
const model = await host.open(checkpoint);
const [sequence] = await model.tokenize([JSON.parse(conversation)]);
const numbers =
  model.head === "scalar"
    ? await model.scoreLast([sequence!.tokens])
    : (await model.forward([sequence!]))[0]!;
console.log(JSON.stringify({ tokens: sequence!.tokens, numbers }));
await host.close();
