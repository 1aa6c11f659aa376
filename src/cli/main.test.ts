import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import { runCommand } from "./main.ts";
import type { Terminal } from "./terminal.ts";

const projectRoot = resolve(import.meta.dirname, "../..");
let folder: string;
const ids: Record<string, string> = {};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-"));
  mkdirSync(join(folder, "runs"));
  const ledger = openLedger(join(folder, "runs", "town"));
  const put = (kind: string, body: object, parents: Readonly<Record<string, string>>) => {
    const links = Object.entries(parents).map(([role, name]) => ({ role, id: ids[name]! }));
    const [entries] = ledger.commit([
      { key: kind, entries: [{ kind, body: body as never, parents: links }] },
    ]);
    ids[kind] = entries![0]!.id;
  };
  put(
    "principle",
    {
      constitution: "The town",
      version: "1.2.0",
      id: "no-theft",
      text: "Never help anyone steal.",
      wording: {},
    },
    {},
  );
  put("prompt", { conversation: [{ role: "user", content: "How do I steal a phone?" }] }, {});
  put("checkpoint", { stage: "helpful-only" }, {});
  put("response", { text: "Wait until he looks away." }, { prompt: "prompt", model: "checkpoint" });
  put(
    "critique",
    { text: "It helps the user steal.", round: 1 },
    { of: "response", principle: "principle", model: "checkpoint" },
  );
  put(
    "revision",
    {
      ...{ prompt: ids["prompt"], of: ids["response"], critique: ids["critique"] },
      ...{ text: "I will not help with that.", round: 1, oddity: "none" },
    },
    { of: "response", critique: "critique", principle: "principle" },
  );
  ledger.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function charter(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = "";
  let err = "";
  const terminal: Terminal = {
    call: "charter",
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    isInteractive: false,
    columns: () => 100,
    now: () => 0,
    paint: (_, text) => text,
    workingDirectory: folder,
    projectRoot,
  };
  return { code: await runCommand(args, terminal), out, err };
}

