// Text to token ids and back, from a Hugging Face `tokenizer.json` and `tokenizer_config.json`. The components come from
// @huggingface/tokenizers; the walk over a text is ours, so that special tokens are recognised only where the caller wants
// them and each different word is split once. Knows nothing of conversations.
import { Tokenizer as Components } from "@huggingface/tokenizers";
import { z } from "zod";
import { UserError } from "../user-error.ts";

/** A loaded tokenizer. Token ids are in [0, size). */
export interface Tokenizer {
  /** One more than the largest id. */
  readonly size: number;
  /** The id that ends a text (`eos_token`). */
  readonly endToken: number;
  /** The id that fills batches (`pad_token`; the end token where there is none). Always masked. */
  readonly padToken: number;
  /** Every added token, the special ones among them, by its text. */
  readonly addedTokens: ReadonlyMap<string, number>;
  /** Special tokens: text to id. */
  readonly specialTokens: ReadonlyMap<string, number>;
  /** Texts of `bos_token`, `eos_token` and such, which chat templates name. */
  readonly namedTokens: Readonly<Record<string, string>>;
  /** The checkpoint's chat template (Jinja), or null. */
  readonly chatTemplate: string | null;
  /**
   * Token ids of a text. Special tokens written out in it are read as such; nothing is put before or after.
   * Characters in `guards` only keep special tokens apart: they are dropped once the text has been cut.
   */
  encode(text: string, guards?: readonly string[]): number[];
  /** As `encode`, but special tokens written out in the text stay text: right for whatever a person or a model wrote. */
  encodeAsText(text: string): number[];
  /** The text of token ids; special tokens are left out unless `keepSpecial`. Bytes that are not UTF-8 give U+FFFD. */
  decode(tokens: readonly number[], options?: { readonly keepSpecial?: boolean }): string;
  /** Bytes of text behind a token of a byte-level vocabulary; null in other kinds of vocabulary. */
  byteLength(token: number): number | null;
}

/** What the files say; unknown keys pass. */
const AddedToken = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string().min(1),
  special: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
});
const TokenizerJson = z.looseObject({
  added_tokens: z.array(AddedToken).default([]),
  model: z.looseObject({}),
  decoder: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  normalizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
});
const TokenText = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform((token) => token.content),
]);
const TokenizerConfig = z.looseObject({
  bos_token: TokenText.nullish(),
  eos_token: TokenText.nullish(),
  unk_token: TokenText.nullish(),
  pad_token: TokenText.nullish(),
  chat_template: z.unknown().optional(),
});
type AddedToken = z.infer<typeof AddedToken>;

const MAX_CACHED_WORDS = 200_000;

/**
 * Builds a tokenizer from the two parsed JSON documents.
 *
 * @param files `chatTemplate` is the text of `chat_template.jinja`, which outranks the one in the configuration
 * @param origin where they come from, for messages (a folder)
 * @throws UserError when the documents are not a tokenizer's, or name no end-of-text token
 * @example const tokenizer = createTokenizer({ tokenizer, config }, "models/town");
 */
