// Exports of a small ledger written by hand, of which every row is known; test/export.test.ts exports a whole run.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Json, type Ledger, type NewEntry, openLedger } from "../../ledger/ledger.ts";
import type {
  Comparison,
  Critique,
  Draft,
  Label,
  Oddity,
  Prompt,
  Response,
  Revision,
} from "../../method/records.ts";
import type { ReadComparison } from "../feedback.ts";
import { exportRun } from "./export-run.ts";
import { EXPORT_NAMES, type ExportName } from "./exports.ts";

let folder: string;
let directory: string;
let to: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "export-"));
  directory = join(folder, "runs/mine");
  to = join(folder, "data");
  ledger = openLedger(directory);
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

let steps = 0;
/** Parents are "role id". */
function put<T extends object>(
  kind: string,
  body: T,
  parents: readonly string[] = [],
  stage?: string,
): string {
  const links = parents.map((parent) => ({ role: parent.split(" ")[0]!, id: parent.split(" ")[1]! }));
  const entry: NewEntry = { kind, body: body as unknown as Json, parents: links };
  const beside = stage === undefined ? [] : [{ kind: "settings", body: { stage }, parents: [] }];
  return ledger.commit([{ key: `${kind} ${steps++}`, entries: [entry, ...beside] }])[0]![0]!.id;
}

const user = (content: string) => ({ role: "user", content }) as const;
const assistant = (content: string) => ({ role: "assistant", content }) as const;

const putPrompt = (text: string, set: Prompt["set"] = "red-team", metadata: Prompt["metadata"] = {}) =>
  put<Omit<Prompt, "id"> & { file: string }>("prompt", {
    ...{ set, file: `${set}.jsonl`, conversation: [user(text)], metadata },
  });
const putResponse = (prompt: string, text: string, model: string, stage?: string) =>
  put<Draft<Response>>(
    "response",
    { prompt, text, oddity: "none" },
    [`prompt ${prompt}`, `model ${model}`],
    stage,
  );
const putConstitution = (version: string, principles: Readonly<Record<string, string>>) => {
  const whole = put("constitution", { title: "Ours", version, principles: Object.keys(principles) });
  return Object.entries(principles).map(([id, text]) => ({
    ...{
      id,
      entry: put("principle", { id, constitution: "Ours", version, text }, [`constitution ${whole}`]),
    },
  }));
};
const useOf = (principle: string) => ({
  principle,
  constitutionVersion: "1.2.0",
  wording: `Is it ${principle}?`,
});

interface Principle {
  readonly id: string;
  readonly entry: string;
}

/** A critique and the revision it led to, of a response or revision. */
function putRound(prompt: string, of: string, round: number, given: Principle, text: string): string {
  const principle = given.id;
  const common = { prompt, round, of, use: useOf(principle), oddity: "none" as const };
  const links = [`prompt ${prompt}`, `of ${of}`, `principle ${given.entry}`];
  const critique = put<Draft<Critique>>("critique", { ...common, text: `Not ${principle}.` }, links);
  return put<Draft<Revision>>("revision", { ...common, critique, text }, [...links, `critique ${critique}`]);
}

/** A comparison read under one principle, and its label. */
function putLabel(
  given: { prompt: string; a: string; b: string; textA: string; textB: string },
  principle: Principle,
  unclamped: number,
  oddity: Oddity = "none",
): string {
  const comparison = put<Draft<Comparison>>("comparison", given, [`a ${given.a}`, `b ${given.b}`]);
  const reading = {
    ...({ use: useOf(principle.id), order: "ab", reasoning: null, oddity: "none" } as const),
    ...{ logProbA: Math.log(unclamped), logProbB: Math.log(1 - unclamped) },
  };
  const swapped = {
    ...reading,
    order: "ba",
    logProbA: reading.logProbB,
    logProbB: reading.logProbA,
  } as const;
  const readings = oddity === "none" ? [reading, swapped] : [];
  const read = put<ReadComparison>("reading", { comparison, readings }, [
    `comparison ${comparison}`,
    `principle ${principle.entry}`,
  ]);
  const probability = Math.min(0.8, Math.max(0.2, unclamped));
  return put<Omit<Draft<Label>, "readings">>(
    "label",
    { comparison, source: "feedback-model", probability, unclamped, oddity },
    [`readings ${read}`],
    "feedback-labels",
  );
}

