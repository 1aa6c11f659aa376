// A model that is opened when it is first asked. Its id is known from its checkpoint, so a stage whose every result is
// remembered never loads it.
import type { Head } from "../lm/config.ts";
import type { LanguageModel, ModelHost, TrainableModel } from "../models/model.ts";
import type { Checkpoint } from "./checkpoints.ts";

export interface LazyModel extends LanguageModel {
  /** The open model, for what only a trainable one can do. */
  readonly opened: () => Promise<TrainableModel>;
  /** Frees it if it was opened; the next question opens it again. */
  readonly close: () => Promise<void>;
}

export function lazily(host: ModelHost, checkpoint: Checkpoint, head?: Head): LazyModel {
  let model: Promise<TrainableModel> | undefined;
  const opened = () => {
    model ??= host.open(checkpoint.directory, head === undefined ? {} : { head });
    return model;
  };
  return {
    id: checkpoint.modelId,
    capabilities: { logProbs: true, training: true },
    opened,
    sample: async (...request) => (await opened()).sample(...request),
    score: async (...request) => (await opened()).score(...request),
    close: async () => {
      const closing = model;
      model = undefined;
      await (await closing)?.close();
    },
  };
}
