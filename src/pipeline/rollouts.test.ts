import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import { rolloutsOf } from "./rollouts.ts";

test("the rollouts of one policy alone, in the order of its training", () => {
  const folder = mkdtempSync(join(tmpdir(), "rollouts-"));
  const ledger = openLedger(folder);
  let steps = 0;
  try {
    const put = (kind: string, parents: Readonly<Record<string, string>>, texts: readonly string[] = []) => {
      const links = Object.entries(parents).map(([role, id]) => ({ role, id }));
      const entries = [
        { kind, body: { parents }, parents: links },
        ...texts.map((text) => ({ kind: "rollout", body: { text }, parents: [] })),
      ];
      return ledger.commit([{ key: `step ${steps++}`, entries }])[0]![0]!.id;
    };
    const start = put("checkpoint", { of: put("file", {}) });
    const first = put("training-state", { start }, ["one", "two"]);
    const other = put("training-state", { start: first }, ["of another training"]);
    const second = put("training-state", { continues: first }, ["three"]);
    const policy = put("checkpoint", { state: second, start }, []);
    expect(rolloutsOf(ledger, policy)).toEqual([{ text: "one" }, { text: "two" }, { text: "three" }]);
    expect([rolloutsOf(ledger, start), other.length]).toEqual([[], 64]);
  } finally {
    ledger.close();
    rmSync(folder, { recursive: true });
  }
});
