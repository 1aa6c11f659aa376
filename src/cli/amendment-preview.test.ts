// The preview of an amendment as people read it.
import { expect, test } from "vitest";
import type { AmendmentPreview } from "../pipeline/amend.ts";
import { showAmendment } from "./amendment-preview.ts";
import type { Terminal } from "./terminal.ts";

const stage = (more: Partial<AmendmentPreview["stages"][number]>): AmendmentPreview["stages"][number] => ({
  ...{ stage: "critique-1", title: "Critiques", unit: "critique", total: 600, anew: 23, least: 23 },
  ...{ ms: 40_000, tokens: 1200, cost: 0, isBatched: false, ...more },
});
const preview = (more: Partial<AmendmentPreview>): AmendmentPreview => ({
  ...{ stages: [stage({})], trainings: [], figures: [], ms: 40_000, cost: 0, budget: null, ...more },
});

function shown(what: AmendmentPreview): string {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const terminal = { write, paint: (_: string, said: string) => said };
  showAmendment(what, "runs/town", "town-2", { ...terminal, columns: () => 200 } as unknown as Terminal);
  return text;
}

test("stage by stage what is there, what is anew, and the fewest that could be", () => {
  const stages = [
    stage({}),
    stage({ stage: "sl-cai", title: "Fine-tuning", unit: "step", total: 150, anew: 150, least: null }),
    stage({ stage: "feedback", title: "Feedback", unit: "reading", anew: 600, least: 580 }),
  ];
  const text = shown(preview({ stages, trainings: ["Fine-tuning"], figures: ["one", "another"] }));
  expect(text).toMatch(/Critiques +577 +23 +23 +40 s\n/);
  expect(text).toMatch(/Fine-tuning +0 +150 +40 s\n/);
  expect(text).toContain("critiques and revisions anew: 23; the fewest that could be: 23\n");
  expect(text).toContain("readings anew: 600; the fewest that could be: 580\n");
  expect(text).toContain("trains again: Fine-tuning\n");
  expect(text).toContain("figures that may move: one; another\n");
  expect(text).toContain("about 40 s and 3,600 tokens\n");
  expect(text).not.toContain("budget");
});

test("no fewest where settings changed, and no figure where nothing is made", () => {
  const text = shown(preview({ stages: [stage({ anew: 0, least: null })], ms: 0 }));
  expect(text).not.toContain("fewest");
  expect(text).not.toContain("at least");
  expect(text).toContain("nothing trains again\n");
  expect(text).toContain("figures are counted anew from what is there\n");
});

test("what a provider's batches take stands in no time", () => {
  const text = shown(preview({ stages: [stage({ isBatched: true, ms: 0 })] }));
  expect(text).toMatch(/Critiques .* in batches\n/);
  expect(text).toContain("and what the provider takes for its batches, up to 24 h each\n");
  expect(shown(preview({ stages: [stage({ isBatched: true, anew: 0 })] }))).not.toContain("24 h");
});

test("money beside what is left of a budget, and a warning where it would not do", () => {
  const fits = shown(preview({ cost: 1.5, budget: { most: 10, spent: 8 } }));
  expect(fits).toContain("tokens, 1.50 to endpoints\n");
  expect(fits).toContain("of a budget of 10, 8.00 is spent already");
  expect(fits).not.toContain("!");
  const short = shown(preview({ cost: 3, budget: { most: 10, spent: 8 } }));
  expect(short).toMatch(/! that is more than is left: .*--set budget=11\n/);
});
