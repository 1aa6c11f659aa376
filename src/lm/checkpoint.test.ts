// Checkpoints written to a temporary folder and spoilt one part at a time.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { filled, float32, type Tensor } from "../engine/tensor.ts";
import { UserError } from "../user-error.ts";
import { trainBpe } from "./bpe-trainer.ts";
import { readCheckpoint, tokenizerBytes, writeCheckpoint } from "./checkpoint.ts";
import { writeSafetensors } from "./safetensors.ts";

const files = trainBpe(["the tea and the water"], { vocabularySize: 265 });
const config = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  hidden_size: 2,
  intermediate_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  vocab_size: 270,
  eos_token_id: 0,
  pad_token_id: 1,
};
const tensors = new Map<string, Tensor>([
  ["model.embed_tokens.weight", filled([270, 2], 0.5)],
  ["score.weight", float32([1, -2], [1, 2])],
]);
const parts = { config, tensors, tokenizerFiles: tokenizerBytes(files) };

let folder: string;
let directory: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "charter-checkpoint-"));
  directory = join(folder, "model");
  await writeCheckpoint(directory, parts);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const message = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => "no error",
    (error) =>
      error instanceof UserError ? `${error.message} | ${error.hint}` : `not a UserError: ${error}`,
  );

describe("writeCheckpoint", () => {
  test("writes a folder in Hugging Face layout that reads back bit for bit", async () => {
    expect((await readdir(directory)).sort()).toEqual([
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const read = await readCheckpoint(directory);
    expect(read.tensors).toEqual(tensors);
    expect(read.config).toEqual(config);
    expect(read.tokenizer.decode(read.tokenizer.encode("the tea"))).toBe("the tea");
    expect(new Set(read.tokenizerFiles.keys())).toEqual(new Set(["tokenizer.json", "tokenizer_config.json"]));
  });

  test("replaces a checkpoint, and leaves nothing else behind", async () => {
    const before = (await readCheckpoint(directory)).id;
    await writeCheckpoint(directory, { ...parts, dtype: "F16" });
    expect((await readCheckpoint(directory)).id).not.toBe(before);
    await writeCheckpoint(directory, parts);
    expect((await readCheckpoint(directory)).id).toBe(before);
    expect(await readdir(folder)).toEqual(["model"]);
  });

  test("says what to do when the path runs through a file", async () => {
    const path = join(directory, "config.json", "model");
    expect(await message(writeCheckpoint(path, parts))).toMatch(
      /expected to write it.*choose another folder/,
    );
  });
});

describe("readCheckpoint", () => {
  const spoil = (name: string, bytes: string | Uint8Array) => writeFile(join(directory, name), bytes);

  test("gives an id that follows every byte that determines the answers", async () => {
    const ids = new Set([(await readCheckpoint(directory)).id]);
    for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json"]) {
      await spoil(name, `${await readFile(join(directory, name), "utf8")} `);
      ids.add((await readCheckpoint(directory)).id);
    }
    await spoil("chat_template.jinja", "{{ messages[0].content }}");
    const { id, tokenizer } = await readCheckpoint(directory);
    ids.add(id);
    expect(ids.size).toBe(5);
    expect(tokenizer.chatTemplate).toBe("{{ messages[0].content }}");
  });

  test.each(["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"])(
    "names a missing %s",
    async (name) => {
      await rm(join(directory, name));
      expect(await message(readCheckpoint(directory))).toMatch(`${name}, got no such file | name a folder`);
    },
  );

  test("reads weights that are divided among several files", async () => {
    const whole = await readCheckpoint(directory);
    await rm(join(directory, "model.safetensors"));
    const names = [...tensors.keys()];
    const shard = (i: number) => `model-0000${i + 1}-of-00002.safetensors`;
    for (const [i, name] of names.entries())
      await writeFile(join(directory, shard(i)), writeSafetensors(new Map([[name, tensors.get(name)!]])));
    const index = (map: unknown) =>
      writeFile(
        join(directory, "model.safetensors.index.json"),
        JSON.stringify({ metadata: {}, weight_map: map }),
      );
    await index(Object.fromEntries(names.map((name, i) => [name, shard(i)])));
    const divided = await readCheckpoint(directory);
    expect(new Map(divided.tensors)).toEqual(new Map(whole.tensors));
    expect(divided.id).not.toBe(whole.id);
    await index({ a: "../elsewhere.safetensors" });
    expect(await message(readCheckpoint(directory))).toMatch(/expected a weight_map .*elsewhere/);
    await index(Object.fromEntries(names.map((name, i) => [name, shard(i + 1)])));
    expect(await message(readCheckpoint(directory))).toMatch(
      /model-00003-of-00002\.safetensors, got no such file/,
    );
  });

  test("refuses another architecture", async () => {
    await spoil("config.json", JSON.stringify({ ...config, architectures: ["GPT2LMHeadModel"] }));
    expect(await message(readCheckpoint(directory))).toMatch(
      /expected LlamaForCausalLM, .*, got "GPT2LMHeadModel"/,
    );
  });

  test("refuses configuration and weights of different sizes", async () => {
    await spoil("config.json", JSON.stringify({ ...config, vocab_size: 32000 }));
    expect(await message(readCheckpoint(directory))).toMatch(/vocab_size 32000 rows, got 270/);
  });

  test.each([
    ["more tokens than rows", 300, 270],
    ["far fewer tokens than rows", 262, 9000],
  ])("refuses a tokenizer of %s", async (_, tokens, rows) => {
    const wide = "the tea and the water of the theatre in the teapot ".repeat(3);
    const other = trainBpe([wide], { vocabularySize: tokens });
    await writeCheckpoint(directory, {
      config: { ...config, vocab_size: rows },
      tensors: new Map([["model.embed_tokens.weight", filled([rows, 1], 0)]]),
      tokenizerFiles: tokenizerBytes(other),
    });
    expect(await message(readCheckpoint(directory))).toMatch(
      /expected a tokenizer for .* rows.*very checkpoint/,
    );
  });

  test("refuses truncated weights and JSON that is none", async () => {
    const weights = await readFile(join(directory, "model.safetensors"));
    await spoil("model.safetensors", weights.subarray(0, -1));
    expect(await message(readCheckpoint(directory))).toMatch(/bytes of tensor data/);
    await spoil("config.json", "{");
    expect(await message(readCheckpoint(directory))).toMatch(/config.json: expected JSON/);
    await spoil("config.json", "[]");
    expect(await message(readCheckpoint(directory))).toMatch(/expected a JSON object, got \[\]/);
  });
});
