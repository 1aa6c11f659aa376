// What a step writes beside its result, and under which key.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import { openAccount, spendingIn } from "./account.ts";
import { perform, type Run, type Work } from "./perform.ts";

function open(device: Run["device"] = "cpu") {
  const directory = mkdtempSync(join(tmpdir(), "perform-"));
  const ledger = openLedger(directory);
  onTestFinished(() => {
    ledger.close();
    rmSync(directory, { recursive: true });
  });
  const account = openAccount(null, 0);
  const { signal } = new AbortController();
  const run: Run = { ledger, directory, emit: () => {}, signal, now: () => 0, device, account };
  return { run, ledger, payer: account.payer({ input: 1, output: 1 }) };
}

const answering = (more: Partial<Work<string, { text: string }>> = {}): Work<string, { text: string }> => ({
  ...{ stage: "answers", title: "Answers", kind: "response", version: 1, inputs: ["a", "b"], batch: 1 },
  key: (input) => input,
  parents: () => [],
  standIn: () => ({ text: "" }),
  compute: async (inputs) => inputs.map(() => ({ text: "Yes." })),
  ...more,
});

test("two steps that gave the same were both paid for", async () => {
  const { run, ledger, payer } = open();
  const work = answering({
    inFlight: 1,
    compute: async () => {
      const settle = await payer.reserve({ requests: 1, read: 1_000_000, sampled: 0 });
      settle({ requests: 1, read: 1_000_000, sampled: 0 });
      return [{ text: "Yes." }];
    },
  });
  const [a, b] = await perform(run, work);
  expect(a!.id).toBe(b!.id);
  expect(spendingIn(ledger)).toMatchObject({ requests: 2, cost: 2 });
  await perform(run, work);
  expect(spendingIn(ledger)).toMatchObject({ requests: 2, cost: 2 });
});

test("what this run's device computes is not taken for another's; what an endpoint answers is", async () => {
  const { run } = open();
  let computed = 0;
  const work = (more: Partial<Work<string, { text: string }>>) =>
    answering({
      ...more,
      compute: async (inputs) => {
        computed += inputs.length;
        return inputs.map((text) => ({ text }));
      },
    });
  for (const device of ["cpu", "webgpu"] as const) await perform({ ...run, device }, work({}));
  expect(computed).toBe(4);
  for (const device of ["cpu", "webgpu"] as const)
    await perform({ ...run, device }, work({ version: 2, inFlight: 2 }));
  expect(computed).toBe(6);
});
