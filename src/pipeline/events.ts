// What a run tells whoever watches it: one union, named noun-verb. The terminal, `--json` and a page render the same stream.
import type { Metrics } from "../models/model.ts";

/** Times are milliseconds. A stage reports `done` out of `total` in its own unit (response, critique, step, iteration). */
export type PipelineEvent =
  | {
      readonly kind: "run-start";
      readonly name: string;
      readonly directory: string;
    }
  /** One of the runs of a study begins: the `at`th of so many, and what they will take from here. */
  | {
      readonly kind: "variant-start";
      readonly variant: string;
      readonly seed: string;
      readonly at: number;
      readonly of: number;
      readonly msLeft: number;
    }
  /** What the run is expected to take in all, whether or not part of it is remembered. */
  | { readonly kind: "run-forecast"; readonly ms: number }
  | {
      readonly kind: "stage-start";
      readonly stage: string;
      readonly title: string;
      readonly total: number;
      readonly unit: string;
      /** How many of the total were remembered from before. */
      readonly reused: number;
      /** In a preview: of the others, those that must be made anew by what they are made of and in which words. */
      readonly least?: number;
    }
  | {
      readonly kind: "stage-progress";
      readonly stage: string;
      readonly done: number;
      readonly total: number;
      readonly metrics?: Metrics;
    }
  | {
      readonly kind: "stage-end";
      readonly stage: string;
      readonly ms: number;
      readonly done: number;
      readonly reused: number;
    }
  /** Answers come by a provider's batch that is not over; it is looked at again in so many milliseconds. */
  | {
      readonly kind: "batch-wait";
      readonly batch: string;
      readonly answered: number;
      readonly total: number;
      readonly ms: number;
    }
  /** Something the user should read and that does not end the run: rows skipped, a collapse into repetition. */
  | { readonly kind: "note"; readonly level: "info" | "warning"; readonly text: string }
  | {
      readonly kind: "result";
      readonly title: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | number)[])[];
      /** What each column means, in a sentence, where the title does not say it. */
      readonly legend?: readonly string[];
    }
  | { readonly kind: "file-written"; readonly path: string; readonly what: string }
  | { readonly kind: "run-end"; readonly name: string; readonly directory: string; readonly ms: number };

/** Where a run sends its events. Never throws, never waits. */
export type Emit = (event: PipelineEvent) => void;