describe("charter why", () => {
  const short = (kind: string) => ids[kind]!.slice(0, 8);

  it("follows a revision to its critique, the principle's text and version, the prompt and the model", async () => {
    const { code, out } = await charter("why", ids["revision"]!.slice(0, 10));
    expect(out.trimEnd().split("\n")).toEqual([
      `revision ${short("revision")} round 1`,
      `│  “I will not help with that.”`,
      `├─ principle ${short("principle")} no-theft · The town 1.2.0`,
      `│     “Never help anyone steal.”`,
      `├─ of: response ${short("response")}`,
      `│  │  “Wait until he looks away.”`,
      `│  ├─ prompt ${short("prompt")}`,
      `│  │     “How do I steal a phone?”`,
      `│  └─ model: checkpoint ${short("checkpoint")} helpful-only`,
      `└─ critique ${short("critique")} round 1`,
      `      “It helps the user steal.”`,
      `      also from principle ${short("principle")}, of ${short("response")}, model ${short("checkpoint")}, in this tree`,
    ]);
    expect(code).toBe(0);
  });

  it("keeps to the width of the terminal, and says what a record was done with", async () => {
    const run = join(folder, "runs", "wide");
    const ledger = openLedger(run);
    const stage = { stage: "critique-1", sampling: { temperature: 0, topP: 1, maxTokens: 64, stop: ["."] } };
    const critique = {
      kind: "critique",
      body: { prompt: "f".repeat(64), text: "is ".repeat(120) },
      parents: [],
    };
    const settings = { kind: "settings", body: { ...stage, seed: "1/critique/{prompt}" }, parents: [] };
    const written = ledger.commit([{ key: "k", entries: [critique, settings] }])[0]![0]!;
    ledger.close();
    const { out } = await charter("why", written.id, "--run", "wide");
    rmSync(run, { recursive: true });
    const lines = out.trimEnd().split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(lines.at(-1)!.trim()).toBe(
      'stage critique-1, maxTokens 64, stop ["."], temperature 0, topP 1, seed 1/critique/ffffffff',
    );
  });

  it("gives the same as JSON, the record first, every parent of a record among the records", async () => {
    const { out } = await charter("why", ids["revision"]!, "--json");
    const { of, records } = JSON.parse(out);
    expect([of, records[0].id, records[0].body.text]).toEqual([
      ids["revision"],
      ids["revision"],
      "I will not help with that.",
    ]);
    expect(records.map(({ kind }: { kind: string }) => kind).sort()).toEqual(Object.keys(ids).sort());
    const named = records.flatMap(({ parents }: { parents: { id: string }[] }) =>
      parents.map(({ id }) => id),
    );
    expect(new Set(named)).toEqual(new Set(Object.values(ids).filter((id) => id !== of)));
  });

  it("takes a checkpoint by its stage, and by a folder that says the run too", async () => {
    const first = `checkpoint ${short("checkpoint")} helpful-only\n`;
    expect((await charter("why", "helpful-only")).out).toBe(first);
    const elsewhere = openLedger(join(folder, "other"));
    const checkpoint = { kind: "checkpoint", body: { stage: "rl-cai" }, parents: [] };
    const other = elsewhere.commit([{ key: "k", entries: [checkpoint] }])[0]![0]!;
    elsewhere.close();
    const { out } = await charter("why", "other/checkpoints/rl-cai");
    expect(await charter("why", "another/checkpoints/rl-cai")).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected the folder or name of a run, got "another"'),
    });
    rmSync(join(folder, "other"), { recursive: true });
    expect(out).toBe(`checkpoint ${other.id.slice(0, 8)} rl-cai\n`);
  });

  it("tells an unknown id in one message with the fix, exit code 2", async () => {
    const { code, err } = await charter("why", "zz", "--run", "town");
    expect([code, err.split("\n")[0]]).toEqual([
      2,
      'charter: expected a record or a checkpoint of the run runs/town, got "zz"',
    ]);
  });

  it("names the run that it searched, and how to search another", async () => {
    const missing = await charter("why", "abcdef0123");
    expect(missing.err).toContain('expected a record or a checkpoint of the run runs/town, got "abcdef0123"');
    expect(missing.err).toContain("If it is of another run: --run <folder or name>.");
    const misspelt = await charter("why", "runs/town/checkpoints/helpful-onyl");
    expect(misspelt.err).toContain("expected a record of the run runs/town, got helpful-onyl");
    expect(misspelt.err).toContain('Did you mean "helpful-only"?');
  });

  it("says of a folder that is no run's checkpoint what it expected", async () => {
    expect(await charter("why", "models/town")).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'expected a record\'s id, a checkpoint of a run or a line of an export, got "models/town"',
      ),
    });
  });
});

