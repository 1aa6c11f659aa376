// charter plan [recipe]: what a run will ask of the models, its time and memory. Measures with a short probe; writes nothing.
import { checkInputs } from "../pipeline/check-inputs.ts";
import { type Forecast, forecastRun } from "../pipeline/forecast-run.ts";
import { memoryOfMachine, memoryOfRun } from "../pipeline/memory-of-run.ts";
import { type ModelSource, shownSource } from "../pipeline/named-model.ts";
import { hostOn, pickDevice } from "../pipeline/pick-device.ts";
import { type Part, playersOf } from "../pipeline/recipe.ts";
import { bytes, duration, whole } from "./amounts.ts";
import { findRecipe, readRecipeAt } from "./find-recipe.ts";
import { withModels } from "./hub-progress.ts";
import { interruptible } from "./interruption.ts";
import { writeTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface PlanOptions {
  readonly set: readonly string[];
  readonly json?: boolean;
}

export async function plan(
  given: string | undefined,
  options: PlanOptions,
  terminal: Terminal,
): Promise<number> {
  const { now, write, paint } = terminal;
  const file = findRecipe(given, terminal);
  const written = readRecipeAt(file, options.set, terminal);
  const signal = interruptible(terminal);
  const recipe = await withModels(written, terminal, signal);
  const clock = { now, signal };
  const { device, why } = await pickDevice(recipe, clock);
  const host = await hostOn(recipe, device);
  let forecast: Forecast;
  try {
    await checkInputs(recipe, host, clock);
    forecast = await forecastRun(recipe, host, clock);
  } finally {
    await host.close();
  }
  const memory = await memoryOfRun(recipe);
  const { stages, ms } = forecast;
  const total = (of: (stage: (typeof stages)[number]) => number) =>
    stages.reduce((sum, stage) => sum + of(stage), 0);
  if (options.json) {
    write(`${JSON.stringify({ recipe: recipe.name, device, memoryBytes: memory, ...forecast })}\n`);
    return 0;
  }
  const row = (
    title: string,
    calls: number,
    sampled: number,
    read: number,
    trained: number,
    time: string,
  ) => [title, whole(calls), whole(sampled), whole(read), whole(trained), time];
  const rows = stages.map(({ title, calls, sampledTokens, readTokens, trainedTokens, ms, isBatched }) =>
    row(title, calls, sampledTokens, readTokens, trainedTokens, isBatched ? "a batch" : duration(ms)),
  );
  const sum = row(
    "in all",
    total((s) => s.calls),
    total((s) => s.sampledTokens),
    total((s) => s.readTokens),
    total((s) => s.trainedTokens),
    duration(ms),
  );
  write(
    `${paint("bold", `Plan for ${recipe.name}`)}${paint("dim", "  tokens sampled, read and trained on; nothing has been run")}\n`,
  );
  writeTable(["stage", "calls", "sampled", "read", "trained", "time"], [...rows, sum], terminal);
  const perSecond = (cost: number) => whole(1000 / cost);
  const { sample, read, train } = forecast.costs;
  write(
    `  measured: ${perSecond(sample)} tokens/s sampled, ${perSecond(read)} read, ${perSecond(train)} trained, on ${device}${recipe.compute.device === "auto" ? ` (${why})` : ""}\n`,
  );
  for (const [part, source] of Object.entries(playersOf(recipe))) {
    const cost = forecast.costs.remote[part as Part];
    if (typeof source === "string" || cost === undefined) continue;
    const read = part === "feedback" || part === "judge" ? `, labels from ${labelsOf(source)}` : "";
    const time = source.batch === false ? `${cost.toFixed(0)} ms a call` : "through the provider's batches";
    write(`  ${part}: ${shownSource(source)}, ${time}${read}\n`);
  }
  const money = total((stage) => stage.cost);
  if (money > 0)
    write(
      `  endpoints: about ${money.toFixed(2)}${recipe.budget === null ? "" : ` of a budget of ${recipe.budget}`}\n`,
    );
  const there = memoryOfMachine();
  const lacking = memory > there ? paint("red", `, more than the ${bytes(there)} of this machine`) : "";
  const isBatched = stages.some((stage) => stage.isBatched);
  if (isBatched)
    write("  a batch is answered within 24 h, which no forecast knows; it is not in the time below\n");
  write(`  about ${duration(ms)} and ${bytes(memory)} of memory${lacking}\n`);
  return 0;
}

const labelsOf = ({ labels }: Exclude<ModelSource, string>): string =>
  labels === "log-probabilities" ? labels : `${labels.votes} votes`;
