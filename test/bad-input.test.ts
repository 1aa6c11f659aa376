// Whatever a user gets wrong ends in one message (where, what was expected, what came, the fix), exit code 2 and no stack, with
// nothing lost. Asked of the command line itself, as a user meets it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { expectRefused, expectRefusedAtOnce, type Mistake } from "./refused.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, ROOT } from "./tiny-run.ts";

const folder = mkdtempSync(join(tmpdir(), "bad-input-"));
const own = `policy=${join(folder, "policy")}`;
beforeAll(() => writeTinyCheckpoint(join(folder, "policy"), "policy", 1024));
afterAll(() => rmSync(folder, { recursive: true }));

const RECIPE = readFileSync(join(ROOT, "recipes/town-small.yaml"), "utf8");
const CONSTITUTION = `title: Ours
version: 1.0.0
principles:
  - { id: kind, text: Be kind., tags: [manners] }
  - { id: honest, text: Be honest. }
`;

/** Writes a file of the test's own and returns its path. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe.concurrent("a recipe is refused", () => {
  it.each<Mistake<string>>([
    [
      "an unknown key",
      RECIPE.replace("klCoefficient", "klCoeficient"),
      /:\d+: rl\.klCoeficient: expected a known key, got "klCoeficient"/,
      /klCoefficient/,
    ],
    ["a missing key", RECIPE.replace("name: town-small\n", ""), /name: expected .*got nothing/, /./],
    [
      "a value of another type",
      RECIPE.replace("rounds: 2", "rounds: two"),
      /:\d+: supervised\.rounds: expected .*number.*"two"/,
      /./,
    ],
    [
      "no iteration",
      RECIPE.replace("iterations: 3", "iterations: 0"),
      /rl\.iterations: expected .*at least 1.* got 0/,
      /./,
    ],
    ["broken YAML", RECIPE.replace("rl:", "rl: {"), /:\d+: expected YAML/, /[Ii]ndentation/],
    [
      "a list",
      "- policy: models/town\n",
      /expected keys and values at the top, got a list/,
      /recipes\/town\.yaml/,
    ],
    ["nothing in it", "", /name: expected .*got nothing/, /./],
    [
      "labels from a file that is not named",
      RECIPE.replace("feedback:", "feedback:\n  source: file"),
      /feedback\.file: expected a file of labelled comparisons.*got none/,
      /feedback\.source/,
    ],
    [
      "more minibatches than answers",
      RECIPE.replace("minibatches: 2", "minibatches: 9"),
      /rl\.minibatches: expected at most .*8.*got 9/,
      /Lower/,
    ],
    [
      "a file that is not there",
      RECIPE.replace("red-team.jsonl", "green-team.jsonl"),
      /prompts\.redTeam\.file: expected a file.*green-team/,
      /Looked in/,
    ],
  ])("for %s", async (why, text, message, fix) => {
    const recipe = file(`${why.replaceAll(" ", "-")}.yaml`, text);
    await expectRefusedAtOnce(folder, [own], message, fix, recipe);
  });

  it("for a name that is no recipe, and a run name that is no name", async () => {
    expectRefused(await charter("run", "town-smal"), /town-smal/, /town-small/);
    expectRefused(await charter("run", "town-small", "--name", "../town"), /name: expected letters/, /./);
  });

  it("for an override that is none, or has no such key", async () => {
    expectRefused(
      await charter("run", "town-small", "--set", "rl"),
      /--set: expected key=value, got "rl"/,
      /klCoefficient=/,
    );
    expectRefused(
      await charter("plan", "town-small", "--set", "rl.cilp=0.2"),
      /--set rl\.cilp/,
      /rl\.clip|"clip"/,
    );
  });
});

describe.concurrent("a constitution is refused", () => {
  it.each<Mistake<readonly string[]>>([
    [
      "to lose a principle it has not",
      ["constitution.without=[thefd]"],
      /without: expected the id or a tag.*got "thefd"/,
      /Did you mean "theft"/,
    ],
    [
      "to lose all its principles",
      [`constitution.file=${file("two.yaml", CONSTITUTION)}`, "constitution.without=[manners, honest]"],
      /at least one principle.*got none/,
      /fewer/,
    ],
    [
      "for an id that stands twice",
      [`constitution.file=${file("twice.yaml", CONSTITUTION.replace("honest", "kind"))}`],
      /twice\.yaml:5: principles\[1\]\.id: expected an id of its own, got "kind" again/,
      /Rename/,
    ],
    [
      "for no principles",
      [`constitution.file=${file("empty.yaml", "title: Ours\nversion: 1.0.0\nprinciples: []\n")}`],
      /empty\.yaml:3: principles: expected at least one principle/,
      /Write at least one/,
    ],
    [
      "for broken YAML",
      [`constitution.file=${file("broken.yaml", CONSTITUTION.replace("]", ""))}`],
      /broken\.yaml:\d+: expected YAML/,
      /quotes/,
    ],
    [
      "for being a folder",
      [`constitution.file=${folder}`],
      /expected a constitution, but it cannot be read/,
      /YAML file/,
    ],
  ])("%s", (_, settings, message, fix) => expectRefusedAtOnce(folder, [own, ...settings], message, fix));
});

describe.concurrent("data is refused", () => {
  const prompts = (name: string, content: string | Uint8Array) =>
    [`prompts.redTeam.file=${file(name, content)}`] as const;
  it.each<Mistake<readonly string[]>>([
    [
      "without a row",
      prompts("empty.jsonl", ""),
      /empty\.jsonl: expected at least one usable row, got an empty file/,
      /one JSON object a line/,
    ],
    [
      "without a usable row",
      prompts("odd.jsonl", '\n{"prompt": "hi"\n{"text": 1}\n'),
      /odd\.jsonl: .*none in 2 \(1 bad-json, 1 unknown-shape; line 2: /,
      /one JSON object a line/,
    ],
    [
      "in another format",
      prompts("archive.jsonl", "PK\x03\x04...."),
      /expected JSONL, CSV or Parquet, got a zip archive/,
      /unpack/,
    ],
    [
      "that is half a gzip file",
      prompts("half.jsonl.gz", Uint8Array.of(0x1f, 0x8b, 8, 0)),
      /expected a whole gzip file/,
      /again/,
    ],
    [
      "that is a folder",
      [`preference.helpfulness.file=${folder}`],
      /expected a data file, got EISDIR/,
      /path/,
    ],
    [
      "whose comparisons are prompts",
      ["feedback.source=file", "feedback.file=data/town/red-team.jsonl"],
      /red-team\.jsonl: expected at least one usable row, got none in \d+ \(.*line 1: /,
      /"chosen"/,
    ],
    [
      "whose demonstrations are prompts",
      ["supervised.demonstrations.file=data/town/red-team.jsonl"],
      /red-team\.jsonl: expected at least one usable row/,
      /"revision"/,
    ],
  ])("%s", (_, settings, message, fix) => expectRefusedAtOnce(folder, [own, ...settings], message, fix));
});
