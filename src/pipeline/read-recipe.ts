// From a YAML file and overrides to a recipe: strict, and with every mistake told by file, line and key. Knows where keys are
// written and which files they may name; what they mean is recipe-schema.ts.
import { existsSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import type { KeyPath } from "../key-path.ts";
import { PROTOCOLS } from "../models/endpoint/protocols.ts";
import { hubIdOfFolder, parseHubId } from "../models/hub.ts";
import { UserError } from "../user-error.ts";
import { markedHubId } from "./hub-models.ts";
import { readText, readYaml } from "./read-yaml.ts";
import { playersOf, type Recipe, resolveDefaults } from "./recipe.ts";
import { explainIssues } from "./recipe-issues.ts";
import { recipeSchema } from "./recipe-schema.ts";

/** The text of a recipe and where it comes from. */
export interface RecipeSource {
  readonly text: string;
  /** The file's path, for messages and as the first place that relative paths are looked up from. */
  readonly file: string;
  /** The same path as the user wrote it. */
  readonly shownAs?: string;
  /** Overrides, such as "rl.klCoefficient=0.1"; the value is YAML. */
  readonly set?: readonly string[];
  /** Where one of those stands, for messages; "--set" where not told. */
  readonly setBy?: (assignment: string) => string;
  /** Where relative paths are looked up next. */
  readonly projectRoot: string;
  /** And where last: paths given with --set are often relative to where they are typed. */
  readonly elsewhere?: readonly string[];
  /** Leaves paths that are not there as they are written, for whoever only looks at settings. */
  readonly mayLackFiles?: boolean;
  /** Whether a file is there. */
  readonly exists?: (path: string) => boolean;
}

const RECIPE = { kind: "recipe", example: "recipes/town.yaml" } as const;

/**
 * Reads a recipe file.
 * @throws UserError naming file, line and key of every mistake
 */
export function readRecipe(
  file: string,
  options: Pick<RecipeSource, "shownAs" | "set" | "setBy" | "projectRoot" | "elsewhere" | "mayLackFiles">,
): Recipe {
  const text = readText(file, options.shownAs ?? file, RECIPE);
  return parseRecipe({ text, file, ...options });
}

/** Parses the text of a recipe. */
export function parseRecipe(source: RecipeSource): Recipe {
  const {
    file,
    shownAs = file,
    setBy = () => "--set",
    projectRoot,
    elsewhere = [],
    mayLackFiles = false,
    exists = existsSync,
  } = source;
  const { value, lineOf } = readYaml(source.text, shownAs, RECIPE);
  const overridden = new Map<string, string>();
  for (const assignment of source.set ?? []) {
    const by = setBy(assignment);
    overridden.set(override(value, assignment, by).join("."), by);
  }
  const from = [dirname(file), projectRoot, ...elsewhere];
  const resolved = (given: string, context: z.core.$RefinementCtx<string>): string => {
    const found = candidates(given, from).find(exists);
    if (found !== undefined || mayLackFiles) return found ?? given;
    context.addIssue({
      code: "custom",
      message: `expected a file or folder, got "${given}", which is not there`,
      params: { hint: `Looked in ${candidates(given, from).map(dirname).join(" and ")}.` },
    });
    return z.NEVER;
  };
  const path = z.string().min(1).transform(resolved);
  const checkpoint = z
    .string()
    .min(1)
    .transform((given, context) => {
      // Where its folder is there, a path is misspelt; elsewhere it may be the id of a model of the hub.
      const isLocal = candidates(dirname(given), from).some(exists) || candidates(given, from).some(exists);
      return parseHubId(given) !== undefined && !isLocal ? markedHubId(given) : resolved(given, context);
    });
  const schema = recipeSchema(...([path, checkpoint] as unknown as Parameters<typeof recipeSchema>));
  const result = schema.safeParse(value);
  const where = (at: KeyPath): string => {
    const name = at.join(".");
    for (const [set, by] of overridden)
      if (name === set || name.startsWith(`${set}.`)) return `${by} ${name}`;
    const line = lineOf(at);
    return line === undefined ? `${shownAs}: ${name}` : `${shownAs}:${line}: ${name}`;
  };
  if (!result.success) throw explainIssues(result.error.issues, { schema, value, where });
  if (result.data.base === null && typeof result.data.policy !== "string")
    throw new UserError(
      "recipe-contradiction",
      `${where(["base"])}: expected a checkpoint to train, since the policy is behind an endpoint, got none`,
      "Name a checkpoint on this machine: base: <folder>.",
    );
  const recipe = resolveDefaults(result.data);
  refuseContradictions(recipe, where);
  return recipe;
}

/** A recipe as text that reads back as the same recipe. Paths inside the project are written relative to it. */
export function renderRecipe(recipe: Recipe, projectRoot: string): string {
  const portable = (value: unknown): unknown => {
    if (typeof value === "string" && hubIdOfFolder(value) !== undefined) return hubIdOfFolder(value);
    if (typeof value === "string" && isAbsolute(value) && value.startsWith(resolve(projectRoot) + sep))
      return relative(projectRoot, value).split(sep).join("/");
    if (Array.isArray(value)) return value.map(portable);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, portable(member)]));
    return value;
  };
  return `# The recipe of this run with every default written out. charter run <this file> repeats it.\n${stringify(portable(recipe), { lineWidth: 0 })}`;
}

