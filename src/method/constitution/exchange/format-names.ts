// The names of the formats that constitutions come in and go out in; what each is, is formats.ts. A list of its own, so that a
// command line can name them without loading a reader.

/** Formats that are read and written. */
export const WRITABLE = [
  "hugging-face",
  "paper",
  "paper-comparisons",
  "paper-few-shot",
  "paper-comparison-few-shot",
  "constitutional-evals",
  "traits",
  "markdown",
] as const;

/** Every format that is read. */
export const FORMAT_NAMES = [...WRITABLE, "polis"] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];
