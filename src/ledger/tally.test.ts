import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "./ledger.ts";

let directory: string;
let ledger: Ledger;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tally-"));
  ledger = openLedger(directory);
});
afterEach(() => {
  ledger.close();
  rmSync(directory, { recursive: true });
});

/** Writes an entry, with another beside it where asked for. Parents are "role id". */
function put(kind: string, name: string, parents: readonly string[], besideIt?: string): string {
  const links = parents.map((parent) => {
    const [role, id] = parent.split(" ");
    return { role: role!, id: id! };
  });
  const note = { kind: "note", body: besideIt ?? "", parents: [] };
  const entries = [{ kind, body: name, parents: links }, ...(besideIt === undefined ? [] : [note])];
  return ledger.commit([{ key: name, entries }])[0]![0]!.id;
}

describe("tally", () => {
  it("counts ways up by where they end, those of another role aside", () => {
    const [x, y] = [put("rule", "x", []), put("rule", "y", [])];
    const a = put("text", "a", [`under ${x}`]);
    const b = put("text", "b", [`under ${y}`, `after ${a}`]);
    const c = put("text", "c", [`under ${y}`]);
    const d = put("file", "d", [`after ${x}`]);
    const set = put(
      "set",
      "all",
      [a, b, c, d].map((id) => `example ${id}`),
    );
    expect(ledger.tally(set, [{ up: "example" }, { up: "under" }], "id")).toEqual([
      { of: x, count: 1, first: x },
      { of: y, count: 2, first: y },
    ]);
    expect(ledger.tally(set, [{ up: "example" }], "kind")).toEqual([
      { of: "text", count: 3, first: a },
      { of: "file", count: 1, first: d },
    ]);
    expect(ledger.tally(x, [{ up: "example" }], "kind")).toEqual([]);
  });

  it("counts ways down, of one kind where asked, and what lies beside", () => {
    const rule = put("rule", "x", []);
    const a = put("text", "a", [`under ${rule}`], "early");
    put("text", "b", [`under ${rule}`], "late");
    put("text", "c", [`under ${rule}`], "late");
    const d = put("file", "d", [`under ${rule}`], "late");
    const notes = (links: Parameters<Ledger["tally"]>[1]) =>
      ledger.tally(rule, links, "id").map(({ of, count }) => [ledger.get(of).body, count]);
    expect(notes([{ down: "under" }, { beside: "note" }])).toEqual([
      ["early", 1],
      ["late", 3],
    ]);
    expect(notes([{ down: "under", kind: "text" }, { beside: "note" }])).toEqual([
      ["early", 1],
      ["late", 2],
    ]);
    expect(ledger.tally(a, [{ beside: "file" }], "id")).toEqual([]);
    expect([...ledger.made(rule, "under", "file")].map(({ id }) => id)).toEqual([d]);
    expect([...ledger.made(rule, "after", "file")]).toEqual([]);
  });

  it("reads no more parents of an entry than asked for, the first ones", () => {
    const some = ["a", "b", "c"].map((name) => put("text", name, []));
    const set = put(
      "set",
      "all",
      some.map((id) => `example ${id}`),
    );
    expect(ledger.get(set, 2).parents.map(({ id }) => id)).toEqual(some.slice(0, 2));
    expect(ledger.get(set).parents).toHaveLength(3);
  });

  it("reads what an entry was made from in a role, in its order", () => {
    const [a, b, c] = ["a", "b", "c"].map((name) => put("text", name, []));
    const set = put("set", "all", [`example ${c}`, `base ${b}`, `example ${a}`]);
    expect([...ledger.madeFrom(set, "example")].map(({ id }) => id)).toEqual([c, a]);
    expect([...ledger.madeFrom(a!, "example")]).toEqual([]);
  });
});
