// Data sets from files: JSONL, plain or gzip. A file none of whose rows can be used is the user's mistake and says why.
// What rows look like is known to method/datasets.
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { type Dataset, describeSkipped } from "../method/datasets/dataset.ts";
import { type DemonstrationRow, parseDemonstrations } from "../method/datasets/demonstrations.ts";
import { type PreferenceRow, parsePreferences } from "../method/datasets/preferences.ts";
import { type PromptRow, parsePrompts } from "../method/datasets/prompts.ts";
import { UserError } from "../user-error.ts";

export type { Dataset } from "../method/datasets/dataset.ts";

/** Prompts of a JSONL file (plain or .gz). @throws UserError when the file cannot be read or has no usable row */
export const readPrompts = (file: string): Promise<Dataset<PromptRow>> =>
  readWith(file, parsePrompts, PROMPT_HINT);

/** Labelled comparisons of a JSONL file (plain or .gz). @throws UserError as `readPrompts` */
export const readPreferences = (file: string): Promise<Dataset<PreferenceRow>> =>
  readWith(file, parsePreferences, PREFERENCE_HINT);

/** Demonstrations of a JSONL file (plain or .gz). @throws UserError as `readPrompts` */
export const readDemonstrations = (file: string): Promise<Dataset<DemonstrationRow>> =>
  readWith(file, parseDemonstrations, DEMONSTRATION_HINT);

const PROMPT_HINT = 'write one JSON object a line, such as {"prompt": [{"role": "user", "content": "…"}]}';
const PREFERENCE_HINT =
  'write one JSON object a line, such as {"prompt": "…", "chosen": "…", "rejected": "…"}';
const DEMONSTRATION_HINT =
  'write one JSON object a line, such as {"prompt": "…", "response": "…", "critique": "…", "revision": "…"}';

async function readWith<T>(
  file: string,
  parse: (lines: Iterable<Uint8Array>) => Dataset<T>,
  hint: string,
): Promise<Dataset<T>> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const got = cause.code === "ENOENT" ? "no such file" : cause.message;
    throw new UserError(
      "dataset-unreadable",
      `${file}: expected a JSONL file, got ${got}`,
      "check the path in the recipe",
      {
        cause,
      },
    );
  });
  const dataset = parse(linesOf(decompress(bytes, file)));
  if (dataset.rows.length > 0) return dataset;
  const { skipped } = dataset;
  const got =
    skipped.length === 0
      ? "an empty file"
      : `none in ${skipped.length} (${describeSkipped(skipped)}; line ${skipped[0]!.line}: ${skipped[0]!.detail})`;
  throw new UserError("dataset-empty", `${file}: expected at least one usable row, got ${got}`, hint);
}

/** How files begin that are often taken for JSONL, and what to do about them. */
const MISTAKEN = [
  {
    start: "version https://git-lfs",
    what: "a Git LFS pointer",
    hint: "fetch the real file with `git lfs pull`",
  },
  { start: "PAR1", what: "a Parquet file", hint: "convert it to JSONL first, one JSON object a line" },
] as const;

function decompress(bytes: Buffer, file: string): Buffer {
  for (const { start, what, hint } of MISTAKEN) {
    if (bytes.subarray(0, start.length).equals(Buffer.from(start))) {
      throw new UserError("dataset-format", `${file}: expected JSONL, got ${what}`, hint);
    }
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes; // gzip's magic number
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    const { message } = cause as Error;
    throw new UserError(
      "dataset-gzip",
      `${file}: expected a whole gzip file, got "${message}"`,
      "fetch it again",
      { cause },
    );
  }
}

/** Lines as bytes, so that a file may be larger than the longest string. */
function* linesOf(bytes: Buffer): Generator<Uint8Array> {
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}