/** A whole run: two red-team prompts, one ordinary one, two comparisons, one of them held out, and a file's. */
function putRun() {
  const policy = put("checkpoint", { stage: "helpful-only", modelId: "p0" });
  // Of settings that were changed before this run, or after it and back.
  putConstitution("1.1.0", { kind: "Be nice.", brief: "Be brief." });
  put("checkpoint", { stage: "sl-cai", modelId: "former" });
  const words = { kind: "Be kind | always.", honest: "Be honest." };
  const [kind, honest] = putConstitution("1.2.0", { ...words, idle: "Be idle." }) as [Principle, Principle];
  putConstitution("1.3.0", { ...words, honest: "Be frank." });
  put("file", { file: "red-team.jsonl", sha256: "ab".repeat(32), licence: "CC BY 4.0" });
  const one = putPrompt("One?");
  const two = putPrompt("Two?", "red-team", { license: "MIT", tags: [1] });
  const tea = putPrompt("Tea?", "helpful");
  const unseen = putPrompt("Unseen?", "helpful");
  const first = putResponse(one, "Bad.", policy, "responses");
  const second = putResponse(two, "Fine.", policy, "responses");
  const boil = putResponse(tea, "Boil water.", policy, "helpful-1");
  putResponse(unseen, "So.", policy, "evaluation-helpful-only-1");
  const better = putRound(one, first, 1, kind, "Better.");
  const best = putRound(one, better, 2, honest, "Best.");
  const again = putRound(one, best, 3, kind, "Best.");
  const same = putRound(two, second, 1, kind, "Fine.");
  const learnt = [better, best, again, same, boil];
  const examples = learnt.map((id) => `example ${id}`);
  const set = put("training-set", { stage: "sl-cai", examples: 5 }, examples);
  const slCai = put("checkpoint", { stage: "sl-cai", modelId: "p1" }, [`training-set ${set}`]);

  const pair = (prompt: string, textA: string, textB: string, by = slCai) => ({
    ...{ prompt, textA, textB },
    a: putResponse(prompt, textA, by, "pairs-first"),
    b: putResponse(prompt, textB, by, "pairs-second"),
  });
  const sure = putLabel(pair(one, "Worst.", "No, because."), kind, 0.05);
  const unsure = putLabel(pair(two, "Perhaps.", "Maybe."), honest, 0.6);
  putLabel(pair(two, "Long.", "Longer."), honest, 0.5, "no-reading");
  putLabel(pair(two, "Of other", "settings.", policy), honest, 0.5, "no-reading");
  const file = put("preference", {
    ...{ source: "helpfulness", file: "theirs.jsonl", conversation: [user("Ale?")], metadata: {} },
    ...{ chosen: "No.", rejected: "Yes.", probability: 1 },
  });
  const compared = put("training-set", { stage: "preference-model", examples: 2 }, [
    `example ${sure}`,
    `example ${file}`,
  ]);
  const judge = put("checkpoint", { stage: "preference-model", modelId: "p2" }, [`training-set ${compared}`]);
  put("prediction", { preference: unsure, predicted: 0.5 }, [`preference ${unsure}`, `model ${judge}`]);
  const score = (of: string, value: number) =>
    put("score", { of, score: value }, [`of ${of}`, `model ${judge}`]);
  score(first, -2);
  score(best, 1);
  put("checkpoint", { stage: "rl-cai", modelId: "p3" });
  return {
    one,
    two,
    tea,
    unseen,
    first,
    better,
    best,
    again,
    same,
    boil,
    sure,
    unsure,
    file,
    kind,
    honest,
    judge,
  };
}

