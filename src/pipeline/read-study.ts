// From a study's file to the runs it asks for: a recipe, what every variant sets of it, and seeds. Strict like recipes, with every
// mistake told by file, line and key. What the figures and shapes mean is method/evaluation.
import { dirname } from "node:path";
import { z } from "zod";
import type { KeyPath } from "../key-path.ts";
import { FIGURE_NAMES, FIGURES, type FigureName, isChange } from "../method/evaluation/figures.ts";
import type { Shape, StudyDesign, Variant } from "../method/evaluation/study.ts";
import { nearestName } from "../nearest-name.ts";
import { UserError } from "../user-error.ts";
import { readRecipe } from "./read-recipe.ts";
import { readText, readYaml } from "./read-yaml.ts";
import type { Recipe } from "./recipe.ts";
import { explainIssues } from "./recipe-issues.ts";
import { seedName, TRAININGS } from "./recipe-schema.ts";

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "expected letters, digits, dots and dashes");
const text = z.string().trim().min(1);
const settings = z.record(z.string(), z.unknown());
const figure = z.enum(FIGURE_NAMES as [FigureName, ...FigureName[]]);

/** The schema of a study; `docs/studies.md` tells every key. */
export const studySchema = z.strictObject({
  name,
  title: text,
  /** What it asks, and what of the paper it repeats. */
  about: z.string().trim().default(""),
  /** The file or name of the recipe that every run follows but for what is set. */
  recipe: text,
  seeds: z.array(seedName).min(1),
  /** Keys of the recipe for all variants, dotted, as for `--set`. */
  set: settings.default({}),
  variants: z.array(z.strictObject({ name, label: text.optional(), set: settings.default({}) })).min(1),
  figures: z.array(figure).min(1),
  shapes: z
    .array(
      z.strictObject({
        /** The paper's finding, in words. */
        paper: text,
        figure,
        is: z.enum(["falls", "rises", "level"]),
        /** Variants it is about, in order. Default: all. */
        over: z.array(z.string()).min(1).optional(),
        /** The largest change that still counts as level. */
        margin: z.number().positive().optional(),
      }),
    )
    .default([]),
});

/** One run of a study. */
export interface StudyRun {
  readonly variant: Variant;
  readonly seed: string;
  readonly recipe: Recipe;
}

/** A study as read. Its runs are in the order in which they are made: every variant under the first seed, then under the next. */
export interface Study {
  readonly design: StudyDesign;
  readonly runs: readonly StudyRun[];
}

export interface StudyOptions {
  /** The file's path as the user wrote it. */
  readonly shownAs: string;
  readonly projectRoot: string;
  /** Where paths given with `set` are looked up last. */
  readonly workingDirectory?: string;
  /** From what the study calls its recipe to a file. */
  readonly findRecipe: (given: string) => string;
  /** In place of what the file says. */
  readonly name?: string | undefined;
  readonly recipe?: string | undefined;
  readonly seeds?: readonly string[] | undefined;
  /** Overrides for all variants, of keys that none of them sets. */
  readonly set?: readonly string[];
}

/**
 * Reads a study and the recipe of each of its runs.
 * @throws UserError naming file, line and key of every mistake, also of those in a variant's settings
 */
