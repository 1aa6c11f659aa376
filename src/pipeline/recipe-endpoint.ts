// The part of a recipe that names a model behind an endpoint: where it is, how it is asked, what it may take and what it costs.
import { z } from "zod";

const positive = z.number().positive();
const count = z.int().min(1);

/** A model behind an endpoint. Limits and patience are ours. */
/** The name of an environment variable, with its sign. */
export const KEY_NAME = /^\$[A-Za-z_]\w*$/;

export const endpointSchema = z.strictObject({
  /** The part of the address before /chat/completions or /messages. */
  endpoint: z.url({ protocol: /^https?$/, error: 'expected an address, such as "http://localhost:8000/v1"' }),
  /** OpenAI's chat completions, which most servers speak, or Anthropic's Messages. */
  protocol: z.enum(["openai", "anthropic"]).default("openai"),
  model: z.string().min(1),
  /** Name of the environment variable that holds the key. */
  apiKey: z
    .string()
    .regex(KEY_NAME, "expected the name of an environment variable, such as $OPENAI_API_KEY")
    .nullable()
    .default(null),
  /** Read from log-probabilities, or counted from so many sampled answers. */
  labels: z
    .union([z.literal("log-probabilities"), z.strictObject({ votes: count })], {
      error: 'expected "log-probabilities", or {votes: 10} where the server gives none',
    })
    .default("log-probabilities"),
  /** Whether the server goes on with a given beginning, or is asked to begin so. */
  prefix: z.enum(["instruct", "continue"]).default("instruct"),
  /** Requests in flight at most. */
  concurrency: count.default(32),
  /** Asked through the provider's batches, of so many requests at most. */
  batch: z
    .union([z.boolean(), count], { error: "expected true, false, or the most requests of a batch" })
    .default(false),
  requestsPerMinute: positive.nullable().default(null),
  tokensPerMinute: positive.nullable().default(null),
  /** Seconds an attempt. */
  timeout: positive.default(120),
  /** Further attempts after a failure that may pass. */
  retries: z.int().min(0).default(8),
  /** For a million tokens read and a million sampled, in any currency. */
  price: z
    .strictObject({ input: z.number().min(0), output: z.number().min(0) })
    .nullable()
    .default(null),
});
