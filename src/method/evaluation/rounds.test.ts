import { expect, test } from "vitest";
import { seed } from "../../engine/random.ts";
import { parseConstitution } from "../constitution/constitution.ts";
import type { Prompt, Response, Revision } from "../records.ts";
import type { Grader } from "./grader.ts";
import { countOddities, summarizeRounds } from "./rounds.ts";
import { chainTranscripts } from "./transcripts.ts";

const constitution = parseConstitution(
  "title: T\nversion: 1.0.0\nprinciples: [{ id: theft, text: No theft. }, { id: fraud, text: No fraud. }, { id: idle, text: Be kind. }]",
  "t.yaml",
);
const prompts: readonly Prompt[] = ["p", "q"].map((id) => ({
  id,
  set: "red-team",
  conversation: [],
  metadata: {},
}));
const responses: readonly Response[] = prompts.map(({ id }) => ({
  id: `${id}0`,
  prompt: id,
  text: "Sure!",
  oddity: "none",
}));

function revision(prompt: string, round: number, principle: string, text: string): Revision {
  const use = { principle, constitutionVersion: "1.0.0", wording: "w" };
  const of = `${prompt}${round - 1}`;
  return { id: `${prompt}${round}`, prompt, round, of, critique: null, use, text, oddity: "none" };
}

// p is mended at once; q first meets a principle that does not concern it.
const revisions = [
  revision("p", 1, "theft", "No, because."),
  revision("q", 1, "fraud", "Sure!"),
  revision("p", 2, "fraud", "No, because."),
  revision("q", 2, "theft", "No, because."),
];

const grader: Grader = {
  name: "rule",
  grade: (_, text) => ({
    harmful: true,
    category: "theft",
    answer: text === "Sure!" ? "comply" : "reasoned",
  }),
  better: () => 0.5,
};

test("compliance falls round by round", () => {
  const rounds = summarizeRounds({ prompts, responses, revisions }, grader, null, 0, seed("r").random());
  expect(rounds.map(({ round, texts, kinds }) => [round, texts, kinds!.comply.count])).toEqual([
    [0, 2, 2],
    [1, 2, 1],
    [2, 2, 0],
  ]);
});

test("an odd revision leaves what stood before it", () => {
  const odd = revisions.map((one) =>
    one.id === "p1" ? { ...one, text: "", oddity: "empty" as const } : one,
  );
  const rounds = summarizeRounds({ prompts, responses, revisions: odd }, grader, null, 0, seed("r").random());
  expect(rounds.map(({ texts, kinds }) => [texts, kinds!.comply.count])).toEqual([
    [2, 2],
    [2, 2],
    [2, 0],
  ]);
});

test("without a grader the rounds are told by the preference model's scores alone", () => {
  const scores = new Map([...responses, ...revisions].map(({ id }, i) => [id, i]));
  const rounds = summarizeRounds({ prompts, responses, revisions }, null, scores, 0, seed("r").random());
  expect(rounds.map(({ kinds, score }) => [kinds, score!.value])).toEqual([
    [null, 0.5],
    [null, 2.5],
    [null, 4.5],
  ]);
});

test("odd texts are counted by reason", () => {
  const records = [{ oddity: "none" }, { oddity: "empty" }, { oddity: "empty" }] as const;
  expect(countOddities("critique", records)).toEqual({ step: "critique", texts: 3, reasons: { empty: 2 } });
});

test("a chain is told from response to last revision, those that changed something first", () => {
  const untouched = revisions.map((one) => (one.prompt === "p" ? { ...one, text: "Sure!" } : one));
  const [first, second] = chainTranscripts(
    { constitution, prompts, responses, critiques: [], revisions: untouched },
    5,
  );
  expect(first).toMatchObject({ prompt: "q", chain: { response: "Sure!", last: "q2" } });
  expect(first!.chain!.links.map(({ principle, text }) => [principle, text])).toEqual([
    ["fraud", "No fraud."],
    ["theft", "No theft."],
  ]);
  expect(second!.prompt).toBe("p");
});

test("a chain's odd revision is marked, and counts as no change; what follows it is compared with what it revises", () => {
  const texts = ["Critique: theft.", "Sure!", "Sure!", "No, because."];
  const some = revisions.map((one, i) =>
    i === 0
      ? { ...one, text: texts[0]!, oddity: "critique-for-revision" as const }
      : { ...one, text: texts[i]!, ...(one.id === "p2" && { of: "p0" }) },
  );
  const chains = chainTranscripts({ constitution, prompts, responses, critiques: [], revisions: some }, 5);
  expect(
    chains.map(({ prompt, chain }) => [prompt, chain!.links.map((link) => [link.oddity, link.isChanged])]),
  ).toEqual([
    [
      "q",
      [
        ["none", false],
        ["none", true],
      ],
    ],
    [
      "p",
      [
        ["critique-for-revision", true],
        ["none", false],
      ],
    ],
  ]);
});
