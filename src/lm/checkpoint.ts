// Checkpoints on disk, in Hugging Face layout: config.json, model.safetensors, tokenizer.json, tokenizer_config.json,
// generation_config.json. Reading checks that the parts belong together. The scalar head is `score.weight`. Knows files and
// tensors, not how a transformer is computed.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor } from "../engine/tensor.ts";
import { UserError } from "../user-error.ts";
import {
  ADAPTER_CONFIG,
  ADAPTER_WEIGHTS,
  isAdapterFolder,
  readAdapterCheckpoint,
  readAdapterConfig,
} from "./adapter-checkpoint.ts";
import type { TokenizerFiles } from "./bpe-trainer.ts";
import { type DecoderConfig, EMBEDDING, type Lora } from "./config.ts";
import { parseConfig } from "./config-json.ts";
import { checkFinite } from "./finite.ts";
import { jsonObject } from "./json-object.ts";
import { readTensors, type StoredFloat, safetensorsPieces } from "./safetensors.ts";
import { createTokenizer, type Tokenizer } from "./tokenizer.ts";
import { jsonBytes, writeFolder } from "./write-folder.ts";

const WEIGHTS = "model.safetensors";
/** In place of the weights where they are divided among several files: which tensor lies in which. */
const INDEX = "model.safetensors.index.json";
const TEMPLATE = "chat_template.jinja";
const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", TEMPLATE];

/** Every name under which a part of a model is looked for: what else lies in its folder does not change what it answers. */
export const MODEL_FILES: ReadonlySet<string> = new Set([
  ...["config.json", INDEX, WEIGHTS, ...TOKENIZER_FILES],
  ...[ADAPTER_CONFIG, ADAPTER_WEIGHTS],
]);

/** A checkpoint as read: every part checked against the others. */
export interface LoadedCheckpoint {
  /** sha-256, hexadecimal, over the bytes of configuration, weights and tokenizer. */
  readonly id: string;
  readonly directory: string;
  /** config.json as it stands. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Tensors by their Hugging Face names; float32 whatever the file holds. */
  readonly tensors: Map<string, Tensor>;
  readonly tokenizer: Tokenizer;
  /** The tokenizer's files by name, byte for byte, to be written beside a model trained from this one. */
  readonly tokenizerFiles: ReadonlyMap<string, Uint8Array>;
  /** Where these are adapters: their shape, and the checkpoint that they stand beside. */
  readonly adapters: {
    readonly lora: Lora;
    readonly base: Pick<LoadedCheckpoint, "id" | "directory">;
  } | null;
}

/**
 * Reads a folder in Hugging Face layout, or one of adapters with the checkpoint that they stand beside.
 *
 * @throws UserError when a file is missing or malformed, the architecture is none of ours, or the tokenizer does not
 * belong to the weights
 * @example const { config, tensors, tokenizer } = await readCheckpoint("models/town");
 */
export function readCheckpoint(directory: string): Promise<LoadedCheckpoint> {
  return read(directory, true);
}

/**
 * The id of a checkpoint that passes every check of `readCheckpoint`, without its weights in memory.
 *
 * @throws UserError as `readCheckpoint`
 */
export async function identifyCheckpoint(directory: string): Promise<string> {
  return (await read(directory, false)).id;
}

async function read(directory: string, keepsTensors: boolean): Promise<LoadedCheckpoint> {
  if (isAdapterFolder(directory)) return readAdapterCheckpoint(directory, (base) => read(base, keepsTensors));
  // Files that determine a model's answers, in the order of the id's hash.
  const files = new Map<string, Uint8Array>();
  const hash = createHash("sha256");
  const take = async (name: string, isOptional = false) => {
    const bytes = await readFile(join(directory, name)).catch((cause) => {
      if (isOptional && cause.code === "ENOENT") return undefined;
      throw unreadable(directory, name, cause);
    });
    if (bytes === undefined) return;
    files.set(name, bytes);
    hash.update(`${name} ${bytes.byteLength}\n`).update(bytes);
  };
  const json = (name: string) => jsonObject(files.get(name)!, join(directory, name));
  await take("config.json");
  const config = json("config.json");
  parseConfig(config, join(directory, "config.json")); // refused before its weights are looked at
  await take(INDEX, true);
  const shards = files.has(INDEX) ? shardsOf(directory, json(INDEX)) : [WEIGHTS];
  const tensors = new Map<string, Tensor>();
  let embeddingRows: number | undefined;
  for (const shard of shards) {
    const path = join(directory, shard);
    const failed = (cause: NodeJS.ErrnoException) => unreadable(directory, shard, cause);
    const { size } = await stat(path).catch((cause) => Promise.reject(failed(cause)));
    hash.update(`${shard} ${size}\n`);
    try {
      for await (const [name, tensor] of readTensors(path, (bytes) => hash.update(bytes))) {
        checkFinite(path, name, tensor);
        if (name === EMBEDDING) embeddingRows = tensor.shape[0];
        if (keepsTensors) tensors.set(name, tensor);
      }
    } catch (cause) {
      throw cause instanceof UserError ? cause : failed(cause as NodeJS.ErrnoException);
    }
  }
  for (const name of TOKENIZER_FILES) await take(name, name === TEMPLATE);
  const template = files.get(TEMPLATE);
  const tokenizer = createTokenizer(
    {
      tokenizer: json("tokenizer.json"),
      config: json("tokenizer_config.json"),
      ...(template && { chatTemplate: new TextDecoder().decode(template) }),
    },
    directory,
  );
  checkVocabulary(directory, config, embeddingRows, tokenizer);
  const tokenizerFiles = new Map([...files].filter(([name]) => TOKENIZER_FILES.includes(name)));
  return { id: hash.digest("hex"), directory, config, tensors, tokenizer, tokenizerFiles, adapters: null };
}

