import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../user-error.ts";
import { CHAIN_START } from "./entry.ts";
import { type Ledger, ledgerPath, type NewEntry, openLedger, stepKey } from "./ledger.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ledger-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const prompt: NewEntry = { kind: "prompt", body: { text: "How do I brew tea?" }, parents: [] };
const response = (of: string, text: string): NewEntry => ({
  kind: "response",
  body: { text },
  parents: [{ id: of, role: "prompt" }],
});

function withLedger<T>(use: (ledger: Ledger) => T): T {
  const ledger = openLedger(directory);
  try {
    return use(ledger);
  } finally {
    ledger.close();
  }
}

describe("the ledger", () => {
  it("gives an entry the SHA-256 of its canonical content as its id", () => {
    const [[entry]] = withLedger((ledger) => ledger.commit([{ key: "k", entries: [prompt] }])) as unknown as [
      [{ id: string }],
    ];
    const text = '{"body":{"text":"How do I brew tea?"},"kind":"prompt","parents":[]}';
    expect(entry.id).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("remembers a step's entries in order, over closing and opening", () => {
    const key = stepKey({ step: "respond", version: 1 });
    const written = withLedger((ledger) => {
      const [[first]] = ledger.commit([{ key: "prompt", entries: [prompt] }]) as unknown as [
        [{ id: string }],
      ];
      return ledger.commit([{ key, entries: [response(first.id, "b"), response(first.id, "a")] }])[0];
    });
    expect(withLedger((ledger) => ledger.recall(key))).toEqual(written);
    expect(written?.map(({ body }) => body)).toEqual([{ text: "b" }, { text: "a" }]);
    expect(withLedger((ledger) => ledger.recall("never done"))).toBeUndefined();
  });

  it("returns from commit exactly what recall returns later, minus zero and undefined included", () => {
    const odd = { kind: "x", body: { a: -0, b: undefined } as never, parents: [] };
    const [written] = withLedger((ledger) => ledger.commit([{ key: "k", entries: [odd] }]));
    expect(Object.is((written![0]!.body as { a: number }).a, 0)).toBe(true);
    expect(withLedger((ledger) => ledger.recall("k"))).toStrictEqual(written);
  });

  it("remembers that a step gave nothing", () => {
    withLedger((ledger) => ledger.commit([{ key: "empty", entries: [] }]));
    expect(withLedger((ledger) => ledger.recall("empty"))).toEqual([]);
  });

  it("leaves a step alone that is committed again with the same result", () => {
    withLedger((ledger) => {
      ledger.commit([{ key: "k", entries: [prompt] }]);
      const head = ledger.chainHead();
      ledger.commit([{ key: "k", entries: [prompt] }]);
      expect([ledger.count(), ledger.chainHead()]).toEqual([1, head]);
    });
  });

  it("refuses another result for a step that is there", () => {
    withLedger((ledger) => {
      ledger.commit([{ key: "k", entries: [prompt] }]);
      expect(() => ledger.commit([{ key: "k", entries: [{ ...prompt, body: "other" }] }])).toThrow(
        /internal: .*another result: .*brew tea.*now .*other/,
      );
    });
  });

  it("writes a batch wholly or not at all", () => {
    withLedger((ledger) => {
      const orphan = response("0".repeat(64), "whose prompt was never written");
      const batch = [
        { key: "good", entries: [prompt] },
        { key: "bad", entries: [orphan] },
      ];
      expect(() => ledger.commit(batch)).toThrow("expected the prompt of a response to be written before it");
      expect([ledger.count(), ledger.recall("good"), ledger.chainHead()]).toEqual([
        0,
        undefined,
        CHAIN_START,
      ]);
      expect(() => ledger.commit([{ key: "k", entries: [{ ...prompt, body: Number.NaN }] }])).toThrow(
        "finite",
      );
      ledger.commit([{ key: "good", entries: [prompt] }]);
      expect(ledger.count()).toBe(1);
    });
  });

  it("keeps one entry where two steps came to the same content", () => {
    withLedger((ledger) => {
      ledger.commit([{ key: "k1", entries: [prompt] }]);
      ledger.commit([{ key: "k2", entries: [prompt] }]);
      expect(ledger.count()).toBe(1);
      expect(ledger.recall("k2")).toEqual(ledger.recall("k1"));
    });
  });

  it("has a chain that depends on the order of writing, and a content hash that does not", () => {
    const steps = ["a", "b"].map((key) => ({ key, entries: [{ kind: "x", body: key, parents: [] }] }));
    const hashes = (order: typeof steps) => {
      const ledger = openLedger(mkdtempSync(join(directory, "run-")));
      for (const step of order) ledger.commit([step]);
      const found = [ledger.chainHead(), ledger.contentHash()] as const;
      ledger.close();
      return found;
    };
    const [chain, content] = hashes(steps);
    expect(hashes(steps)).toEqual([chain, content]);
    const [reversedChain, reversedContent] = hashes(steps.toReversed());
    expect(reversedChain).not.toBe(chain);
    expect(reversedContent).toBe(content);
  });

  it("finds an entry by a beginning of its id that no other shares, and says what is wrong with others", () => {
    withLedger((ledger) => {
      const entries = Array.from({ length: 40 }, (_, i) => ({ kind: "x", body: i, parents: [] }));
      const [written] = ledger.commit([{ key: "k", entries }]);
      const one = written![7]!;
      expect(ledger.get(one.id.slice(0, 20))).toEqual(one);
      expect(() => ledger.get("")).toThrow("is the beginning of several ids");
      expect(() => ledger.get("zz")).toThrow(UserError);
    });
  });

  it("lists children with their roles, and entries of a kind in order of writing", () => {
    withLedger((ledger) => {
      const [[first]] = ledger.commit([{ key: "prompt", entries: [prompt] }]) as unknown as [
        [{ id: string }],
      ];
      const [made] = ledger.commit([
        { key: "r", entries: [response(first.id, "b"), response(first.id, "a")] },
      ]);
      expect(ledger.children(first.id)).toEqual(
        made!.map(({ id }) => ({ id, kind: "response", role: "prompt" })),
      );
      expect([...ledger.entries("response")]).toEqual(made);
      expect([...ledger.entries()].map(({ kind }) => kind)).toEqual(["prompt", "response", "response"]);
      expect(ledger.latest(2)).toEqual(made);
      expect(ledger.latest(9, "prompt", 0)).toEqual([first]);
      expect(ledger.latest(1, "response", 0)).toEqual([{ ...made![1], parents: [] }]);
    });
  });

  it("keeps what was committed when its process is killed in the middle of the next batch", () => {
    const script = `
      import { openLedger } from ${JSON.stringify(new URL("./ledger.ts", import.meta.url).href)};
      const ledger = openLedger(${JSON.stringify(directory)});
      ledger.commit([{ key: "done", entries: [{ kind: "x", body: 1, parents: [] }] }]);
      const entries = [{ kind: "x", body: 2, parents: [] }, { get kind() { process.kill(process.pid, "SIGKILL"); return "x"; }, body: 3, parents: [] }];
      ledger.commit([{ key: "half", entries }]);`;
    const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    expect(signal).toBe("SIGKILL");
    withLedger((ledger) => {
      expect(ledger.recall("done")?.length).toBe(1);
      expect([ledger.recall("half"), ledger.count()]).toEqual([undefined, 1]);
    });
  });
});

describe("opening a ledger", () => {
  const codeOf = (open: () => unknown): string => {
    try {
      open();
    } catch (error) {
      return error instanceof UserError ? error.code : `not a UserError: ${error}`;
    }
    return "no error";
  };

  it("refuses one of a newer version and says how to go on", () => {
    withLedger(() => {});
    const database = new DatabaseSync(ledgerPath(directory));
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(() => openLedger(directory)).toThrow(/version 1 or older, got version 99/);
    expect(codeOf(() => openLedger(directory, { readOnly: true }))).toBe("ledger-newer");
  });

  it("refuses a file that is no database", () => {
    writeFileSync(
      ledgerPath(directory),
      "this is a letter, not a ledger, and quite a long one at that".repeat(99),
    );
    expect(codeOf(() => openLedger(directory))).toBe("ledger-damaged");
  });

  it("refuses to read where there is none, and to make one below a file", () => {
    expect(codeOf(() => openLedger(directory, { readOnly: true }))).toBe("not-found");
    writeFileSync(join(directory, "file"), "");
    expect(codeOf(() => openLedger(join(directory, "file", "run")))).toBe("not-a-folder");
  });

  it("does not let a reader write", () => {
    withLedger((ledger) => ledger.commit([{ key: "k", entries: [prompt] }]));
    const reader = openLedger(directory, { readOnly: true });
    expect(reader.recall("k")?.length).toBe(1);
    expect(codeOf(() => reader.commit([{ key: "k2", entries: [prompt] }]))).toBe("read-only");
    reader.close();
  });

  it.skipIf(process.getuid?.() === 0)(
    "reads a ledger in a folder that cannot be written (root can write anywhere)",
    () => {
      withLedger((ledger) => ledger.commit([{ key: "k", entries: [prompt] }]));
      chmodSync(directory, 0o555);
      try {
        const reader = openLedger(directory, { readOnly: true });
        expect(reader.count()).toBe(1);
        reader.close();
        expect(codeOf(() => openLedger(directory))).toBe("read-only");
      } finally {
        chmodSync(directory, 0o755);
      }
    },
  );
});
