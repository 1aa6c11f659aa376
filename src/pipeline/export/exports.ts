// Everything that a run can be exported as, by the name of its file.
import { annotations } from "./annotations.ts";
import type { Export } from "./export.ts";
import { guard } from "./guard.ts";
import { lineage } from "./lineage-samples.ts";
import { hhRlhf, preferences } from "./preferences.ts";
import { prompts } from "./prompts.ts";
import { sft } from "./sft.ts";

export const EXPORTS = {
  sft,
  preferences,
  prompts,
  annotations,
  guard,
  lineage,
  "hh-rlhf": hhRlhf,
} as const satisfies Readonly<Record<string, Export>>;

export type ExportName = keyof typeof EXPORTS;

export const EXPORT_NAMES = Object.keys(EXPORTS) as readonly ExportName[];
