// A model's remarks through an endpoint: what it says of a principle, of all of them, and what of its answers is no remark.
import { expect, test } from "vitest";
import { startScriptedEndpoint } from "../../models/endpoint/scripted-endpoint.ts";
import { createScriptedModel } from "../../models/scripted.ts";
import { parseConstitution } from "./constitution.ts";
import { reviewByModel } from "./review-by-model.ts";

const constitution = parseConstitution(
  `
title: Ours
version: 1.0.0
principles:
  - { id: kind, text: It is kind., reasons: People are. }
  - { id: brief, text: It is brief., wording: { critique: Is it long? } }
`,
  "ours.yaml",
);

test("every principle is asked about, then all together, through an endpoint that fails now and then", async () => {
  const { model, server } = await startScriptedEndpoint({
    answer: ({ body }) => {
      const asked = body.messages.at(-1)!.content;
      if (asked.includes("Principle: It is kind."))
        return "Here is what I found:\n- `kind` | “kind” is open | Say what it says.\n";
      if (asked.includes("Principle: It is brief.")) return "NONE.";
      return "ALL | nothing is about harm | Add one.\n2. brief | against kind | Say which comes first. |\nkindness | no such id | x";
    },
    fault: (n) => (n === 1 ? { kind: "status", status: 500 } : n === 2 ? { kind: "reset" } : undefined),
  });
  const review = await reviewByModel(model, constitution);
  expect(review).toEqual({
    remarks: [
      { id: "kind", found: "“kind” is open", suggestion: "Say what it says." },
      { found: "nothing is about harm", suggestion: "Add one." },
      { id: "brief", found: "against kind", suggestion: "Say which comes first." },
    ],
    asked: 3,
    unusable: 2,
  });
  const questions = server.requests.map(({ body }) => body.messages.at(-1)!.content);
  expect(questions.some((asked) => asked.includes("Reasons for it: People are."))).toBe(true);
  // Words that were derived from the text say nothing more.
  const told = questions.filter((asked) => asked.includes("asked this"));
  expect(new Set(told.map((asked) => asked.split("\n").slice(2, 4).join(" ")))).toEqual(
    new Set(["Principle: It is brief. The critic is not shown it, but asked this: Is it long?"]),
  );
  expect(questions.some((asked) => asked.includes("kind: It is kind.\nbrief: It is brief."))).toBe(true);
});

test("an id may begin with a digit, and a list with numbers", async () => {
  const principles = ["2", "12", "3-laws"].map((id) => `  - { id: "${id}", text: It keeps ${id}. }`);
  const numbered = parseConstitution(
    `title: Ours\nversion: 1.0.0\nprinciples:\n${principles.join("\n")}\n`,
    "ours.yaml",
  );
  const model = createScriptedModel({ answer: () => "12 | a | b\n- **3-laws** | c | d\n1. 2 | e | f" });
  const { remarks } = await reviewByModel(model, numbered);
  // Each is asked about alone, where what is said of others counts for nothing, and then all together.
  const [twelve, laws, two] = [
    { id: "12", found: "a", suggestion: "b" },
    { id: "3-laws", found: "c", suggestion: "d" },
    { id: "2", found: "e", suggestion: "f" },
  ];
  expect(remarks).toEqual([two, twelve, laws, twelve, laws, two]);
});

test("a model that answers nonsense, nothing, or without an end makes no remarks, and it is counted", async () => {
  const said = ["I love principles!\nThey are great.", "", `kind | a | b\nbrief | cut ${"x".repeat(500)}`];
  let asked = 0;
  const model = createScriptedModel({ answer: () => said[asked++ % said.length]! });
  const { remarks, unusable } = await reviewByModel(model, constitution);
  expect(remarks).toEqual([{ id: "kind", found: "a", suggestion: "b" }]);
  expect(unusable).toBe(2 + 1 + 1);
});
