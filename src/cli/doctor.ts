// charter doctor [recipe]: what a run will need, looked at one by one: the machine, the engine, and whatever a recipe names.
// Every look is told, so that a person sees all that is wrong at once, each with its fix.
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableParallelism, freemem, totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import type { Device } from "../engine/device.ts";
import { offeredDevices } from "../engine/session.ts";
import { checkFiles, checkSource, sourcesOf } from "../pipeline/check-inputs.ts";
import { checkMemory, memoryOfRun } from "../pipeline/memory-of-run.ts";
import { shownSource } from "../pipeline/named-model.ts";
import { hostOn } from "../pipeline/pick-device.ts";
import type { Recipe } from "../pipeline/recipe.ts";
import { UserError } from "../user-error.ts";
import { bytes, duration } from "./amounts.ts";
import { findRecipe, readRecipeAt } from "./find-recipe.ts";
import { withModels } from "./hub-progress.ts";
import { interruptible } from "./interruption.ts";
import { shownPath } from "./shown-path.ts";
import type { Terminal } from "./terminal.ts";

export interface DoctorOptions {
  readonly runs: string;
  readonly set: readonly string[];
  readonly json?: boolean;
}

/** One thing to look at; what it says is shown, what it throws is the complaint. */
interface Look {
  readonly name: string;
  /** A run can do without it. */
  readonly isOptional?: boolean;
  readonly at: () => Promise<string> | string;
}

interface Finding {
  readonly name: string;
  readonly state: "fine" | "absent" | "wrong";
  readonly said: string;
  readonly fix: string;
}

/** What the default run takes at most, with room to spare: of memory and of the disk. */
const NEEDED = { memory: 2.5e9, disk: 1e9 };

export async function doctor(
  given: string | undefined,
  options: DoctorOptions,
  terminal: Terminal,
): Promise<number> {
  const findings: Finding[] = [];
  const look = async (one: Look) => {
    const finding = await findingOf(one);
    findings.push(finding);
    if (!options.json) terminal.write(shown(finding, terminal));
  };
  for (const one of machineLooks(resolve(terminal.workingDirectory, options.runs))) await look(one);
  let recipe: Recipe | undefined;
  await look({
    name: "recipe",
    at: () => {
      const file = findRecipe(given, terminal);
      recipe = readRecipeAt(file, options.set, terminal);
      return shownPath(file, terminal.workingDirectory);
    },
  });
  const signal = interruptible(terminal);
  if (recipe !== undefined) {
    const named = recipe;
    await look({
      name: "downloads",
      at: async () => {
        recipe = await withModels(named, terminal, signal);
        return recipe === named ? "none are needed" : "every model of the hub is here";
      },
    });
    if (findings.at(-1)!.state === "fine")
      for (const one of recipeLooks(recipe, terminal, signal)) await look(one);
  }
  const isWell = findings.every(({ state }) => state !== "wrong");
  if (options.json) terminal.write(`${JSON.stringify({ isWell, findings })}\n`);
  else
    terminal.write(
      isWell ? "Everything that a run needs is here.\n" : "A run would stop at what is marked ✗.\n",
    );
  return isWell ? 0 : 2;
}

function machineLooks(runs: string): readonly Look[] {
  const standing = nearestExisting(runs);
  return [
    { name: "Node", at: () => `${process.version}, ${availableParallelism()} cores` },
    {
      name: "memory",
      at: () => {
        if (totalmem() < NEEDED.memory)
          throw new UserError(
            "little-memory",
            `${bytes(totalmem())} in all, where the default run takes up to ${bytes(NEEDED.memory)}`,
            "Use a smaller model, or a machine with more.",
          );
        return `${bytes(freemem())} free of ${bytes(totalmem())}`;
      },
    },
    {
      name: "disk",
      at: async () => {
        const { bavail, bsize } = await statfs(standing);
        if (bavail * bsize < NEEDED.disk)
          throw new UserError(
            "little-disk",
            `${bytes(bavail * bsize)} free where runs are kept (${standing}), where ${bytes(NEEDED.disk)} may be needed`,
            "Make room, or keep runs elsewhere with --runs.",
          );
        return `${bytes(bavail * bsize)} free`;
      },
    },
    {
      name: "runs folder",
      at: () => {
        try {
          accessSync(standing, constants.W_OK);
          if (!statSync(standing).isDirectory()) throw new Error("it is a file");
        } catch (cause) {
          throw new UserError(
            "runs-read-only",
            `${standing} cannot be written (${(cause as Error).message})`,
            "Change its permissions, or keep runs elsewhere with --runs.",
            { cause },
          );
        }
        return `${runs} can be written`;
      },
    },
  ];
}

function recipeLooks(recipe: Recipe, terminal: Terminal, signal: AbortSignal): readonly Look[] {
  const { now } = terminal;
  const clock = { now, signal };
  const speaks = (device: Device) => async () => {
    const host = await hostOn(recipe, device);
    try {
      const begun = now();
      const model = await host.open(recipe.base);
      const conversation = [{ role: "user", content: "Hello" }] as const;
      await model.sample([{ conversation, seed: "doctor" }], {
        temperature: 0,
        topP: 1,
        maxTokens: 2,
        stop: [],
      });
      return `opens the model that is trained and samples from it, ${duration(now() - begun)}`;
    } finally {
      await host.close();
    }
  };
  return [
    {
      name: "its files",
      at: async () => {
        await checkFiles(recipe);
        return "constitution, prompts and comparisons can be read";
      },
    },
    {
      name: "memory",
      at: async () => {
        await checkMemory(recipe);
        return `the run takes up to ${bytes(await memoryOfRun(recipe))}`;
      },
    },
    { name: "engine", at: speaks("cpu") },
    ...[...new Set([...offeredDevices(), recipe.compute.device])]
      .filter((device) => device !== "cpu" && device !== "auto")
      .map((device) => ({
        name: device,
        isOptional: device !== recipe.compute.device,
        at: speaks(device),
      })),
    ...sourcesOf(recipe).map(
      (source): Look => ({
        name: typeof source === "string" ? "checkpoint" : "endpoint",
        at: async () => {
          const host = await hostOn(recipe, "cpu");
          try {
            await checkSource(recipe, source, host, clock);
          } finally {
            await host.close();
          }
          return typeof source === "string"
            ? shownPath(source, terminal.workingDirectory)
            : `${shownSource(source)} answers as it is asked`;
        },
      }),
    ),
  ];
}

async function findingOf({ name, isOptional = false, at }: Look): Promise<Finding> {
  try {
    return { name, state: "fine", said: await at(), fix: "" };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name, state: isOptional ? "absent" : "wrong", said: error.message, fix: error.hint };
  }
}

function shown({ name, state, said, fix }: Finding, { paint }: Terminal): string {
  const mark = { fine: paint("green", "✓"), absent: paint("dim", "–"), wrong: paint("red", "✗") }[state];
  const indented = (text: string) => text.split("\n").join(`\n${" ".repeat(16)}`);
  const rest = state === "wrong" && fix !== "" ? `${" ".repeat(16)}${indented(fix)}\n` : "";
  return `  ${mark} ${name.padEnd(12)}${indented(said)}\n${rest}`;
}

/** The folder itself or the closest one above it that is there. */
const nearestExisting = (path: string): string => (existsSync(path) ? path : nearestExisting(dirname(path)));
