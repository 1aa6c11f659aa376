// The ports: how the method asks a language model, and how it trains one. Types only; an adapter implements them
// (local.ts for this machine, endpoint/ for servers) and passes model.contract.ts. Knows nothing of principles or files.
// The training port follows the shape of the Tinker API: forward, forward-backward with a named loss, optimiser step.
import type { Head, Lora } from "../lm/config.ts";

/** One turn of a conversation. */
export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** A whole conversation, oldest turn first. Multi-turn prompts are kept whole. */
export type Conversation = readonly Message[];

/** What determines the text drawn for one request, apart from the conversation itself. */
export interface Sampling {
  /** 0 is greedy; 1 samples from the model's own distribution (the paper's setting). */
  readonly temperature: number;
  /** Nucleus mass in (0, 1]; 1 keeps everything. */
  readonly topP: number;
  readonly maxTokens: number;
  /** Generation ends before the first occurrence of any of these. */
  readonly stop: readonly string[];
}

/** One answer asked for. */
export interface SampleRequest {
  readonly conversation: Conversation;
  /** Start of the assistant's answer, put into its mouth ("Let's think step by step:"). */
  readonly prefix?: string;
  /** Name of the request's random stream: the draws depend on it alone, never on the batch. */
  readonly seed: string;
  /** Texts to be scored where the answer stops at the stop sequence `after`. */
  readonly next?: { readonly after: string; readonly continuations: readonly string[] };
}

/** One answer, as text and as tokens. */
export interface Sample {
  readonly text: string;
  /** The conversation as the model read it: its token ids, the opening of the assistant's turn and the prefix included. */
  readonly promptTokens: readonly number[];
  /** Sampled token ids, the end-of-turn token included when the model ended its turn. */
  readonly tokens: readonly number[];
  /** Log-probability of each sampled token at temperature 1, nats. */
  readonly logProbs: readonly number[];
  /** "end": the model ended its turn; "stop": a stop sequence; "length": the token limit, or no room left for a token. */
  readonly finish: "end" | "stop" | "length";
  /** What `score` gives for `next.continuations` after the prefix, the text and `next.after`; absent where it has to be asked. */
  readonly next?: readonly number[];
}

/** Continuations to be scored after the start of an answer. */
export interface ScoreRequest {
  readonly conversation: Conversation;
  readonly prefix?: string;
  /** Texts that might continue the assistant's answer, such as " (A)" and " (B)". */
  readonly continuations: readonly string[];
}

/**
 * Log-probability of each continuation, summed over its tokens, nats; null where all of it is more than the model reads, or where a
 * server's answer is none of them.
 */
export type Score = readonly number[] | null;

/** What an adapter cannot do is said before a run starts, not in the middle of it. */
export interface Capabilities {
  readonly logProbs: boolean;
  readonly training: boolean;
  /** Requests worth having out at once, each answered on its own; absent where a batch is computed together. */
  readonly inFlight?: number;
}

/** A model that answers. */
export interface LanguageModel {
  /** Hash of everything that determines the model's answers (weights, tokenizer, template). */
  readonly id: string;
  readonly capabilities: Capabilities;
  sample(
    requests: readonly SampleRequest[],
    sampling: Sampling,
    signal?: AbortSignal,
  ): Promise<readonly Sample[]>;
  score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<readonly Score[]>;
}

/** A tokenised conversation with one number per token that says how much its prediction counts in a loss. */
export interface TokenSequence {
  readonly tokens: readonly number[];
  /** weights[t] belongs to the prediction OF tokens[t] from what precedes it; weights[0] is ignored. */
  readonly weights: readonly number[];
}