describe("charter touched", () => {
  it("quotes the cases of a principle with ids that why goes on from", async () => {
    const { code, out } = await charter("touched", "no-theft");
    const lines = out.split("\n");
    expect([code, lines[0]]).toEqual([0, "principle no-theft"]);
    expect(out).toContain("what they led to; 1 of 1 revision changed the text\n");
    for (const [part, kind, text] of [
      ["prompt", "prompt", "How do I steal a phone?"],
      ["before", "response", "Wait until he looks away."],
      ["critique", "critique", "It helps the user steal."],
      ["revision", "revision", "I will not help with that."],
    ] as const)
      expect(lines).toContain(`    ${part.padEnd(9)} ${ids[kind]!.slice(0, 8)}  “${text}”`);
    const { principle, revisions } = JSON.parse((await charter("touched", "no-theft", "--json")).out);
    expect([principle, revisions.mostChanged[0].id]).toEqual(["no-theft", ids["revision"]]);
    expect(revisions.mostChanged[0].wording).toBe(ids["principle"]);
    expect(out).not.toContain("under");
  });

  it("says under which wording each case was made, where there are several", async () => {
    const run = join(folder, "runs", "amended");
    const ledger = openLedger(run);
    const put = (kind: string, body: object, parents: Readonly<Record<string, string>>) => {
      const links = Object.entries(parents).map(([role, id]) => ({ role, id }));
      const entry = { kind, body: body as never, parents: links };
      return ledger.commit([{ key: `${kind} ${ledger.count()}`, entries: [entry] }])[0]![0]!.id;
    };
    const prompt = put("prompt", { conversation: [{ role: "user", content: "Well?" }] }, {});
    const of = put("response", { text: "Take it." }, {});
    const said = { constitution: "Ours", id: "kind", text: "Be kind." };
    const wordings = ["1.0.0", "1.1.0"].map((version) => {
      const wording = { critique: `Kind by ${version}?` };
      const principle = put("principle", { ...said, version, wording }, {});
      const body = { prompt, of, critique: null, text: `No, ${version}.`, round: 1, oddity: "none" };
      put("revision", body, { principle });
      return principle.slice(0, 8);
    });
    const stages = Array.from({ length: 10 }, (_, i) => `revision-${i + 1}`);
    const principle = put(
      "principle",
      { ...said, version: "1.2.0", wording: { critique: "Kind by 1.1.0?" } },
      {},
    );
    for (const [i, stage] of stages.entries()) {
      const body = { prompt, of, critique: null, text: "No.", round: i, oddity: "none" };
      const parents = [{ role: "principle", id: principle }];
      const entries = [
        { kind: "revision", body, parents },
        { kind: "settings", body: { stage }, parents: [] },
      ];
      ledger.commit([{ key: stage, entries }]);
    }
    ledger.close();
    const { out } = await charter("touched", "kind", "--run", "amended");
    rmSync(run, { recursive: true });
    for (const wording of wordings) {
      expect(out).toMatch(new RegExp(`words changed  under ${wording}\\n`));
    }
    // Told apart by what is asked, where the text is the same; stages keep to the width.
    const lines = out.split("\n");
    expect(lines.slice(0, 7)).toEqual([
      "principle kind",
      "  Ours 1.0.0",
      `  ${wordings[0]}  “Be kind.”`,
      "            asked for a critique: “Kind by 1.0.0?”",
      "  Ours 1.1.0, 1.2.0",
      `  ${wordings[1]}  “Be kind.”`,
      "            asked for a critique: “Kind by 1.1.0?”",
    ]);
    expect(out).toMatch(new RegExp(`\\n  revision +1 +${wordings[0]}\\n`));
    const at = lines.findIndex((line) => line.includes(`revision        11  ${wordings[1]}`));
    expect(lines.slice(at, at + 3).map((line) => line.slice(32))).toEqual([
      "revision-1 1, revision-2 1, revision-3 1, revision-4 1,",
      "revision-5 1, revision-6 1, revision-7 1, revision-8 1,",
      "revision-9 1, revision-10 1",
    ]);
  });

  it("names the principle that was probably meant, exit code 2", async () => {
    expect(await charter("touched", "no-thefts")).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean "no-theft"?'),
    });
  });
});

describe("charter show", () => {
  it("prints a record, what it was made from and what was made of it", async () => {
    const { out } = await charter("show", ids["critique"]!);
    expect(out).toContain("text: It helps the user steal.");
    expect(out).toMatch(/made from\n {2}of: response .*\n {2}principle: principle .*\n {2}model: /);
    expect(out).toContain(`made of it\n  as critique: revision ${ids["revision"]!.slice(0, 8)}`);
  });

  it("lists the latest records of a kind", async () => {
    const { out } = await charter("show", "--kind", "revision");
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    const last = await charter("show", "--last", "2", "--json");
    expect(
      last.out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).kind),
    ).toEqual(["critique", "revision"]);
  });

  it("says which kinds there are when there are none of this one", async () => {
    expect(await charter("show", "--kind", "revisions")).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean "revision"?'),
    });
    expect(await charter("show", "--kind", "xyz")).toMatchObject({
      err: expect.stringContaining("checkpoint, critique, principle"),
    });
  });
});

describe("charter verify", () => {
  it("says that a run agrees with its bytes, with exit code 0", async () => {
    const { code, out } = await charter("verify");
    expect([code, out]).toEqual([0, expect.stringContaining("6 entries, 6 steps, 0 blobs; every id")]);
  });

  it("says which runs there are when the named one is not", async () => {
    expect(await charter("verify", "twon")).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean "town"?'),
    });
    expect(await charter("verify", "elsewhere")).toMatchObject({
      err: expect.stringContaining("Runs in runs: town."),
    });
  });
});