const write = (what: readonly ExportName[], format: "jsonl" | "parquet" = "jsonl") =>
  exportRun(directory, { what, to, format, command: "charter export mine" });
const read = (name: string) => readFileSync(join(to, name), "utf8");
const rowsOf = (name: string) =>
  read(name)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("an export holds", () => {
  it("what SL-CAI was fine-tuned on, in its order", async () => {
    const { better, best, again, same, boil } = putRun();
    await write(["sft"]);
    const revision = { source: "revision", constitution_version: "1.2.0" };
    expect(rowsOf("sft.jsonl")).toEqual([
      {
        ...{ messages: [user("One?"), assistant("Better.")], principle: "kind", round: 1, id: better },
        ...revision,
      },
      {
        ...{ messages: [user("One?"), assistant("Best.")], principle: "honest", round: 2, id: best },
        ...revision,
      },
      {
        ...{ messages: [user("One?"), assistant("Best.")], principle: "kind", round: 3, id: again },
        ...revision,
      },
      {
        ...{ messages: [user("Two?"), assistant("Fine.")], principle: "kind", round: 1, id: same },
        ...revision,
      },
      {
        messages: [user("Tea?"), assistant("Boil water.")],
        ...{ source: "helpful", constitution_version: null, principle: null, round: null, id: boil },
      },
    ]);
  });

  it("the comparisons with their split, the likelier answer chosen, the clamped label; what has no reading is counted", async () => {
    const { sure, unsure, file } = putRun();
    const { written } = await write(["preferences"]);
    expect(rowsOf("preferences.jsonl")).toMatchObject([
      {
        ...{ prompt: [user("One?")], chosen: [assistant("No, because.")], rejected: [assistant("Worst.")] },
        ...{ chosen_prob: 0.8, margin: expect.closeTo(Math.log(4), 12), split: "train", id: sure },
        ...{ source: "harmlessness", principles: ["kind"], labelled_by: "feedback-model" },
      },
      {
        // As the file has it: no probability, and so no margin that is asked for.
        ...{ chosen: [assistant("No.")], chosen_prob: 1, margin: 0, id: file },
        ...{ source: "helpfulness", principles: [], labelled_by: "theirs.jsonl", split: "train" },
      },
      {
        chosen: [assistant("Perhaps.")],
        chosen_prob: 0.6,
        split: "held-out",
        principles: ["honest"],
        id: unsure,
      },
    ]);
    expect(written[0]!.notes).toEqual(["1 left out: comparisons that the feedback model gave no reading of"]);
  });

  it("what each principle says of each comparison, as annotated pairs", async () => {
    const { sure, unsure, kind, honest } = putRun();
    await write(["annotations"]);
    const { metadata, annotators, comparisons } = JSON.parse(read("annotations.json"));
    expect([metadata.version, annotators[metadata.default_annotator].type]).toEqual(["2.0", "unknown"]);
    // None that no comparison was read under: not "idle", nor what other versions of the constitution have.
    expect(Object.keys(annotators).toSorted()).toEqual(["label", kind.entry, honest.entry].toSorted());
    expect(annotators[kind.entry]).toMatchObject({ type: "principle", description: "Be kind | always." });
    expect(comparisons).toHaveLength(3);
    expect(comparisons[0]).toMatchObject({
      ...{ id: sure, prompt: "One?", response_a: { text: "Worst.", model: "sl-cai" } },
      annotations: { label: { pref: "b", probability: 0.2 }, [kind.entry]: { pref: "b" } },
    });
    expect(comparisons[0].annotations[kind.entry].probability).toBeCloseTo(0.05, 12);
    expect(comparisons[2]).toMatchObject({ id: unsure, annotations: { [honest.entry]: { pref: "a" } } });
  });

  it("labels for a guard only where a comparison leaves little doubt, in pairs", async () => {
    const { sure, again } = putRun();
    const { written } = await write(["guard"]);
    const rows = rowsOf("guard.jsonl").map(({ messages, label, ground, principles, id }) => [
      ...[messages.at(-1).content, label, ground, principles, id],
    ]);
    expect(rows).toEqual([
      ["Worst.", "harmful", "comparison", ["kind"], sure],
      ["No, because.", "harmless", "comparison", ["kind"], sure],
      ["Bad.", "harmful", "revision", ["kind", "honest"], again],
      ["Best.", "harmless", "revision", ["kind", "honest"], again],
    ]);
    expect(written[0]!.notes).toEqual([
      "1 left out: comparisons whose label comes from a file, which says not how sure it is",
      "1 left out: comparisons that are less sure than 0.9",
      "1 left out: revisions that say what the first answer said",
    ]);
  });

  it("every prompt with what it was used for, its licence and its metadata", async () => {
    const { two, unseen } = putRun();
    await write(["prompts"]);
    const rows = rowsOf("prompts.jsonl");
    expect(rows.find(({ id }) => id === two)).toEqual({
      ...{ prompt: [user("Two?")], set: "red-team", file: "red-team.jsonl", id: two, split: "train" },
      used_in: ["responses", "pairs-first", "pairs-second"],
      metadata: JSON.stringify({ license: "MIT", tags: [1] }),
      licence: "MIT",
    });
    expect(rows.find(({ id }) => id === unseen)).toMatchObject({ split: "evaluation" });
  });

  it("each chain of revisions in the layout of the paper's samples", async () => {
    const { again } = putRun();
    await write(["lineage"]);
    const [row, other] = rowsOf("lineage.jsonl");
    expect(row).toEqual({
      rl_prompt: "\n\nHuman: One?\n\nAssistant:",
      comparison_dataset: "red-team.jsonl",
      initial_response: [{ sample: " Bad." }],
      cst: ["kind Better.", "honest Best.", "kind Best."].map((step) => ({
        cst_key: step.split(" ")[0],
        cst_value: {
          prompt: [`\n\nCritiqueRequest: Is it ${step.split(" ")[0]}?\n\nCritique:`],
          edit_request: `\n\nRevisionRequest: Is it ${step.split(" ")[0]}?\n\nRevision:`,
        },
        critique: { sample: ` Not ${step.split(" ")[0]}.` },
        revision: { sample: ` ${step.split(" ")[1]}` },
      })),
      id: again,
    });
    expect(other.cst).toHaveLength(1);
  });
});