function candidates(given: string, from: readonly string[]): readonly string[] {
  return isAbsolute(given) ? [given] : [...new Set(from.map((directory) => resolve(directory, given)))];
}

/** Sets one key of the tree; returns its path. */
function override(tree: Record<string, unknown>, assignment: string, setBy: string): readonly string[] {
  const [, name, text] = /^([A-Za-z][\w.]*)=(.*)$/s.exec(assignment) ?? [];
  if (name === undefined || text === undefined)
    throw new UserError(
      "set-syntax",
      `${setBy}: expected key=value, got "${assignment}"`,
      "For example --set rl.klCoefficient=0.1",
    );
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new UserError(
      "set-syntax",
      `${setBy} ${name}: expected a YAML value, got "${text}"`,
      "Quote text with special signs, for example --set 'name=\"a: b\"'",
      { cause },
    );
  }
  const path = name.split(".");
  let at = tree;
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(at, key) || typeof at[key] !== "object" || at[key] === null || Array.isArray(at[key]))
      at[key] = {};
    at = at[key] as Record<string, unknown>;
  }
  at[path.at(-1)!] = value;
  return path;
}

/** What no single key shows. */
function refuseContradictions(recipe: Recipe, where: (path: KeyPath) => string): void {
  const { supervised, feedback, rl, evaluation } = recipe;
  const refuse = (path: KeyPath, message: string, hint: string): never => {
    throw new UserError("recipe-contradiction", `${where(path)}: ${message}`, hint);
  };
  for (const source of Object.values(playersOf(recipe)))
    if (recipe.budget !== null && typeof source !== "string" && source.price === null)
      refuse(
        ["budget"],
        `expected a price for ${source.model} at ${source.endpoint}, since there is a budget, got none`,
        "Write price: { input, output }, for a million tokens of either.",
      );
  for (const [path, source] of [
    ...(feedback.source === "model" ? [[["feedback", "model", "labels"], feedback.model] as const] : []),
    [["evaluation", "judge", "model", "labels"], evaluation.judge.model] as const,
  ])
    if (
      typeof source !== "string" &&
      source.labels === "log-probabilities" &&
      !PROTOCOLS[source.protocol].hasLogProbs
    )
      refuse(
        path,
        `expected votes, since the protocol of ${source.model} at ${source.endpoint} has no log-probabilities, got log-probabilities`,
        `Write labels: { votes: 10 } beside protocol: ${source.protocol}.`,
      );
  if (typeof supervised.train === "number" && supervised.train > supervised.rounds)
    refuse(
      ["supervised", "train"],
      `expected a round up to ${supervised.rounds}, got ${supervised.train}`,
      "Raise supervised.rounds, or train on an earlier round.",
    );
  if (feedback.source === "file" && feedback.file === null)
    refuse(
      ["feedback", "file"],
      'expected a file of labelled comparisons, since feedback.source is "file", got none',
      "Name it in feedback.file, or set feedback.source to model.",
    );
  if (feedback.clamp !== null && feedback.clamp[0] > feedback.clamp[1])
    refuse(
      ["feedback", "clamp"],
      `expected [lowest, highest], got [${feedback.clamp.join(", ")}]`,
      "Exchange the two.",
    );
  if (feedback.mode === "direct" && feedback.samples > 1)
    refuse(
      ["feedback", "samples"],
      `expected 1, since direct labels are not sampled, got ${feedback.samples}`,
      "Set feedback.mode to chain-of-thought, or feedback.samples to 1.",
    );
  if (feedback.labels === "hard" && feedback.clamp !== null)
    refuse(
      ["feedback", "clamp"],
      `expected none, since hard labels are 0, 1/2 or 1, got [${feedback.clamp.join(", ")}]`,
      "Set feedback.labels to soft, or feedback.clamp to none.",
    );
  if (rl.sampling.temperature !== 1 || rl.sampling.topP !== 1)
    refuse(
      ["rl", "sampling"],
      `expected temperature 1 and topP 1, since PPO compares probabilities with those it sampled by, got ${rl.sampling.temperature} and ${rl.sampling.topP}`,
      "Leave both out.",
    );
  if (evaluation.judge.mode === "direct" && evaluation.judge.samples > 1)
    refuse(
      ["evaluation", "judge", "samples"],
      `expected 1, since direct labels are not sampled, got ${evaluation.judge.samples}`,
      "Set evaluation.judge.mode to chain-of-thought, or evaluation.judge.samples to 1.",
    );
  if (rl.minibatches > rl.promptsPerIteration)
    refuse(
      ["rl", "minibatches"],
      `expected at most rl.promptsPerIteration (${rl.promptsPerIteration}), got ${rl.minibatches}`,
      "Lower rl.minibatches.",
    );
}
