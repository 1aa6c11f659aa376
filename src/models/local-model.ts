// One checkpoint on this machine, behind the ports: text in, text out, through the chat format, the sampler and the trainer.
// Weights exist once; sampling reads the ones that training changes. Blocks its thread while it computes: `local.ts` puts it
// in a worker.

import { isDeepStrictEqual } from "node:util";
import { seed } from "../engine/random.ts";
import { release, upload } from "../engine/session.ts";
import type { Tensor } from "../engine/tensor.ts";
import { initializeAdapters } from "../lm/adapter.ts";
import { writeAdapterCheckpoint } from "../lm/adapter-checkpoint.ts";
import { createChatFormat } from "../lm/chat-format.ts";
import { endsOfAnswer, PLAIN_TEMPLATE } from "../lm/chat-template.ts";
import { type LoadedCheckpoint, writeCheckpoint } from "../lm/checkpoint.ts";
import { type DecoderConfig, type Head, isTrained } from "../lm/config.ts";
import { headJson } from "../lm/config-json.ts";
import { decode } from "../lm/decode.ts";
import { fuse, memoryShapes, type Parameters, split } from "../lm/fused-weights.ts";
import type { InferenceGraphs } from "../lm/inference-graphs.ts";
import { readTensors, safetensorsPieces } from "../lm/safetensors.ts";
import { type ContinuationRequest, continuationTokens, scoreContinuations } from "../lm/score.ts";
import { createStopSequences } from "../lm/stop-sequences.ts";
import { createTrainer, type Trainer, type TrainerOptions } from "../lm/trainer.ts";
import { writeDurably } from "../lm/write-folder.ts";
import type { Sample, SampleRequest, Sampling, Score, ScoreRequest, TrainableModel } from "./model.ts";

/** What an AbortSignal is to someone who only looks at it. */
export interface AbortFlag {
  readonly aborted: boolean;
}

/** A local model may be stopped by any flag: within a worker an AbortSignal could not be told of anything. */
export interface LocalModel extends TrainableModel {
  sample(
    requests: readonly SampleRequest[],
    sampling: Sampling,
    signal?: AbortFlag,
  ): Promise<readonly Sample[]>;
  score(requests: readonly ScoreRequest[], signal?: AbortFlag): Promise<readonly Score[]>;
}

/** Weights of a base checkpoint in memory layout, filled as models need them: adapters on one base share them. */
export type FrozenWeights = Map<string, Tensor<"float32">>;

/** What is said where the conversation alone fills the context. */
const NO_ROOM = { text: "", tokens: [], logProbs: [], finish: "length" } as const;

/**
 * A model from a checkpoint as read.
 *
 * @param loaded its tensors are not held beyond the call, but for those that are weights as they are
 * @param head the checkpoint's own by default; a scalar head that the checkpoint lacks starts at zero
 * @param graphs of the same configuration; shared between models, and outlives them
 * @param options `frozen`, what other models of the same base hold; `adaptersFrom`, the stream that fresh adapters begin from, and masks of dropout
 */
