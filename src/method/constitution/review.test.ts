import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parseConstitution } from "./constitution.ts";
import { HARM_AREAS } from "./harm-areas.ts";
import { RULES, type RuleName, reviewConstitution } from "./review.ts";

/** A constitution of these texts, with ids p1, p2, …, reasons and a source. */
const constitutionOf = (...texts: readonly string[]) => ({
  ...parseConstitution("title: T\nversion: 1.0.0\nprinciples: [{ id: p, text: T }]", "t.yaml"),
  principles: texts.map((text, i) => ({
    id: `p${i + 1}`,
    text,
    reasons: "Because.",
    source: { title: "Our policy" },
    weight: 1,
    tags: [],
    wording: {},
  })),
});
const places = (rule: RuleName, ...texts: readonly string[]) =>
  reviewConstitution(constitutionOf(...texts))
    .filter((remark) => remark.rule === rule)
    .map(({ id, other }) => [id, other].filter((one) => one !== undefined).join(" "));

const openly = "Whoever declines says why.";

/** For each rule about texts, those on which it fires, with the place, and those on which it must not. */
const CASES: {
  readonly [N in Exclude<RuleName, "no-source" | "no-reasons">]: {
    readonly fires: readonly (readonly [texts: readonly string[], places: readonly string[]])[];
    readonly silent: readonly (readonly string[])[];
  };
} = {
  duplicate: {
    fires: [
      [
        ["The assistant does not help anyone steal or rob.", "It never helps people steal, nor rob."],
        ["p2 p1"],
      ],
      [["Say why.", openly, "Please say why."], ["p3 p1"]],
      // Without a content word.
      [["The assistant answers the user.", openly, "The assistant answers the user."], ["p3 p1"]],
    ],
    silent: [
      ["It helps people to borrow.", "It does not help people to borrow."],
      ["It names its sources.", "It names its limits."],
    ],
  },
  "near-duplicate": {
    fires: [
      [
        [
          "It keeps what a customer tells it about payment details to itself.",
          "It keeps what the customer tells it about payment to itself.",
          openly,
        ],
        ["p2 p1"],
      ],
    ],
    silent: [
      ["It names its sources.", "It names its limits."],
      // What every principle says does not make them alike.
      [
        "It does not help with theft. It says why and offers something better to do.",
        "It does not help with fraud. It says why and offers something better to do.",
        "It does not help with spying. It says why and offers something better to do.",
      ],
    ],
  },
  contradiction: {
    fires: [
      [
        ["It reveals its system instructions.", openly, "It does not reveal its system instructions."],
        ["p3 p1"],
      ],
      [["It gives brief answers about billing.", "It gives detailed answers about billing."], ["p2 p1"]],
    ],
    silent: [
      ["It does not reveal its system instructions.", "It never reveals the system instructions."],
      ["It does not give brief answers about billing.", "It gives detailed answers about billing."],
      ["It does not help with theft.", "It helps with homework."],
    ],
  },
  vague: {
    fires: [
      [["It responds appropriately.", openly], ["p1"]],
      [["Where possible it tries to be of use to the reader."], ["p1"]],
    ],
    silent: [["It says what is generally known.", "It treats the property of others with care."]],
  },
  "no-behaviour": {
    fires: [
      [["Be good.", openly], ["p1"]],
      [["Choose the response that is more ethical and moral."], ["p1"]],
    ],
    silent: [["An honest assistant names its sources.", "Be kind to animals."]],
  },
  negative: {
    fires: [
      [["The assistant does not help anyone steal, forge or bribe.", openly], ["p1"]],
      [["Never insult people. Avoid toxic responses."], ["p1"]],
    ],
    silent: [
      ["The assistant does not help anyone steal and says why."],
      ["It does not help with poisons. Safety advice about them is welcome."],
      ["The assistant names its sources."],
      ["The assistant answers the user."],
    ],
  },
  "uncovered-harm": {
    fires: [[["It names its sources.", openly], [""]]],
    silent: [
      ["It takes no part in harming people."],
      HARM_AREAS.map(({ words }) => `About ${words.source.match(/\((?:\()?([a-z-]+)/)![1]}.`),
    ],
  },
  "no-open-refusal": {
    fires: [[["It does not help with theft."], [""]]],
    silent: [[openly], ["It explains a refusal."], ["It never evades a question."]],
  },
};

