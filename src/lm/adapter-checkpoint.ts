// Checkpoints of adapters alone, as PEFT writes them: adapter_config.json, which names the checkpoint they stand beside, and
// adapter_model.safetensors. Read with that checkpoint, they are a model like any other.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { UserError } from "../user-error.ts";
import { fromPeftTensors, parseAdapterConfig, toAdapterJson, toPeftTensors } from "./adapter.ts";
import type { LoadedCheckpoint } from "./checkpoint.ts";
import { type DecoderConfig, type Head, isTrained, type Lora, parameterShapes } from "./config.ts";
import { headJson, parseConfig } from "./config-json.ts";
import { checkFinite } from "./finite.ts";
import type { Parameters } from "./fused-weights.ts";
import { jsonObject } from "./json-object.ts";
import { readSafetensors, safetensorsPieces } from "./safetensors.ts";
import { jsonBytes, writeFolder } from "./write-folder.ts";

export const ADAPTER_CONFIG = "adapter_config.json";
export const ADAPTER_WEIGHTS = "adapter_model.safetensors";

/** Whether a folder holds adapters alone: no model of its own. */
export const isAdapterFolder = (directory: string): boolean =>
  !existsSync(join(directory, "config.json")) && existsSync(join(directory, ADAPTER_CONFIG));

/**
 * The shape of a folder's adapters, and the folder of the checkpoint that they stand beside.
 *
 * @throws UserError when adapter_config.json cannot be read, or that checkpoint is not there
 */
export async function readAdapterConfig(
  directory: string,
): Promise<{ readonly json: Record<string, unknown>; readonly lora: Lora; readonly base: string }> {
  const path = join(directory, ADAPTER_CONFIG);
  const json = jsonObject(await readFile(path), path);
  return { json, lora: parseAdapterConfig(json, path), base: baseOf(directory, json) };
}

/**
 * Reads a folder of adapters and the checkpoint that it names.
 *
 * @param readBase reads that checkpoint
 * @throws UserError when either cannot be read, or they do not belong together
 */
export async function readAdapterCheckpoint(
  directory: string,
  readBase: (directory: string) => Promise<LoadedCheckpoint>,
): Promise<LoadedCheckpoint> {
  const { json, lora, base: baseDirectory } = await readAdapterConfig(directory);
  const base = await readBase(baseDirectory);
  const path = join(directory, ADAPTER_WEIGHTS);
  const bytes = await readFile(path).catch((cause) => {
    throw new UserError(
      "adapter-weights",
      `checkpoint ${directory}: expected to read ${ADAPTER_WEIGHTS}, got ${(cause as Error).message}`,
      "Fetch the adapter again, in safetensors.",
      { cause },
    );
  });
  const head: Head = json["task_type"] === "SEQ_CLS" ? "scalar" : "vocabulary";
  const tensors = fromPeftTensors(readSafetensors(new Uint8Array(bytes), path));
  const config = parseConfig(base.config, base.directory);
  const known = parameterShapes({ ...config, lora }, head);
  for (const [name, tensor] of tensors) {
    if (!(name in known) || !isTrained({ lora }, name))
      throw new UserError(
        "adapter-tensor",
        `${path}: expected low-rank adapters alone, got ${name}`,
        "Merge the adapter into its base with PEFT (merge_and_unload), and name the merged checkpoint.",
      );
    checkFinite(path, name, tensor);
  }
  const id = createHash("sha256")
    .update(JSON.stringify({ base: base.id, lora, head }))
    .update(bytes)
    .digest("hex");
  return {
    ...base,
    id,
    directory,
    config: head === "scalar" ? { ...base.config, ...headJson(config, head) } : base.config,
    tensors: new Map([...base.tensors, ...tensors]),
    adapters: { lora, base: { id: base.id, directory: base.directory } },
  };
}

/** The folder of the checkpoint that a model stands on: its own, or the one that its adapters name. */
export async function standsOn(directory: string): Promise<string> {
  return isAdapterFolder(directory) ? (await readAdapterConfig(directory)).base : directory;
}

/**
 * Writes into a folder of adapters which checkpoint they stand beside. Nothing where the folder has none.
 *
 * @param base that checkpoint's folder, or null to name none: then the bytes say nothing of where anything lies
 */
export async function nameBase(directory: string, base: string | null): Promise<void> {
  const path = join(directory, ADAPTER_CONFIG);
  if (!existsSync(path)) return;
  const json = jsonObject(await readFile(path), path);
  await writeFile(
    path,
    jsonBytes({ ...json, base_model_name_or_path: base === null ? null : resolve(base) }),
  );
}

/** What a folder of adapters is written from. */
export interface AdapterParts {
  /** With the adapters' shape. */
  readonly config: DecoderConfig;
  readonly head: Head;
  /** In Hugging Face layout; what is not trained is left out. */
  readonly parameters: Parameters;
  /** Folder of the checkpoint that they stand beside. */
  readonly base: string;
  readonly tokenizerFiles: ReadonlyMap<string, Uint8Array>;
}

/** Writes adapters as PEFT reads them, whole or not at all. */
export async function writeAdapterCheckpoint(
  directory: string,
  { config, head, parameters, base, tokenizerFiles }: AdapterParts,
): Promise<void> {
  await writeFolder(directory, [
    [ADAPTER_CONFIG, jsonBytes(toAdapterJson(config.lora!, resolve(base), head))],
    [ADAPTER_WEIGHTS, safetensorsPieces(toPeftTensors(parameters, config))],
    ...tokenizerFiles,
  ]);
}

function baseOf(directory: string, { base_model_name_or_path: name }: Record<string, unknown>): string {
  const given = String(name ?? "");
  const found = (isAbsolute(given) ? [given] : [resolve(directory, given), resolve(given)]).find(
    (folder) => given !== "" && existsSync(join(folder, "config.json")),
  );
  if (found !== undefined) return found;
  throw new UserError(
    "adapter-base",
    `${join(directory, ADAPTER_CONFIG)}: base_model_name_or_path: expected the folder of a checkpoint, got ${JSON.stringify(name)}`,
    "Write there the folder of the checkpoint that the adapter was trained on.",
  );
}
