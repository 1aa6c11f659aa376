// charter merge <adapters>: the checkpoint that adapters make of the one they stand beside, whole, for tools that know no adapters.
import { resolve } from "node:path";
import { merged } from "../lm/adapter.ts";
import { readCheckpoint, writeCheckpoint } from "../lm/checkpoint.ts";
import type { Parameters } from "../lm/fused-weights.ts";
import { checkNothingThere } from "../lm/write-folder.ts";
import { UserError } from "../user-error.ts";
import type { Terminal } from "./terminal.ts";

export async function merge(
  given: string,
  { to }: { readonly to: string },
  { workingDirectory, write }: Terminal,
): Promise<number> {
  const target = resolve(workingDirectory, to);
  checkNothingThere(target, to);
  const { adapters, config, tensors, tokenizerFiles } = await readCheckpoint(
    resolve(workingDirectory, given),
  );
  if (adapters === null)
    throw new UserError(
      "no-adapters",
      `${given}: expected a folder of adapters, got a checkpoint that is whole`,
      "Use it as it is.",
    );
  const whole = merged(tensors as Parameters, { lora: adapters.lora });
  await writeCheckpoint(target, { config, tensors: whole, tokenizerFiles });
  write(`${to}  the adapters of ${given} merged into ${adapters.base.directory}\n`);
  return 0;
}