/**
 * The configuration of a checkpoint, adapters included, without its weights.
 *
 * @throws UserError when it is missing, malformed or of another architecture
 */
export async function readConfiguration(directory: string): Promise<DecoderConfig> {
  if (isAdapterFolder(directory)) {
    const { lora, base } = await readAdapterConfig(directory);
    return { ...(await readConfiguration(base)), lora };
  }
  const path = join(directory, "config.json");
  const bytes = await readFile(path).catch((cause) => {
    throw unreadable(directory, "config.json", cause);
  });
  return parseConfig(jsonObject(bytes, path), path);
}

/** What a checkpoint is written from. */
export interface CheckpointParts {
  /** config.json; `eos_token_id` and `pad_token_id` are repeated in generation_config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** As `readCheckpoint` gave them, or from `tokenizerBytes`. */
  readonly tokenizerFiles: ReadonlyMap<string, Uint8Array>;
  /** How float32 tensors are stored; default "F32". */
  readonly dtype?: StoredFloat | ((name: string) => StoredFloat);
}

/**
 * Writes a checkpoint, whole or not at all. Equal parts give equal bytes.
 *
 * @throws UserError when the disk is full or the folder cannot be written
 */
export async function writeCheckpoint(directory: string, parts: CheckpointParts): Promise<void> {
  const { config, tensors, tokenizerFiles, dtype } = parts;
  const generation = {
    eos_token_id: config["eos_token_id"],
    pad_token_id: config["pad_token_id"],
    do_sample: true,
    temperature: 1,
    top_p: 1,
  };
  await writeFolder(directory, [
    ["config.json", jsonBytes(config)],
    ["generation_config.json", jsonBytes(generation)],
    [WEIGHTS, safetensorsPieces(tensors, dtype ? { dtype } : {})],
    ...tokenizerFiles,
  ]);
}

/** The files of a tokenizer just trained, as `writeCheckpoint` takes them. */
export function tokenizerBytes({ tokenizer, config }: TokenizerFiles): ReadonlyMap<string, Uint8Array> {
  return new Map([
    ["tokenizer.json", new TextEncoder().encode(`${JSON.stringify(tokenizer)}\n`)],
    ["tokenizer_config.json", jsonBytes(config)],
  ]);
}

/** The files that an index divides the weights among, in the order of their names. */
function shardsOf(directory: string, { weight_map: map }: Record<string, unknown>): readonly string[] {
  const names = typeof map === "object" && map !== null ? [...new Set(Object.values(map))].sort() : [];
  const isName = (name: unknown): name is string =>
    typeof name === "string" && /^[\w.-]+\.safetensors$/.test(name);
  if (names.length > 0 && names.every(isName)) return names;
  throw new UserError(
    "checkpoint-index",
    `${join(directory, INDEX)}: expected a weight_map from tensors to files beside it, got ${JSON.stringify(map)?.slice(0, 60)}`,
    "fetch the file again",
  );
}

/** Every token needs a row of the embedding; some makers pad the rows, but not by much. */
function checkVocabulary(
  directory: string,
  config: Readonly<Record<string, unknown>>,
  rows: number | undefined,
  tokenizer: Tokenizer,
): void {
  if (rows === undefined || rows !== config["vocab_size"]) {
    throw new UserError(
      "checkpoint-config-mismatch",
      `${directory}: expected ${EMBEDDING} with vocab_size ${config["vocab_size"]} rows, got ${rows ?? "no such tensor"}`,
      "config.json and the weights come from different checkpoints: fetch both again",
    );
  }
  if (tokenizer.size > rows || rows > tokenizer.size * 1.05 + 512) {
    throw new UserError(
      "checkpoint-tokenizer-mismatch",
      `${directory}: expected a tokenizer for ${rows} rows of ${EMBEDDING}, got one of ${tokenizer.size} tokens`,
      "put the tokenizer.json of this very checkpoint beside its weights",
    );
  }
}

function unreadable(directory: string, name: string, cause: NodeJS.ErrnoException): UserError {
  const isMissing = cause.code === "ENOENT" || cause.code === "ENOTDIR";
  return new UserError(
    isMissing ? "checkpoint-missing-file" : "checkpoint-unreadable",
    `checkpoint ${directory}: expected to read ${name}, got ${isMissing ? "no such file" : cause.message}`,
    `name a folder that holds config.json, ${WEIGHTS} (or ${INDEX} and its files), tokenizer.json and tokenizer_config.json`,
    { cause },
  );
}