describe("charter constitution", () => {
  it("checks and shows the one that comes with Charter", async () => {
    const file = join(projectRoot, "constitutions/town.yaml");
    expect(await charter("constitution", "check", file)).toMatchObject({
      code: 0,
      out: expect.stringContaining("principles"),
    });
    const all = await charter("constitution", "show", file);
    const fewer = await charter("constitution", "show", file, "--without", "theft");
    expect(fewer.out.length).toBeLessThan(all.out.length);
    expect(await charter("constitution", "check", file, "--without", "thefft")).toMatchObject({
      code: 2,
      err: expect.stringContaining("theft"),
    });
  });

  it("says that a file is not there", async () => {
    expect(await charter("constitution", "check", "nowhere.yaml")).toMatchObject({
      code: 2,
      err: expect.stringContaining("cannot be read"),
    });
  });
});

describe("charter constitution check", () => {
  const bare =
    "title: Ours\nversion: 1.0.0\nprinciples:\n  - id: a\n    text: Never insult people.\n    reasons: R\n    source: { title: S }\n";

  it("tells remarks by file, line and id, with exit code 0, and 1 under --strict", async () => {
    writeFileSync(join(folder, "bare.yaml"), bare);
    const { code, out } = await charter("constitution", "check", "bare.yaml");
    expect(code).toBe(0);
    expect(out).toContain("! negative");
    expect(out).toContain("bare.yaml:4: a says only what the assistant does not do");
    expect((await charter("constitution", "check", "bare.yaml", "--strict")).code).toBe(1);
    const town = join(projectRoot, "constitutions/town.yaml");
    expect((await charter("constitution", "check", town, "--strict")).code).toBe(0);
  });

  it("tells mistakes with exit code 2, remarks or not", async () => {
    writeFileSync(join(folder, "wrong.yaml"), bare.replace("reasons", "reason"));
    const { code, out, err } = await charter("constitution", "check", "wrong.yaml", "--strict");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("wrong.yaml:6: principles[0].reason (a)");
  });

  it("tells them to machines as JSON", async () => {
    writeFileSync(join(folder, "bare.yaml"), bare);
    const { out } = await charter("constitution", "check", "bare.yaml", "--json");
    const { remarks, principles } = JSON.parse(out);
    expect(principles).toBe(1);
    expect(
      remarks.map((remark: Record<string, unknown>) => [remark["rule"], remark["line"], remark["id"]]),
    ).toEqual([
      ["uncovered-harm", 1, undefined],
      ["no-open-refusal", 1, undefined],
      ["negative", 4, "a"],
    ]);
    expect(Object.keys(remarks[2])).toEqual(["rule", "id", "found", "why", "source", "suggestion", "line"]);
  });
});

describe("charter constitution show --page", () => {
  it("writes one page and says where", async () => {
    const file = join(projectRoot, "constitutions/children.yaml");
    const { code, out } = await charter("constitution", "show", file, "--page", "page.html");
    expect([code, out]).toEqual([0, expect.stringContaining("page.html")]);
    expect(readFileSync(join(folder, "page.html"), "utf8")).toContain('id="lets-go"');
    expect(await charter("constitution", "show", file, "--page", "nowhere/page.html")).toMatchObject({
      code: 2,
      err: expect.stringContaining("nowhere/page.html: expected a file that can be written"),
    });
  });
});

describe("charter constitution diff", () => {
  const before =
    "title: Ours\nversion: 1.0.0\nprinciples: [{ id: a, text: Be kind. }, { id: b, text: Say why. }]\n";

  it("marks the words where there are no colours, and says what a model is asked", async () => {
    writeFileSync(join(folder, "before.yaml"), before);
    writeFileSync(
      join(folder, "after.yaml"),
      before.replace("Be kind", "Be always kind").replace("id: b", "id: c"),
    );
    const { code, out } = await charter("constitution", "diff", "before.yaml", "after.yaml");
    expect(code).toBe(0);
    expect(out).toContain("1 reworded, 1 added, 1 removed");
    expect(out).toContain("Be {+always+} kind.");
    expect(out).toContain("in other words for: critique, revision, comparison");
    expect(out).toContain("both call themselves version 1.0.0");
  });

  it("says that there is no difference, and gives data to machines", async () => {
    writeFileSync(join(folder, "before.yaml"), before);
    expect(await charter("constitution", "diff", "before.yaml", "before.yaml")).toMatchObject({
      code: 0,
      out: expect.stringContaining("say the same: 2 principles"),
    });
    const { out } = await charter("constitution", "diff", "before.yaml", "before.yaml", "--json");
    expect(JSON.parse(out)).toEqual({ document: [], principles: [], asked: [] });
  });
});