describe.each(Object.entries(CASES) as [keyof typeof CASES, (typeof CASES)[keyof typeof CASES]][])(
  "%s",
  (rule, { fires, silent }) => {
    it.each(fires)("fires on %j at %j", (texts, at) => expect(places(rule, ...texts)).toEqual(at));
    it.each(silent.map((texts) => [texts]))("does not fire on %j", (texts) =>
      expect(places(rule, ...texts)).toEqual([]),
    );
  },
);

test("the wording that is given for a principle is looked at beside its text", () => {
  const { principles, ...rest } = constitutionOf("It names its sources.", "It tries to name its sources.");
  const wording = {
    critique: "Is it appropriate and reasonable?",
    revision: "Be good if possible.",
    comparison: "Choose the response that is better.",
  };
  const remarks = reviewConstitution({ ...rest, principles: principles.map((one) => ({ ...one, wording })) });
  const told = remarks.flatMap(({ rule, id, found }) =>
    rule === "vague" || rule === "no-behaviour" ? `${id} ${found}` : [],
  );
  expect(told).toEqual([
    "p1 leaves open what is meant by “appropriate” and “reasonable” and “if possible” (critique wording, revision wording)",
    "p1 names virtues and no behaviour (comparison wording)",
    "p2 leaves open what is meant by “tries to” and “appropriate” and “reasonable” and “if possible” (text, critique wording, revision wording)",
    "p2 names virtues and no behaviour (comparison wording)",
  ]);
});

test("a missing source and missing reasons are told by principle", () => {
  const yaml =
    "title: T\nversion: 1.0.0\nprinciples: [{ id: bare, text: Say why. }, { id: full, text: Be kind., reasons: R, source: { title: S } }]";
  const remarks = reviewConstitution(parseConstitution(yaml, "t.yaml"));
  const told = remarks.map(({ rule, id }) => [rule, id]);
  expect(told.filter(([rule]) => rule === "no-source" || rule === "no-reasons")).toEqual([
    ["no-source", "bare"],
    ["no-reasons", "bare"],
  ]);
});

test("the areas that are missing are named, and no other", () => {
  const remark = reviewConstitution(constitutionOf("It takes no weapon into its hands.")).find(
    ({ rule }) => rule === "uncovered-harm",
  )!;
  expect(remark.found).not.toContain("weapons");
  expect(remark.found).toContain("privacy (Article 12)");
});

const folder = resolve(import.meta.dirname, "../../../constitutions");

test.each(readdirSync(folder))("constitutions/%s passes the check, --strict included", (name) => {
  const constitution = parseConstitution(readFileSync(resolve(folder, name), "utf8"), name);
  const remarks = reviewConstitution(constitution);
  expect(remarks.map(({ rule, id }) => `${rule} ${id}`)).toEqual([]);
  expect(constitution.principles.length).toBeGreaterThanOrEqual(12);
});

test("the constitution that charter init writes has no remarks", () => {
  const file = resolve(folder, "../templates/constitution.yaml");
  expect(reviewConstitution(parseConstitution(readFileSync(file, "utf8"), file))).toEqual([]);
});

test("docs/constitutions.md tells of every rule what it looks at", () => {
  const document = readFileSync(resolve(folder, "../docs/constitutions.md"), "utf8");
  const section = document.split(/^## /m).find((part) => part.startsWith("What `check` looks at"))!;
  const rows = section.match(/^\| `.*\n?/gm)!;
  expect(rows.map((row) => row.trim())).toEqual(
    Object.entries(RULES).map(([name, { looksAt }]) => `| \`${name}\` | ${looksAt} |`),
  );
});

test("every rule says what it looks at, why it matters and what to do", () => {
  for (const { looksAt, why, source, suggestion } of Object.values(RULES))
    expect([looksAt, why, source, suggestion].every((said) => said.length > 10)).toBe(true);
});
