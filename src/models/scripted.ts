// A language model for tests: answers by a function and records what it was asked. Its tokens are the characters of its
// texts, so limits and stop sequences act as on any other model. Knows no randomness: a script may look at the seed.
import { textBefore } from "../lm/stop-sequences.ts";
import type { LanguageModel, Sample, SampleRequest, Sampling, Score, ScoreRequest } from "./model.ts";

/** What a scripted model says; everything may be left out. */
export interface Script {
  /** The whole answer, before limits and stop sequences. */
  readonly answer?: (request: SampleRequest, sampling: Sampling) => string;
  /** [K] log-probabilities of the continuations, nats; all alike by default. */
  readonly score?: (request: ScoreRequest) => Score;
  readonly id?: string;
}

/** What the model was asked, in order. */
export type RecordedCall =
  | { readonly kind: "sample"; readonly request: SampleRequest; readonly sampling: Sampling }
  | { readonly kind: "score"; readonly request: ScoreRequest };

/** A scripted model with its memory of what it was asked. */
export interface ScriptedModel extends LanguageModel {
  readonly calls: readonly RecordedCall[];
}

/** Ends every answer that was not cut short, as an end-of-turn token does. */
const END = 0;

/**
 * A model that follows a script.
 *
 * @example
 * const model = createScriptedModel({ answer: ({ conversation }) => `You said: ${conversation.at(-1)!.content}` });
 */
export function createScriptedModel({ answer = () => "", score, id = "scripted" }: Script): ScriptedModel {
  const calls: RecordedCall[] = [];

  function sampleOne(request: SampleRequest, sampling: Sampling): Sample {
    calls.push({ kind: "sample", request, sampling });
    const whole = answer(request, sampling);
    const ends = sampling.stop
      .filter((sequence) => whole.includes(sequence))
      .map((sequence) => whole.indexOf(sequence) + sequence.length);
    const stop = Math.min(...ends);
    const drawn = [...codesOf(whole.slice(0, stop)), ...(ends.length === 0 ? [END] : [])];
    const tokens = drawn.slice(0, sampling.maxTokens);
    const isCut = tokens.length < drawn.length;
    const said = String.fromCharCode(...tokens.filter((token) => token !== END));
    return {
      text: textBefore(said, sampling.stop),
      promptTokens: codesOf(
        `${request.conversation.map(({ content }) => content).join("\n")}\n${request.prefix ?? ""}`,
      ),
      tokens,
      logProbs: tokens.map(() => -1),
      finish: isCut ? "length" : ends.length > 0 ? "stop" : "end",
    };
  }

  return {
    id,
    capabilities: { logProbs: true, training: false },
    calls,
    async sample(requests, sampling, signal) {
      signal?.throwIfAborted();
      return requests.map((request) => sampleOne(request, sampling));
    },
    async score(requests, signal) {
      signal?.throwIfAborted();
      return requests.map((request) => {
        calls.push({ kind: "score", request });
        const { length: K } = request.continuations;
        return score?.(request) ?? request.continuations.map(() => -Math.log(K));
      });
    },
  };
}

const codesOf = (text: string): number[] => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
