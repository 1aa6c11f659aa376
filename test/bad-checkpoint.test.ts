// Checkpoints that cannot be used, by accident or by malice: told before a run begins, with the file, the fault and the fix.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { expectRefused, expectRefusedAtOnce, type Mistake } from "./refused.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter } from "./tiny-run.ts";

const folder = mkdtempSync(join(tmpdir(), "bad-checkpoint-"));
const policy = join(folder, "policy");
beforeAll(() => writeTinyCheckpoint(policy, "policy", 1024));
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the policy with one file changed; null takes the file away. */
function changed(
  name: string,
  target: string,
  change: (bytes: Buffer) => string | Uint8Array | null,
): string {
  const directory = join(folder, name);
  cpSync(policy, directory, { recursive: true });
  const path = join(directory, target);
  const content = change(readFileSync(path));
  if (content === null) rmSync(path);
  else writeFileSync(path, content);
  return directory;
}
const json = (edit: (value: Record<string, unknown>) => object) => (bytes: Buffer) =>
  JSON.stringify(edit(JSON.parse(bytes.toString())));
const weights = "model.safetensors";
/** Rewrites the JSON header of the weights, its length with it. */
const header = (edit: (text: string) => string) => (bytes: Buffer) => {
  const length = Number(bytes.readBigUInt64LE());
  const text = Buffer.from(edit(bytes.subarray(8, 8 + length).toString()));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, bytes.subarray(8 + length)]);
};
const withLength = (length: bigint) => (bytes: Buffer) => {
  bytes.writeBigUInt64LE(length);
  return bytes;
};
const firstOffsets = /"data_offsets":\[0,(\d+)\]/;

describe.concurrent("a checkpoint is refused", () => {
  it.each<Mistake<() => string>>([
    [
      "that lacks a file",
      () => changed("lacking", "tokenizer.json", () => null),
      /expected to read tokenizer\.json, got no such file/,
      /name a folder that holds config\.json/,
    ],
    [
      "that is no folder",
      () => `${policy}/config.json`,
      /expected to read config\.json, got no such file/,
      /folder/,
    ],
    [
      "whose configuration is cut short",
      () => changed("cut", "config.json", (bytes) => bytes.subarray(0, 40)),
      /config\.json: expected JSON/,
      /again/,
    ],
    [
      "of another architecture",
      () =>
        changed(
          "gpt2",
          "config.json",
          json((config) => ({ ...config, model_type: "gpt2", architectures: ["GPT2LMHeadModel"] })),
        ),
      /architectures: expected LlamaForCausalLM, .*, got "GPT2LMHeadModel"/,
      /one of these families/,
    ],
    [
      "with positions that we do not compute",
      () =>
        changed(
          "yarn",
          "config.json",
          json((config) => ({ ...config, rope_scaling: { rope_type: "yarn" } })),
        ),
      /rope_scaling: expected default, linear or llama3 with their factors, got .*yarn/,
      /./,
    ],
    [
      "of other sizes than its weights",
      () =>
        changed(
          "wider",
          "config.json",
          json((config) => ({ ...config, intermediate_size: 64 })),
        ),
      /mlp\.gate_proj\.weight: expected float32 \[64,16\], got float32 \[32,16\]/,
      /same checkpoint/,
    ],
    [
      "whose tokenizer belongs to others",
      () => changed("foreign", "tokenizer.json", json(manyTokens)),
      /expected a tokenizer for \d+ rows .*, got one of \d+ tokens/,
      /tokenizer\.json of this very checkpoint/,
    ],
    [
      "that learnt to compare, as policy",
      () =>
        changed(
          "scalar",
          "config.json",
          json((config) => ({ ...config, architectures: ["LlamaForSequenceClassification"] })),
        ),
      /policy: expected a model that answers, got .*scalar head/,
      /language model/,
    ],
    [
      "cut short",
      () => changed("short", weights, (bytes) => bytes.subarray(0, bytes.length - 100)),
      /model\.safetensors: expected \d+ bytes of tensor data, got \d+/,
      /truncated or damaged/,
    ],
    [
      "of a few bytes",
      () => changed("few", weights, (bytes) => bytes.subarray(0, 5)),
      /expected at least 8 bytes, got 5 bytes/,
      /truncated or damaged/,
    ],
    [
      "with a header of exabytes",
      () => changed("huge", weights, withLength(2n ** 62n)),
      /expected a header of at most \d+ bytes, got 4611686018427387904 bytes/,
      /damaged/,
    ],
    [
      "whose offsets lie beyond its end",
      () =>
        changed(
          "beyond",
          weights,
          header((text) => text.replace(firstOffsets, '"data_offsets":[0,99999999999]')),
        ),
      /expected \d+ bytes for F32 .*got offsets 0 to 99999999999/,
      /damaged/,
    ],
    [
      "whose tensors overlap",
      () =>
        changed(
          "overlap",
          weights,
          header((text) =>
            text.replace(
              /"data_offsets":\[(?!0,)(\d+),(\d+)\]/,
              (_, a, b) => `"data_offsets":[${a - 64},${b - 64}]`,
            ),
          ),
        ),
      /expected data from byte \d+, got \d+, which overlaps the one before/,
      /damaged/,
    ],
    [
      "with weights that are no numbers",
      () =>
        changed("nan", weights, (bytes) => {
          bytes.writeFloatLE(Number.NaN, bytes.length - 4);
          return bytes;
        }),
      /expected finite weights, got NaN at place \d+/,
      /diverged/,
    ],
  ])("%s", (_, make, message, fix) => expectRefusedAtOnce(folder, [`policy=${make()}`], message, fix));

  it("by chat as by run", async () => {
    const directory = changed("chat", weights, (bytes) => bytes.subarray(0, 5));
    expectRefused(await charter("chat", directory, "--ask", "hi"), /expected at least 8 bytes/, /damaged/);
  });
});

/** A vocabulary of thousands more tokens than there are rows. */
function manyTokens(tokenizer: Record<string, unknown>): object {
  const model = tokenizer["model"] as { readonly vocab: Record<string, number> };
  const next = Object.keys(model.vocab).length;
  const more = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`token${i}`, next + i + 64]));
  return { ...tokenizer, model: { ...model, vocab: { ...model.vocab, ...more } } };
}
