// The memory that a run will take at most, and whether this machine has it. By the formula of lm/memory.ts, before anything
// is loaded.
import { totalmem } from "node:os";
import { readConfiguration } from "../lm/checkpoint.ts";
import type { DecoderConfig } from "../lm/config.ts";
import { memoryOf, ppoMemory, supervisedMemory } from "../lm/memory.ts";
import { UserError } from "../user-error.ts";
import { playersOf, type Recipe } from "./recipe.ts";

/** Bytes: the four models of PPO, or the one that learns where there is none, and other checkpoints that play a part. */
export async function memoryOfRun(recipe: Recipe): Promise<number> {
  const { base, lora, preference, upTo } = recipe;
  const policy = await adapted(base, lora);
  const scorer = await adapted(preference.base, preference.lora);
  const own = [base, preference.base];
  const others = new Set(
    Object.values(playersOf(recipe)).filter(
      (source): source is string => typeof source === "string" && !own.includes(source),
    ),
  );
  let memory =
    upTo === "rl"
      ? ppoMemory(policy, scorer, base === preference.base)
      : Math.max(supervisedMemory(policy), supervisedMemory(scorer));
  for (const directory of others) {
    const { frozen, trained } = memoryOf(await readConfiguration(directory), "vocabulary");
    memory += frozen + trained;
  }
  return memory;
}

/** A checkpoint's configuration with its own adapters, or with those that are trained beside it. */
async function adapted(directory: string, lora: Recipe["lora"]): Promise<DecoderConfig> {
  const written = await readConfiguration(directory);
  return { ...written, lora: written.lora ?? lora };
}

/**
 * Refuses a run that would not fit.
 *
 * @param there bytes that this machine has in all
 * @throws UserError when the run will need more
 */
export async function checkMemory(recipe: Recipe, there = memoryOfMachine()): Promise<void> {
  const needed = await memoryOfRun(recipe);
  if (needed <= there) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new UserError(
    "too-little-memory",
    `memory: expected ${gigabytes(needed)} for ${recipe.policy}, trained ${recipe.lora === null ? "whole" : "with adapters"}, got ${gigabytes(there)} in all`,
    recipe.lora === null
      ? "Train adapters: write lora: {} in the recipe. Or name a smaller policy."
      : "Name a smaller policy.",
  );
}

/** Of this machine, or of the container that the process may not leave. */
export function memoryOfMachine(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
