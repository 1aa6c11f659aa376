// Where an interrupted pretraining is taken up. That it ends with the same bytes takes minutes to see, and is not seen here.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PRETRAINING, PRETRAINING_START } from "./pretrain.ts";
import { readPoint } from "./pretrain-to.ts";

test("a point that a loss of power has emptied is none; one of other settings is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pretraining-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "point.json");
  const point = { step: 250, tokens: 640_000, documents: 9000 };
  expect(await readPoint(file, PRETRAINING)).toEqual(PRETRAINING_START);
  writeFileSync(file, "");
  expect(await readPoint(file, PRETRAINING)).toEqual(PRETRAINING_START);
  writeFileSync(file, JSON.stringify({ options: PRETRAINING, point }));
  expect(await readPoint(file, PRETRAINING)).toEqual(point);
  await expect(readPoint(file, { ...PRETRAINING, seed: "other" })).rejects.toMatchObject({
    code: "other-pretraining",
  });
});
