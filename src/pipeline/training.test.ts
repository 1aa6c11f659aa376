// A training that stops and goes on, with a model that only counts: what it costs to stop, and what is left on the disk.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writeTinyCheckpoint } from "../../test/tiny-checkpoint.ts";
import { listBlobs } from "../ledger/blobs.ts";
import { openLedger } from "../ledger/ledger.ts";
import { verifyLedger } from "../ledger/verify.ts";
import type { TrainableModel } from "../models/model.ts";
import type { Run } from "./perform.ts";
import { type Training, train } from "./training.ts";
import { POINT_EVERY_MS } from "./training-point.ts";
import { releaseGivenUp } from "./training-state.ts";

interface Counter extends TrainableModel {
  total: number;
}

function createCounter(): Counter {
  const counter = {
    total: 0,
    saveState: async (file: string) => writeFileSync(file, JSON.stringify(counter.total)),
    loadState: async (file: string) => {
      counter.total = JSON.parse(readFileSync(file, "utf8"));
    },
    save: (directory: string) => writeTinyCheckpoint(directory, `trained to ${counter.total}`),
    close: async () => {},
  };
  return counter as unknown as Counter;
}

/** A run in an empty directory; `turns` are all that were ever computed in it, in order. */
function begin(more: Partial<Run> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "training-"));
  const ledger = openLedger(directory);
  onTestFinished(() => {
    ledger.close();
    rmSync(directory, { recursive: true });
  });
  const { signal } = new AbortController();
  const run: Run = { ledger, directory, emit: () => {}, signal, now: () => 0, device: "cpu", ...more };
  return { run, ledger, directory, turns: [] as number[] };
}

const TURNS = 10;

/** Each turn depends on all before it, by what is saved and by what is carried. */
function counting(
  turns: number[],
  more: Partial<Training<{ counter: Counter }>> & { readonly after?: (turn: number) => void } = {},
): Training<{ counter: Counter }> {
  return {
    ...{ stage: "count", title: "Counting", unit: "step", version: 1, key: {}, parents: [], start: "" },
    ...{ settings: {}, turns: TURNS, checkpointEvery: 4, result: "counter" },
    open: async () => ({ counter: createCounter() }),
    loop: async function* ({ counter }, { turn, carry }) {
      let carried = (carry as number | null) ?? 1;
      for (let at = turn; at < TURNS; at++) {
        counter.total = 3 * counter.total + carried;
        carried += 0.1;
        turns.push(at);
        more.after?.(at + 1);
        const records = [{ kind: "rollout", body: { at, total: counter.total }, parents: [] }];
        yield { metrics: { loss: counter.total }, carry: carried, records };
      }
    },
    ...more,
  };
}

/** Stops after each of these turns, and goes on to the end. */
async function interruptedAfter(...stops: readonly number[]) {
  const { run, ledger, directory, turns } = begin();
  for (const stop of stops) {
    const controller = new AbortController();
    const after = (turn: number) => void (turn === stop && controller.abort());
    const stopped = train({ ...run, signal: controller.signal }, counting(turns, { after }));
    await expect(stopped).rejects.toThrow(/abort/);
    expect(turns).toHaveLength(stop);
  }
  const trained = await train(run, counting(turns));
  return { ledger, directory, turns, trained };
}

test("whenever it is interrupted it stops after the turn under way, computes none twice, and leaves the same ledger", async () => {
  const unbroken = await interruptedAfter();
  for (const stops of [[1], [3, 5, 6, 9], [4], [2, 3, 7]]) {
    const broken = await interruptedAfter(...stops);
    expect(broken.turns).toEqual(unbroken.turns);
    expect(broken.ledger.chainHead()).toBe(unbroken.ledger.chainHead());
    expect(broken.trained.history).toEqual(unbroken.trained.history);
    expect(existsSync(join(broken.directory, "paused"))).toBe(false);
    expect(verifyLedger(broken.directory).problems).toEqual([]);
  }
});

test("a crash costs ten minutes and the turn under way, however rarely the ledger remembers a state", async () => {
  let minutes = 0;
  const { run, directory, turns } = begin({ now: () => minutes * 60_000 });
  const slow = (crash?: number) =>
    counting(turns, {
      checkpointEvery: TURNS,
      after: (turn) => {
        minutes += 4;
        if (turn === crash) throw new Error("power cut");
      },
    });
  expect(POINT_EVERY_MS).toBe(10 * 60_000);
  await expect(train(run, slow(6))).rejects.toThrow("power cut");
  expect(readdirSync(join(directory, "paused"))).toHaveLength(2);
  await train(run, slow());
  expect(turns).toEqual([0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8, 9]);
});

test("what another setting of checkpoints left on the way is not taken up", async () => {
  const { run, turns } = begin();
  const controller = new AbortController();
  const after = (turn: number) => void (turn === 3 && controller.abort());
  await expect(train({ ...run, signal: controller.signal }, counting(turns, { after }))).rejects.toThrow();
  await train(run, counting(turns, { checkpointEvery: 2 }));
  expect(turns.slice(0, 4)).toEqual([0, 1, 2, 0]);
});

test("only the last state's bytes are kept, of a training given up only until the run has come to its end", async () => {
  const { run, ledger, directory, turns } = begin();
  const held: number[] = [];
  await train(run, counting(turns, { after: () => void held.push([...listBlobs(directory)].length) }));
  expect(Math.max(...held)).toBe(1);
  const checkpoint = [...listBlobs(directory)];

  const crash = (turn: number) => {
    if (turn === 9) throw new Error("given up");
  };
  await expect(train(run, counting(turns, { key: { rate: 2 }, after: crash }))).rejects.toThrow("given up");
  expect([...listBlobs(directory)]).toHaveLength(checkpoint.length + 1);
  await train(run, counting(turns));
  expect([...listBlobs(directory)]).toHaveLength(checkpoint.length + 1);
  releaseGivenUp(run);
  expect([...listBlobs(directory)]).toEqual(checkpoint);
  expect(verifyLedger(directory).problems).toEqual([]);
  expect([...ledger.entries("training-state")]).toHaveLength(5);
});

test("no state is read but its own training's last: there may be thousands, each with its whole history", async () => {
  const { run, turns } = begin();
  const entries: Run["ledger"]["entries"] = (kind, ...more) => {
    if (kind === "training-state") throw new Error("all states are read");
    return run.ledger.entries(kind, ...more);
  };
  const watched = { ...run, ledger: { ...run.ledger, entries } };
  await train(watched, counting(turns));
  await train(watched, counting(turns));
});

test("where a run is only evaluated, what is not trained is refused before anything is opened", async () => {
  const { run, turns } = begin({ mayTrain: false });
  await expect(train(run, counting(turns))).rejects.toMatchObject({
    code: "would-train",
    message: expect.stringContaining("nothing is trained here"),
    hint: expect.stringContaining("charter amend"),
  });
  expect(turns).toEqual([]);
  const { mayTrain: _, ...training } = run;
  await train(training, counting(turns));
  await train(run, counting(turns));
});