export async function createLocalModel(
  loaded: LoadedCheckpoint,
  graphs: InferenceGraphs,
  options: {
    readonly head?: Head;
    readonly frozen: FrozenWeights;
    readonly adaptersFrom?: string;
  } & Pick<TrainerOptions, "device" | "threads">,
): Promise<LocalModel> {
  const { tensors: _, ...checkpoint } = loaded; // so that no function below holds them
  const { id, tokenizer, directory } = checkpoint;
  const { config } = graphs;
  const ownHead = headOf(checkpoint.config);
  const head = options.head ?? ownHead;
  const chat = createChatFormat(tokenizer);
  const endTokens = new Set([chat.endOfTurn, tokenizer.endToken, ...config.endTokens]);

  // Until something is trained there are weights alone: no moments, no gradients.
  let untrained: Parameters | null = weightsOf(loaded, config, head, options);
  if (options.device === "webgpu") await upload(untrained.values());
  let trainer: Trainer | null = null;
  const weights = (): Parameters => trainer?.weights() ?? untrained!;
  function training(): Trainer {
    if (trainer === null) {
      const { device, threads } = options;
      trainer = createTrainer({
        config,
        head,
        weights: untrained!,
        masksFrom: seed(options.adaptersFrom ?? "").child("dropout"),
        ...(device && { device }),
        ...(threads && { threads }),
      });
      untrained = null;
    }
    return trainer;
  }

  function needVocabulary(what: string): void {
    if (head === "vocabulary") return;
    throw new Error(`${what}: expected a model with a vocabulary head, got ${directory} with a scalar head`);
  }

  function tokenize({ conversation, prefix = "", continuations }: ScoreRequest): ContinuationRequest {
    const prompt = chat.encodePrompt(conversation, prefix);
    return {
      prompt,
      continuations: continuations.map((text) => {
        const joined = chat.encodePrompt(conversation, prefix + text);
        return continuationTokens(prompt, joined, tokenizer.encodeAsText(text));
      }),
    };
  }

  /** The same of what comes after a sample: the tokens that were drawn need not be those of their text. */
  function tokenizeAfter({ conversation, prefix = "", next }: SampleRequest, text: string) {
    const { after, continuations } = next!;
    return tokenize({ conversation, prefix: prefix + text + after, continuations });
  }

  return {
    id,
    head,
    contextLength: config.maxPositions,
    capabilities: { logProbs: true, training: true },

    async sample(requests, sampling, signal) {
      needVocabulary("sample");
      const stops = createStopSequences(tokenizer, [...sampling.stop, ...endsOfAnswer(tokenizer)]);
      const prompts = requests.map(({ conversation, prefix }) => chat.encodePrompt(conversation, prefix));
      const continuations = requests.map(({ next }) => next?.continuations.map(tokenizer.encodeAsText) ?? []);
      const places = requests.map((_, i) => i).filter((i) => prompts[i]!.length < config.maxPositions);
      const decoded = await decode(
        graphs,
        weights(),
        places.map((i) => ({
          prompt: prompts[i]!,
          seed: requests[i]!.seed,
          continuations: continuations[i]!,
        })),
        { sampling, endTokens, isStopped: stops.isStopped, ...(signal && { signal }) },
      );
      const samples: Sample[] = prompts.map((promptTokens) => ({ ...NO_ROOM, promptTokens }));
      places.forEach((place, i) => {
        const { next, ...sample } = decoded[i]!;
        const said = sample.finish === "end" ? sample.tokens.slice(0, -1) : sample.tokens;
        const text = stops.cut(tokenizer.decode(said));
        const promptTokens = prompts[place]!;
        const read = { prompt: [...promptTokens, ...sample.tokens], continuations: continuations[place]! };
        const isAsScored =
          next !== undefined && isDeepStrictEqual(read, tokenizeAfter(requests[place]!, text));
        samples[place] = { ...sample, text, promptTokens, ...(isAsScored && { next }) };
      });
      return samples;
    },

    async score(requests, signal) {
      needVocabulary("score");
      const tokenized = requests.map(tokenize);
      const places = tokenized.flatMap(({ prompt, continuations }, i) => {
        const longest = Math.max(0, ...continuations.map(({ length }) => length));
        return prompt.length + longest <= config.maxPositions ? [i] : [];
      });
      const scored = await scoreContinuations(
        graphs,
        weights(),
        places.map((i) => tokenized[i]!),
        signal,
      );
      const scores = new Array<Score>(requests.length).fill(null);
      places.forEach((place, i) => {
        scores[place] = scored[i]!;
      });
      return scores;
    },

    tokenize: async (conversations) => conversations.map(chat.encodeConversation),
    forward: async (sequences) => training().forward(sequences),
    scoreLast: async (sequences) => training().scoreLast(sequences),
    forwardBackward: async (loss) => training().forwardBackward(loss),
    optimStep: async (adamW) => training().optimStep(adamW),

    async save(target) {
      await trainer?.settle();
      if (config.lora !== null) {
        const base = checkpoint.adapters?.base.directory ?? directory;
        const parameters = split(trainedOf(weights(), config), config, head);
        const tokenizerFiles = withTemplate(checkpoint);
        return writeAdapterCheckpoint(target, { config, head, parameters, base, tokenizerFiles });
      }
      const json = head === ownHead ? checkpoint.config : { ...checkpoint.config, ...headJson(config, head) };
      await writeCheckpoint(target, {
        config: { ...json, ...storedAsFloat32(json) },
        tensors: split(weights(), config, head),
        tokenizerFiles: withTemplate(checkpoint),
      });
    },
    async saveState(file) {
      await training().settle();
      await writeDurably(file, safetensorsPieces(training().exportState()));
    },
    async loadState(file) {
      const state = new Map<string, Tensor>();
      for await (const [name, tensor] of readTensors(file)) state.set(name, tensor);
      training().importState(state);
    },
    async close() {
      if (untrained !== null) release(trainedOf(untrained, config).values());
      await trainer?.dispose();
    },
  };
}

/** The checkpoint's weights in memory layout; those that stay as they are from what others hold, or left for them. */
function weightsOf(
  checkpoint: LoadedCheckpoint,
  config: DecoderConfig,
  head: Head,
  { frozen, adaptersFrom = "" }: { readonly frozen: FrozenWeights; readonly adaptersFrom?: string },
): Parameters {
  if (config.lora === null) return fuse(checkpoint.tensors, config, head);
  const isFrozen = (name: string) => !isTrained(config, name);
  const missing = fuse(checkpoint.tensors, config, head, (name) => isFrozen(name) && !frozen.has(name));
  for (const [name, tensor] of missing) frozen.set(name, tensor);
  const adapters = checkpoint.adapters === null ? initializeAdapters(config, seed(adaptersFrom)) : [];
  const trained = new Map([...checkpoint.tensors, ...adapters]);
  const own = fuse(trained, config, head, (name) => isTrained(config, name));
  return new Map(
    [...memoryShapes(config, head).keys()].map((name) => [name, own.get(name) ?? frozen.get(name)!]),
  );
}

const trainedOf = (weights: Parameters, config: DecoderConfig): Parameters =>
  new Map([...weights].filter(([name]) => isTrained(config, name)));

/** The tokenizer's files; with the plain template where they have none, so that others talk to the model as it was taught. */
function withTemplate({
  tokenizer,
  tokenizerFiles,
}: Pick<LoadedCheckpoint, "tokenizer" | "tokenizerFiles">): ReadonlyMap<string, Uint8Array> {
  if (tokenizer.chatTemplate !== null) return tokenizerFiles;
  return new Map([...tokenizerFiles, ["chat_template.jinja", new TextEncoder().encode(PLAIN_TEMPLATE)]]);
}

function headOf(config: Readonly<Record<string, unknown>>): Head {
  return String(config["architectures"]).includes("SequenceClassification") ? "scalar" : "vocabulary";
}

/** The key under which config.json gives the element type: transformers 5 renamed it. */
function storedAsFloat32(config: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return { ["dtype" in config ? "dtype" : "torch_dtype"]: "float32" };
}