describe("the card", () => {
  it("counts files and principles, names models, sources and licences, and escapes what would break a table", async () => {
    putRun();
    await write(EXPORT_NAMES.filter((name) => name !== "hh-rlhf"));
    const card = read("README.md");
    expect(card).toContain("| principle | sft | preferences | guard | in words |");
    expect(card).toContain("| kind | 3 | 1 | 4 | Be kind \\| always. |");
    expect(card).toContain("| sft.jsonl | 5 | source: revision 4, helpful 1; round: 1 2, 2 1, 3 1 |");
    expect(card).toContain("## Constitution\n\nOurs 1.2.0\n\n| principle |");
    expect(card).toContain("| sl-cai | checkpoint | `p1` |\n| preference-model | checkpoint | `p2` |");
    // Neither what other settings gave nor what made none of the rows.
    for (const other of ["former", "p3", "Be nice.", "Be frank.", "brief", "idle", "1.1.0", "1.3.0"])
      expect(card).not.toContain(other);
    expect(card).toContain(
      "| red-team.jsonl | 2 | CC BY 4.0 1, MIT 1 | `abababababab` |\n| helpful.jsonl | 2 | not stated | not kept |",
    );
    expect(card).toMatch(/^---\n[\s\S]*\nlicense: other\n[\s\S]*\n---\n/);
    expect(card).not.toContain(folder);
  });

  it("names first the run's own constitution where an amendment left rows as they were", async () => {
    const [kind] = putConstitution("1.0.0", { kind: "Be kind.", idle: "Be idle." }) as [Principle];
    putConstitution("2.0.0", { kind: "Be kind." });
    const prompt = putPrompt("One?");
    const response = putResponse(prompt, "Bad.", put("checkpoint", { stage: "helpful-only", modelId: "p0" }));
    const better = putRound(prompt, response, 1, kind, "Better.");
    put("training-set", { stage: "sl-cai", examples: 1 }, [`example ${better}`]);
    await write(["sft"]);
    expect(read("README.md")).toContain("Ours 2.0.0\n\nSome rows have their principle from Ours 1.0.0.");
  });

  it("names the licence to the hub where there is one", async () => {
    const prompt = putPrompt("Tea?", "helpful", { licence: "Apache 2.0" });
    putResponse(prompt, "So.", put("checkpoint", { stage: "helpful-only", modelId: "p" }));
    await write(["prompts"]);
    expect(read("README.md")).toContain("\nlicense: apache-2.0\n");
  });
});