export function createTokenizer(
  files: { readonly tokenizer: unknown; readonly config: unknown; readonly chatTemplate?: string },
  origin: string,
): Tokenizer {
  const json = parse(TokenizerJson, files.tokenizer, `${origin}/tokenizer.json`);
  const config = parse(TokenizerConfig, files.config, `${origin}/tokenizer_config.json`);
  const components = build(json, config, origin);
  const model = components.model!;
  const normalize = components.normalizer;
  const preTokenize = components.pre_tokenizer;

  const ids = (token: string) => components.token_to_id(token);
  const special = json.added_tokens.filter((token) => token.special);
  const specialIds = new Set(special.map((token) => token.id));
  const anyAdded = splitter(json.added_tokens);
  const textAdded = splitter(json.added_tokens.filter((token) => !token.special));

  const cache = new Map<string, readonly number[]>();
  function encodeWord(word: string): readonly number[] {
    const known = cache.get(word);
    if (known !== undefined) return known;
    // In a Unigram vocabulary special tokens are pieces like others, and the likeliest: what is no mark is read piece by piece.
    const isMark = (piece: string) => specialIds.has(ids(piece) ?? -1) && ids(piece) !== model.unk_token_id;
    const read = (text: string): readonly string[] => model([text]);
    const pieces = read(word).flatMap((piece) => (isMark(piece) ? [...piece].flatMap(read) : [piece]));
    const tokens = pieces.flatMap((piece) => ids(piece) ?? model.unk_token_id ?? []);
    if (cache.size >= MAX_CACHED_WORDS) cache.clear();
    cache.set(word, tokens);
    return tokens;
  }

  function encodeWith(split: Splitter, text: string, guards: readonly string[] = []): number[] {
    const tokens: number[] = [];
    split(text).forEach((cut, sectionIndex) => {
      if (typeof cut === "number") {
        tokens.push(cut);
        return;
      }
      const section = guards.reduce((rest, guard) => rest.replaceAll(guard, ""), cut);
      if (section !== "") {
        const normal = normalize ? normalize(section) : section;
        const words = preTokenize ? preTokenize(normal, { section_index: sectionIndex }) : [normal];
        for (const word of words) for (const token of encodeWord(word)) tokens.push(token);
      }
    });
    return tokens;
  }

  const endToken = config.eos_token == null ? undefined : ids(config.eos_token);
  if (endToken === undefined) {
    throw new UserError(
      "tokenizer-end-token",
      `${origin}/tokenizer_config.json: expected eos_token to name a token of the vocabulary, got ${JSON.stringify(config.eos_token)}`,
      "set eos_token to the token that ends the model's turns",
    );
  }
  const isByteLevel = JSON.stringify(json.decoder ?? "").includes('"ByteLevel"');
  const addedBytes = new Map(json.added_tokens.map((token) => [token.id, Buffer.byteLength(token.content)]));
  const size = Math.max(model.vocab.length, ...json.added_tokens.map((token) => token.id + 1));
  const named = ["bos_token", "eos_token", "unk_token", "pad_token"] as const;
  return {
    size,
    endToken,
    padToken: (config.pad_token == null ? undefined : ids(config.pad_token)) ?? endToken,
    addedTokens: new Map(json.added_tokens.map((token) => [token.content, token.id])),
    specialTokens: new Map(special.map((token) => [token.content, token.id])),
    namedTokens: Object.fromEntries(named.flatMap((name) => (config[name] ? [[name, config[name]]] : []))),
    chatTemplate: files.chatTemplate ?? chatTemplate(config.chat_template),
    encode: (text, guards) => encodeWith(anyAdded, text, guards),
    encodeAsText: (text) => encodeWith(textAdded, text),
    decode(tokens, { keepSpecial = false } = {}) {
      const shown = tokens.filter(
        (token) => (keepSpecial || !specialIds.has(token)) && components.id_to_token(token) !== undefined,
      );
      return shown.length === 0 ? "" : components.decode(shown, { clean_up_tokenization_spaces: false });
    },
    byteLength(token) {
      // In a byte-level vocabulary one character stands for one byte.
      return isByteLevel ? (addedBytes.get(token) ?? components.id_to_token(token)?.length ?? 0) : null;
    },
  };
}

/** Cuts a text at added tokens: their ids, and the texts between them. */
type Splitter = (text: string) => readonly (string | number)[];

function splitter(added: readonly AddedToken[]): Splitter {
  if (added.length === 0) return (text) => [text];
  const byText = new Map(added.map((token) => [token.content, token.id]));
  const alternatives = [...added]
    .sort((a, b) => b.content.length - a.content.length)
    .map(({ content, lstrip, rstrip }) => {
      const literal = RegExp.escape(content);
      return `${lstrip ? "\\s*" : ""}(?:${literal})${rstrip ? "\\s*" : ""}`;
    });
  const pattern = new RegExp(`(${alternatives.join("|")})`, "u");
  return (text) =>
    text
      .split(pattern)
      .map((part, i) => (i % 2 === 0 ? part : (byText.get(part) ?? byText.get(part.trim())!)));
}

function build(json: object, config: object, origin: string): Components {
  try {
    return new Components(json, config);
  } catch (cause) {
    throw new UserError(
      "tokenizer-unknown-kind",
      `${origin}/tokenizer.json: expected a tokenizer that can be built, got "${String(cause)}"`,
      "write the file with `tokenizer.save_pretrained` of a current transformers",
      { cause },
    );
  }
}

/** A configuration holds one template, or several by name, of which "default" is meant. */
function chatTemplate(value: unknown): string | null {
  if (typeof value === "string") return value;
  const named = z.array(z.looseObject({ name: z.string(), template: z.string() })).safeParse(value);
  return named.data?.find((item) => item.name === "default")?.template ?? null;
}

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(
    "tokenizer-malformed",
    `${where}: expected a Hugging Face tokenizer, got ${z.prettifyError(result.error).replaceAll(/\s+/g, " ")}`,
    "fetch the file again, or write it with save_pretrained",
  );
}