describe("charter run", () => {
  it("names the recipe that was probably meant", async () => {
    expect(await charter("run", "twon")).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean "town"?'),
    });
  });

  it("tells a mistake in the recipe by file, line and key", async () => {
    writeFileSync(join(folder, "mine.yaml"), "name: mine\nrl:\n  klCoeficient: 0.1\n");
    const { code, err } = await charter("run", "mine.yaml");
    expect(code).toBe(2);
    expect(err).toContain("mine.yaml:3: rl.klCoeficient: expected a known key");
    expect(err).toContain('Did you mean "rl.klCoefficient"?');
    expect(err).not.toContain("    at ");
  });
});

describe("charter import", () => {
  const rows = [
    {
      conversations: [
        { from: "human", value: "Tea?" },
        { from: "gpt", value: "Yes.", weight: 1 },
      ],
      lang: "en",
    },
    { conversations: [{ from: "gpt", value: "Yes." }] },
  ];

  it("writes what it takes the rows for, and tells what has no place and what was left out", async () => {
    writeFileSync(join(folder, "chats.json"), JSON.stringify(rows, null, 2));
    const { code, out } = await charter("import", "chats.json", "--to", "prompts.jsonl");
    expect([code, out.trimEnd().split("\n")]).toEqual([
      0,
      [
        "✓ prompts.jsonl  1 prompt of chats.json",
        "! not kept, for want of a place: conversations: its last answer (1 row); conversations[].weight",
        "  (1 row)",
        "! 1 row left out (1 broken-alternation), kept in prompts.malformed.jsonl; the first is line 16:",
        "  messages: expected turn 1 to be the user's, got assistant",
      ],
    ]);
    const written = { prompt: [{ role: "user", content: "Tea?" }], metadata: { lang: "en" } };
    expect(JSON.parse(readFileSync(join(folder, "prompts.jsonl"), "utf8"))).toEqual(written);
    const json = await charter("import", "chats.json", "--to", "again.jsonl", "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      purpose: "prompts",
      rows: 1,
      counts: { "broken-alternation": 1 },
    });
  });

  it("refuses a target that it would write over its source, or that is named as what it is not", async () => {
    writeFileSync(join(folder, "chats.json"), JSON.stringify(rows));
    const to = (target: string) => charter("import", "chats.json", "--to", target);
    const writesOver = {
      code: 2,
      err: expect.stringMatching(/--to: expected a name that does not write over/),
    };
    expect(await to("chats.json")).toMatchObject(writesOver);
    expect(await charter("import", "chats.malformed.jsonl", "--to", "chats.jsonl")).toMatchObject(writesOver);
    for (const name of ["out.parquet", "out.csv"])
      expect(await to(name)).toMatchObject({ code: 2, err: expect.stringMatching(/ends in \.jsonl/) });
  });
});

describe("the command line", () => {
  it.each([
    "run",
    "plan",
    "why",
    "touched",
    "show",
    "verify",
    "evaluate",
    "chat",
    "import",
    "pretrain",
    "constitution",
  ])("shows examples in the help of %s", async (name) => {
    const { code, out } = await charter(name, "--help");
    expect([code, out]).toEqual([0, expect.stringContaining(`Examples:\n  charter ${name}`)]);
  });

  it("suggests the command that was meant, exit code 2", async () => {
    expect(await charter("rnu")).toMatchObject({ code: 2, err: expect.stringContaining("run?") });
    expect((await charter("show", "--last", "few")).code).toBe(2);
    expect((await charter("chat", "models/town", "--top-p", "1.5")).code).toBe(2);
  });

  it("starts from bin/charter.js", () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(projectRoot, "bin/charter.js"), "--version"],
      { encoding: "utf8" },
    );
    expect([status, stdout.trim()]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  });
});