describe("a run", () => {
  it("that has not ended gives what it has, and says what is missing", async () => {
    putPrompt("One?");
    const { written } = await write(["sft", "preferences", "prompts"]);
    expect(written.map(({ file, notes }) => [file, ...notes])).toEqual([
      [null, "the run has not come to the fine-tuning of SL-CAI"],
      [null, "the run has not come to the preference model: no comparisons"],
      ["prompts.jsonl", expect.stringContaining("not known what they were used for")],
    ]);
    expect(readdirSync(to).toSorted()).toEqual(["README.md", "prompts.jsonl"]);
    await expect(write(["sft"])).rejects.toMatchObject({ code: "nothing-to-export" });
  });

  it("whose settings have changed gives what its last checkpoint learnt from", async () => {
    const { better } = putRun();
    const set = put("training-set", { stage: "sl-cai", examples: 1 }, [`example ${better}`]);
    put("checkpoint", { stage: "sl-cai", modelId: "p9" }, [`training-set ${set}`]);
    await write(["sft"]);
    expect(rowsOf("sft.jsonl")).toHaveLength(1);
  });
});

describe("a folder", () => {
  it("with somebody's own README.md is left alone", async () => {
    putRun();
    mkdirSync(to);
    for (const own of ["# Mine", "---\ntags: [a]\n---\n", "---\n{\n---\n"]) {
      writeFileSync(join(to, "README.md"), own);
      await expect(write(["sft"])).rejects.toMatchObject({ code: "export-folder-taken" });
      expect(readdirSync(to)).toEqual(["README.md"]);
    }
  });

  it("with somebody's own file of a name that an export writes is left alone", async () => {
    putRun();
    mkdirSync(to);
    const own = join(to, "sft.jsonl");
    writeFileSync(own, "mine");
    for (const format of ["jsonl", "parquet"] as const)
      await expect(write(["guard"], format)).rejects.toMatchObject({
        code: "export-folder-taken",
        message: `${to}: expected a folder without sft.jsonl, or one with the card of an export, got sft.jsonl and no such card`,
      });
    expect([readdirSync(to), readFileSync(own, "utf8")]).toEqual([["sft.jsonl"], "mine"]);
  });

  it("is rid of what a killed export was writing", async () => {
    putRun();
    mkdirSync(to);
    for (const name of ["sft.jsonl", "guard.jsonl.12.writing", "mine.writing"])
      writeFileSync(join(to, name), "half");
    await write(["sft"]);
    expect(readdirSync(to).toSorted()).toEqual(["README.md", "mine.writing", "sft.jsonl"]);
  });

  it("with files of an earlier export is told of those the card no longer names", async () => {
    putRun();
    await write(["sft", "guard"]);
    expect((await write(["sft"], "parquet")).stale.toSorted()).toEqual(["guard.jsonl", "sft.jsonl"]);
  });
});