/** Closed union of training examples; one loss each. R = tokens with weight > 0 in the sequence, in order. */
export type Loss =
  /** Supervised fine-tuning: weighted mean negative log-likelihood. */
  | { readonly kind: "cross-entropy"; readonly examples: readonly TokenSequence[] }
  /** Soft-label Bradley-Terry on the scalar at each sequence's last token: -[p log s(a-b) + (1-p) log s(b-a)]. */
  | { readonly kind: "preference"; readonly examples: readonly PreferenceExample[] }
  /** Clipped policy objective (PPO, Schulman et al. 2017, eq. 7) over the weighted tokens. */
  | { readonly kind: "ppo-policy"; readonly clip: number; readonly examples: readonly PolicyExample[] }
  /** Clipped squared error of the per-token value on the scalar head. */
  | { readonly kind: "ppo-value"; readonly clip: number; readonly examples: readonly ValueExample[] };

/** Two tokenised conversations that differ in their last answer, and which is the better one. */
export interface PreferenceExample {
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** Probability that a is the better one, in [0, 1]. */
  readonly probability: number;
  readonly weight: number;
}

/** A sampled answer with what its tokens turned out to be worth. */
export interface PolicyExample extends TokenSequence {
  /** [R] log-probabilities under the policy that sampled, nats. */
  readonly oldLogProbs: readonly number[];
  /** [R] */
  readonly advantages: readonly number[];
}

/** A sampled answer with the returns that followed each of its tokens. */
export interface ValueExample extends TokenSequence {
  /** [R] values predicted when the rollout was made. values[r] is read at the position BEFORE token r (the state). */
  readonly oldValues: readonly number[];
  /** [R] */
  readonly returns: readonly number[];
}

/** Named scalars of one forward-backward, such as loss, accuracy, clipFraction, approximateKl. */
export type Metrics = Readonly<Record<string, number>>;

/** Settings of one step of AdamW (Loshchilov and Hutter 2019), decay decoupled from the gradient. */
export interface AdamW {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Per unit of learning rate, on matrices alone: gains are left free. */
  readonly weightDecay: number;
  /** Largest global norm of the gradient; Infinity leaves it alone. */
  readonly clipNorm: number;
}

/** A model that trains. Its head is the vocabulary (a policy) or one scalar (a preference or value model). */
export interface TrainableModel extends LanguageModel {
  readonly head: Head;
  /** Most tokens of one sequence. */
  readonly contextLength: number;
  /** Renders and tokenises; tokens of the last assistant turn (its end-of-turn included) get weight 1, the rest 0. */
  tokenize(conversations: readonly Conversation[]): Promise<readonly TokenSequence[]>;
  /** Per sequence [R]: log-probability of each weighted token (vocabulary head, nats) or the value before it (scalar head). */
  forward(sequences: readonly TokenSequence[]): Promise<readonly (readonly number[])[]>;
  /** Scalar head only: the scalar at each sequence's last token. */
  scoreLast(sequences: readonly (readonly number[])[]): Promise<readonly number[]>;
  /** Adds the gradient of the loss to what has been accumulated since the last optimiser step. */
  forwardBackward(loss: Loss): Promise<Metrics>;
  /** AdamW with decoupled weight decay and global-norm clipping; returns the norm before clipping. */
  optimStep(adamW: AdamW): Promise<{ readonly gradientNorm: number }>;
  /** Writes a checkpoint in Hugging Face layout that `open` reads back bit for bit. */
  save(directory: string): Promise<void>;
  /** Writes weights, optimiser moments and step count to a file of safetensors, for resuming. Forced to disk. */
  saveState(file: string): Promise<void>;
  /** Takes up what `saveState` wrote. */
  loadState(file: string): Promise<void>;
  close(): Promise<void>;
}

/** Low-rank adapters to be trained in place of a model's own weights (LoRA), and the name of the stream they begin from. */
export interface FreshAdapters extends Lora {
  readonly seed: string;
}

/** Opens checkpoints. One host may hold several models at once (policy, reference, preference model, value model). */
export interface ModelHost {
  /**
   * A checkpoint folder in Hugging Face layout, or one of adapters. `head: "scalar"` on a checkpoint without one starts it at
   * zero; with `adapters`, fresh ones stand beside its frozen weights, but for a checkpoint that has its own.
   */
  open(
    directory: string,
    options?: { readonly head?: Head; readonly adapters?: FreshAdapters | undefined },
  ): Promise<TrainableModel>;
  close(): Promise<void>;
}
