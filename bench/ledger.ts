// Ledger appends a second at several batch sizes: every commit is forced to the disk, so a batch costs about one flush.
// node bench/ledger.ts
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { openLedger, stepKey } from "../src/ledger/ledger.ts";
import { verifyLedger } from "../src/ledger/verify.ts";

const ENTRIES = 6400;
const text = "Ask him to lend you the phone, and tell him when you will bring it back. ".repeat(3);

console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`);
for (const batch of [1, 8, 64, 256]) {
  const directory = mkdtempSync(join(tmpdir(), "bench-ledger-"));
  const ledger = openLedger(directory);
  const [[model]] = ledger.commit([
    { key: "model", entries: [{ kind: "checkpoint", body: { stage: "policy" }, parents: [] }] },
  ]) as unknown as [[{ id: string }]];
  const entries = batch === 1 ? ENTRIES / 8 : ENTRIES;
  const step = (i: number) => ({
    key: stepKey({ kind: "response", i }),
    entries: [
      { kind: "response", body: { i, text, oddity: "none" }, parents: [{ id: model.id, role: "model" }] },
    ],
  });
  const seconds = timed(() => {
    for (let i = 0; i < entries; i += batch)
      ledger.commit(Array.from({ length: batch }, (_, j) => step(i + j)));
  });
  const recall = timed(() => {
    for (let i = 0; i < entries; i++) ledger.recall(stepKey({ kind: "response", i }));
  });
  ledger.close();
  const verify = timed(() => verifyLedger(directory));
  const perSecond = (time: number) => String(Math.round(entries / time)).padStart(7);
  console.log(
    `batch ${String(batch).padStart(3)}: ${perSecond(seconds)} appends/s  ${perSecond(recall)} recalls/s  ${perSecond(verify)} verified/s`,
  );
  rmSync(directory, { recursive: true });
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}
