import { expect, test } from "vitest";
import { warnOfLoops } from "./collapse.ts";
import type { PipelineEvent } from "./events.ts";

test("a run is warned once more than one text in ten goes in circles", () => {
  const texts = (looping: number) =>
    Array.from({ length: 20 }, (_, i) => ({
      text: i < looping ? "round and round it goes ".repeat(9) : `text ${i}`,
    }));
  const events: PipelineEvent[] = [];
  const run = { emit: (event: PipelineEvent) => events.push(event) };
  for (const looping of [0, 2]) warnOfLoops(run, "revisions", texts(looping));
  expect(events).toEqual([]);
  warnOfLoops(run, "revisions", texts(3));
  warnOfLoops(run, "revisions", []);
  expect(events).toEqual([
    { kind: "note", level: "warning", text: expect.stringMatching(/^3 of 20 revisions go in circles/) },
  ]);
});