export function readStudy(file: string, options: StudyOptions): Study {
  const { shownAs, projectRoot, workingDirectory } = options;
  const kind = { kind: "study", example: "studies/rounds.yaml" } as const;
  const { value, lineOf } = readYaml(readText(file, shownAs, kind), shownAs, kind);
  const where = (path: KeyPath) => `${shownAs}:${lineOf(path) ?? 1}: ${path.join(".")}`;
  const parsed = studySchema.safeParse(value);
  if (!parsed.success)
    throw ofStudy(explainIssues(parsed.error.issues, { schema: studySchema, value, where }));
  const document = parsed.data;
  const refuse = (path: KeyPath, message: string, hint: string): never => {
    throw new UserError("study-contradiction", `${where(path)}: ${message}`, hint);
  };
  const seeds = options.seeds ?? document.seeds;
  const refuseSeed = (at: number, message: string, hint: string): never => {
    if (options.seeds === undefined) return refuse(["seeds", at], message, hint);
    throw new UserError("study-seeds", `--seeds: ${message}`, hint);
  };
  refuseTwice(seeds, (i) => refuseSeed(i, ...twice(seeds[i]!)));
  for (const [i, seed] of seeds.entries())
    if (!name.safeParse(seed).success)
      refuseSeed(
        i,
        `expected letters, digits, dots and dashes, got "${seed}"`,
        "A folder is named for it: take a number.",
      );
  const names = document.variants.map((variant) => variant.name);
  refuseTwice(names, (i) => refuse(["variants", i, "name"], ...twice(names[i]!)));
  for (const [path, set] of [
    [["set"], document.set] as const,
    ...document.variants.map(({ set }, i) => [["variants", i, "set"], set] as const),
  ])
    for (const [key, own] of Object.entries(set)) refuseSetting([...path, key], key, own, refuse);
  const shapes = document.shapes.map((shape, i): Shape => {
    const { over = names, margin } = shape;
    const at = ["shapes", i];
    for (const [j, given] of over.entries())
      if (!names.includes(given)) {
        const near = nearestName(given, names);
        refuse(
          [...at, "over", j],
          `expected a variant's name, got "${given}"`,
          near === undefined ? `Variants are: ${names.join(", ")}.` : `Did you mean "${near}"?`,
        );
      }
    if (over.length < 2 && !isChange(shape.figure))
      refuse(
        [...at, "over"],
        `expected two variants or more, since ${shape.figure} is no change by itself, got ${over.length}`,
        "Name more, or a figure that begins with along-rl.",
      );
    if (shape.is === "level" && margin === undefined)
      refuse(at, "expected a margin, since level means a change within one, got none", "Write margin: 0.05.");
    return { ...shape, over, margin: margin ?? 0 };
  });
  const label = ({ name, label = name, set }: (typeof document.variants)[number]): Variant => ({
    name,
    label,
    set,
  });
  const design: StudyDesign = {
    name: options.name ?? document.name,
    title: document.title,
    about: document.about,
    seeds,
    variants: document.variants.map(label),
    figures: document.figures,
    shapes,
  };
  for (const assignment of options.set ?? []) {
    const key = assignment.split("=", 1)[0];
    if (key === "seed" || key === "name")
      throw new UserError(
        "study-set",
        `--set ${key}: expected another key, since the study gives every run its ${key}`,
        `Use --${key === "seed" ? "seeds" : "name"}.`,
      );
    const setting = document.variants.filter(({ set }) => Object.keys(set).some((own) => overlap(own, key!)));
    if (setting.length > 0)
      throw new UserError(
        "study-set",
        `--set ${key}: expected a key that no variant sets, got one that is what ${setting.map((variant) => variant.name).join(", ")} differ in`,
        "All variants would be set alike: write a study of your own, without them.",
      );
  }
  const recipeFile = options.findRecipe(options.recipe ?? document.recipe);
  const recipeOf = (variant: Variant, seed: string): Recipe =>
    readRecipe(recipeFile, {
      projectRoot,
      // What stands in the study is looked up beside it, what is typed where it is typed.
      elsewhere: [dirname(file), ...(workingDirectory === undefined ? [] : [workingDirectory])],
      setBy: (assignment) =>
        options.set?.includes(assignment) ? "--set" : `${shownAs}, variant ${variant.name}:`,
      set: [
        ...[document.set, variant.set].flatMap((set) =>
          Object.entries(set).map(([key, own]) => `${key}=${JSON.stringify(own)}`),
        ),
        ...(options.set ?? []),
        `seed=${JSON.stringify(seed)}`,
        `name=${design.name}.${variant.name}`,
      ],
    });
  const runs = design.seeds.flatMap((seed) =>
    design.variants.map((variant) => ({ variant, seed, recipe: recipeOf(variant, seed) })),
  );
  for (const { recipe, variant } of runs)
    for (const own of [...design.figures, ...shapes.map((shape) => shape.figure)])
      refuseUnmeasured(own, recipe, variant, shownAs);
  return { design, runs };
}

const ofStudy = ({ code, message, hint }: UserError): UserError =>
  new UserError(code.replace(/^recipe-/, "study-"), message, hint);

/** Whether setting one key sets something of another: the same, or a section that it is in. */
const overlap = (a: string, b: string): boolean => `${a}.`.startsWith(`${b}.`) || `${b}.`.startsWith(`${a}.`);

const twice = (given: string) =>
  [`expected each once, got ${given} twice`, "Take one of the two out."] as const;

function refuseTwice(given: readonly string[], refuse: (at: number) => never): void {
  const at = given.findIndex((own, i) => given.indexOf(own) < i);
  if (at >= 0) refuse(at);
}

/** Sections of a recipe: set whole, one would lose what the recipe has in it. */
const SECTIONS = /^(constitution|prompts|supervised|feedback|preference|rl|evaluation|compute)$/;

function refuseSetting(
  path: KeyPath,
  key: string,
  value: unknown,
  refuse: (path: KeyPath, message: string, hint: string) => never,
): void {
  if (key === "seed" || key === "name")
    refuse(path, `expected another key, since the study gives every run its ${key}`, "Write it at the top.");
  if (!SECTIONS.test(key)) return;
  const inner = typeof value === "object" && value !== null ? Object.keys(value)[0] : undefined;
  refuse(path, `expected a key inside ${key}, got the whole section`, `Write "${key}.${inner ?? "key"}".`);
}

/** A figure that a run will not have is told before it is run. */
function refuseUnmeasured(
  name: FigureName,
  { upTo, evaluation }: Recipe,
  variant: Variant,
  shownAs: string,
): void {
  const { after, truth } = FIGURES[name];
  const refuse = (message: string, hint: string): never => {
    throw new UserError("study-figure", `${shownAs}: ${name}: ${message}`, hint);
  };
  if (TRAININGS.indexOf(after) > TRAININGS.indexOf(upTo))
    refuse(
      `expected runs up to ${after}, which it is measured after, got upTo: ${upTo} in variant ${variant.name}`,
      `Set upTo: ${after}, or take the figure out.`,
    );
  const hasLabels = truth === "grader-or-labels" && evaluation.labels.file !== null;
  if (truth !== "none" && evaluation.grader === "none" && !hasLabels)
    refuse(
      "expected a judge that knows the truth, got evaluation.grader: none",
      truth === "grader"
        ? "Take a figure that the feedback model gives, such as rl-cai.judged-harmlessness-elo."
        : "Name people's labels of the run's own comparisons (evaluation.labels.file), or take the figure out.",
    );
}
