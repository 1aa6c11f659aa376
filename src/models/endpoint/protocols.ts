// The two protocols that servers speak, a row each: OpenAI's chat completions, and Anthropic's Messages. How a question is put,
// and what is read of the answer; who asks, how often and what for is not known here.
import { z } from "zod";
import type { Conversation, Message, Sample } from "../model.ts";
import type { TokenChoice } from "./labels.ts";

/** A conversation to be answered. One that ends on the assistant's turn is to be gone on with. */
export interface Question {
  readonly conversation: Conversation;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** For each token, log-probabilities of this many. */
  readonly alternatives?: number;
}

/** What is read of an answer. */
export interface Answer {
  /** The model that answered, if the server names it. */
  readonly model: string | undefined;
  readonly text: string;
  readonly finish: Sample["finish"];
  /** The generated tokens, where they were asked for and the server gives them. */
  readonly tokens: readonly TokenChoice[] | undefined;
  /** Tokens, where the server counts them. */
  readonly used: { readonly read: number; readonly sampled: number } | undefined;
}

/** What differs between protocols. The model and the limit of tokens are called the same in both. */
interface Protocol {
  /** What follows the endpoint's address. */
  readonly path: string;
  /** What an answer is called. */
  readonly answers: string;
  /** Whether log-probabilities can be asked for; not every server of the protocol gives them. */
  readonly hasLogProbs: boolean;
  /** Null takes a header away that the client library sends. */
  headers(apiKey: string | null): Readonly<Record<string, string | null>>;
  /** All but the model and the limit; what is undefined is not sent. */
  body(question: Question): Readonly<Record<string, unknown>>;
  readonly answer: z.ZodType<Answer>;
}

export type ProtocolName = "openai" | "anthropic";

export const PROTOCOLS: { readonly [Name in ProtocolName]: Protocol } = {
  /** vLLM, SGLang, llama.cpp, Ollama and most hosted ones: POST /chat/completions. */
  openai: {
    path: "/chat/completions",
    answers: "a chat completion",
    hasLogProbs: true,
    headers: () => ({}), // the client library's own
    body: ({ conversation, temperature, topP, stop, seed, alternatives }) => ({
      messages: conversation,
      temperature,
      top_p: topP,
      stop,
      seed,
      ...(alternatives !== undefined && { logprobs: true, top_logprobs: alternatives }),
      // What vLLM and SGLang want to be told so that they go on with the last turn.
      ...(isBegun(conversation) && { continue_final_message: true, add_generation_prompt: false }),
    }),
    answer: z
      .looseObject({
        model: z.string().optional(),
        usage: z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
        choices: z
          .array(
            z.looseObject({
              message: z.looseObject({ content: z.string().nullable() }),
              finish_reason: z.string().nullish(),
              logprobs: z.looseObject({ content: z.array(tokenChoice()).nullish() }).nullish(),
            }),
          )
          .min(1),
      })
      .transform(({ model, usage, choices }): Answer => {
        const { message, finish_reason, logprobs } = choices[0]!;
        return {
          model,
          text: message.content ?? "",
          finish: finish_reason === "length" ? "length" : "end",
          tokens: logprobs?.content ?? undefined,
          used: usage ? { read: usage.prompt_tokens, sampled: usage.completion_tokens } : undefined,
        };
      }),
  },

  /** Anthropic's own: POST /messages (docs.claude.com, "Messages", version 2023-06-01). It knows no seeds. */
  anthropic: {
    path: "/messages",
    answers: "a message",
    hasLogProbs: false,
    headers: (apiKey) => ({ authorization: null, "x-api-key": apiKey, "anthropic-version": "2023-06-01" }),
    body: ({ conversation, temperature, topP, stop }) => {
      const system = conversation.filter(({ role }) => role === "system");
      // A stop sequence of white space is refused. Texts are cut at it all the same, when they have come.
      const stops = stop?.filter((sequence) => sequence.trim() !== "") ?? [];
      return {
        system: system.length > 0 ? joined(system) : undefined,
        messages: alternating(conversation.filter(({ role }) => role !== "system")),
        // Models from 4.5 on take one of the two at most, later ones neither; 1 is what all of them do unasked.
        temperature: temperature === 1 ? undefined : temperature,
        top_p: topP === 1 ? undefined : topP,
        stop_sequences: stops.length > 0 ? stops : undefined,
      };
    },
    answer: z
      .looseObject({
        model: z.string().optional(),
        content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
        stop_reason: z.string().nullish(),
        usage: z
          .looseObject({
            input_tokens: z.number(),
            output_tokens: z.number(),
            // Not among the input: what was read from a cache, or written to one.
            cache_read_input_tokens: z.number().nullish(),
            cache_creation_input_tokens: z.number().nullish(),
          })
          .nullish(),
      })
      .transform(({ model, content, stop_reason, usage }): Answer => {
        const cached = (usage?.cache_read_input_tokens ?? 0) + (usage?.cache_creation_input_tokens ?? 0);
        return {
          model,
          text: content.map(({ type, text }) => (type === "text" ? (text ?? "") : "")).join(""),
          finish: FINISHES[stop_reason ?? ""] ?? "end",
          tokens: undefined,
          used: usage ? { read: usage.input_tokens + cached, sampled: usage.output_tokens } : undefined,
        };
      }),
  },
};

/** Anthropic's reasons to stop, but for end_turn and the refusal of an answer, which may be empty. */
const FINISHES: Readonly<Record<string, Sample["finish"]>> = {
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
};

function tokenChoice(): z.ZodType<TokenChoice> {
  const token = { token: z.string(), logprob: z.number() };
  return z.looseObject({ ...token, top_logprobs: z.array(z.looseObject(token)) });
}

const isBegun = (conversation: Conversation): boolean => conversation.at(-1)?.role === "assistant";

const joined = (turns: Conversation): string => turns.map(({ content }) => content).join("\n\n");

/** Turns of one role after another made one, empty ones left out, and no white space at the end of a turn to be gone on with. */
function alternating(turns: Conversation): Conversation {
  const merged: Message[] = [];
  for (const turn of turns) {
    if (turn.content.trim() === "") continue;
    const last = merged.at(-1);
    if (last?.role === turn.role) merged[merged.length - 1] = { ...turn, content: joined([last, turn]) };
    else merged.push(turn);
  }
  const last = merged.at(-1);
  if (last?.role === "assistant") merged[merged.length - 1] = { ...last, content: last.content.trimEnd() };
  return merged;
}
