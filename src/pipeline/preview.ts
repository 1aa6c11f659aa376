// What a recipe finds in a ledger and what it would have to make: told by the pipeline itself, in a run that computes nothing
// (docs/decisions/0014). Knows neither why it is asked nor what becomes of the ledger.
import { shareBlobs } from "../ledger/blobs.ts";
import { copyLedger } from "../ledger/ledger.ts";
import type { ModelHost } from "../models/model.ts";
import type { PipelineEvent } from "./events.ts";
import type { Forecast } from "./forecast-run.ts";
import { PreviewEnd, type Run } from "./perform.ts";
import { constitutionalAi } from "./pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** What of one stage is there, and what has to be made. */
export interface PreviewedStage {
  readonly stage: string;
  readonly title: string;
  readonly unit: string;
  readonly total: number;
  /** To be made anew. */
  readonly anew: number;
  /** The fewest that could be, by what records are made of and in which words; null where no principle is asked under. */
  readonly least: number | null;
  readonly ms: number;
  /** Sampled, read and learnt from. */
  readonly tokens: number;
  readonly cost: number;
  /** Whether it goes through a provider's batches, whose time nobody knows: `ms` is 0 then. */
  readonly isBatched: boolean;
}

/** Whether a stage trains a model. */
export const isTraining = ({ unit }: Pick<PreviewedStage, "unit">): boolean =>
  unit === "step" || unit === "iteration";

/** A run's ledger and blobs once more: a preview writes into it what a run begins with. */
export function copyRun(from: string, to: string): void {
  copyLedger(from, to);
  shareBlobs(from, to);
}

/**
 * Follows a recipe without computing anything.
 *
 * @param run in a copy of a run's directory
 * @param missing keys that previews before this one have found missing, and made by then; this one's are added
 */
export async function previewRun(
  run: Omit<Run, "emit" | "missing">,
  recipe: Recipe,
  forecast: Pick<Forecast, "stages">,
  missing: Set<string>,
): Promise<readonly PreviewedStage[]> {
  const seen: Seen[] = [];
  const emit = (event: PipelineEvent) => void (event.kind === "stage-start" && seen.push(event));
  await constitutionalAi({ ...run, emit, missing }, recipe, NO_MODELS).catch((end) => {
    if (!(end instanceof PreviewEnd)) throw end;
  });
  return priced(seen, forecast);
}

const NO_MODELS: ModelHost = {
  open: (directory) => Promise.reject(new Error(`internal: a preview opened ${directory}`)),
  close: async () => {},
};

type Seen = Extract<PipelineEvent, { kind: "stage-start" }>;

function priced(seen: readonly Seen[], { stages }: Pick<Forecast, "stages">): readonly PreviewedStage[] {
  const costs = new Map(stages.map((stage) => [stage.stage, stage]));
  return seen.map(({ stage, title, unit, total, reused, least = null }) => {
    const anew = total - reused;
    const share = total === 0 ? 0 : anew / total;
    const { ms = 0, cost = 0, sampledTokens = 0, readTokens = 0, trainedTokens = 0 } = costs.get(stage) ?? {};
    const isBatched = costs.get(stage)?.isBatched ?? false;
    return {
      stage,
      title,
      unit,
      total,
      anew,
      least,
      isBatched,
      ms: share * ms,
      tokens: Math.round(share * (sampledTokens + readTokens + trainedTokens)),
      cost: share * cost,
    };
  });
}
