// A model whose answers are written down before they are given, for questions outside any run: the same question is not put, or
// paid for, twice, and what was interrupted goes on.
import type { Json } from "../ledger/ledger.ts";
import type { LanguageModel, Sample, SampleRequest } from "../models/model.ts";
import { pacing, perform, type Run } from "./perform.ts";

/** Its answers through a ledger; it scores as it did. */
export function remembering(model: LanguageModel, run: Run): LanguageModel {
  return {
    ...model,
    sample: (requests, sampling) =>
      perform<SampleRequest, Sample>(run, {
        stage: "answers",
        title: "Answers",
        kind: "answer",
        version: 1,
        inputs: requests,
        ...pacing(model, requests.length),
        key: (request) => ({ model: model.id, request, sampling }) as unknown as Json,
        parents: () => [],
        standIn: () => ({ text: "", promptTokens: [], tokens: [], logProbs: [], finish: "end" }),
        compute: (asked) => model.sample(asked, sampling, run.signal),
      }),
  };
}
