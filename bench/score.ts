// Scoring: log-probabilities of given answers, as a reference policy gives them at every PPO iteration; and the labels of a
// comparison. bench/score-transformers.py does the first with transformers on the same checkpoint and examples.
//   node bench/score.ts [examples]
import { openHost } from "../src/models/local.ts";
import { townConversations } from "./town-conversations.ts";

const examples = Number(process.argv[2] ?? 512);
const conversations = townConversations(examples);

/** Best of five, seconds; the first compiles and is not counted. */
async function best(work: () => Promise<unknown>): Promise<number> {
  await work();
  let least = Number.POSITIVE_INFINITY;
  for (let repetition = 0; repetition < 5; repetition++) {
    const begun = performance.now();
    await work();
    least = Math.min(least, (performance.now() - begun) / 1000);
  }
  return least;
}

const host = await openHost();
const model = await host.open("models/town");
const sequences = await model.tokenize(conversations);
const seconds = await best(() => model.forward(sequences));
console.log(`answers: ${(examples / seconds).toFixed(0)} examples/s`);
const requests = conversations.map((conversation) => ({
  conversation: conversation.slice(0, -1),
  continuations: [" (A)", " (B)"],
}));
const labels = await best(() => model.score(requests));
console.log(`labels: ${(examples / labels).toFixed(0)} examples/s`);
await host.close();
