// What an amendment will take, for people: stage by stage what is there and what has to be made anew, which figures may move, time
// and money.
import type { AmendmentPreview } from "../pipeline/amend.ts";
import { duration, whole } from "./amounts.ts";
import { writeTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { paragraph } from "./wrap.ts";

export function showAmendment(
  { stages, trainings, figures, ms, cost, budget }: AmendmentPreview,
  run: string,
  name: string,
  terminal: Terminal,
): void {
  const { write, paint } = terminal;
  const hasLeast = stages.some(({ least }) => least !== null);
  const rows = stages.map(({ title, total, anew, least, ms, isBatched }) => [
    title,
    whole(total - anew),
    whole(anew),
    ...(hasLeast ? [least === null ? "" : whole(least)] : []),
    anew === 0 ? "" : isBatched ? "in batches" : duration(ms),
  ]);
  write(
    `${paint("bold", `Amending ${run} as ${name}`)}${paint("dim", "  what is there, and what has to be made anew")}\n`,
  );
  writeTable(["stage", "there", "anew", ...(hasLeast ? ["at least"] : []), "time"], rows, terminal);
  const say = (text: string) => write(paragraph(text, terminal, "  "));
  for (const line of leastLines(stages)) say(line);
  say(trainings.length === 0 ? "nothing trains again" : `trains again: ${trainings.join(", ")}`);
  say(
    figures.length === 0
      ? "nothing is made that a figure is counted from: figures are counted anew from what is there"
      : `figures that may move: ${figures.join("; ")}`,
  );
  const tokens = stages.reduce((sum, stage) => sum + stage.tokens, 0);
  const money = cost > 0 ? `, ${cost.toFixed(2)} to endpoints` : "";
  say(`about ${duration(ms)} and ${whole(tokens)} tokens${money}`);
  if (stages.some(({ isBatched, anew }) => isBatched && anew > 0))
    say("and what the provider takes for its batches, up to 24 h each");
  if (budget === null) return;
  const { most, spent } = budget;
  say(`of a budget of ${most}, ${spent.toFixed(2)} is spent already, by the runs that it goes on from`);
  if (spent + cost <= most) return;
  const enough = Math.ceil(spent + cost);
  write(
    `  ${paint("yellow", "!")} that is more than is left: the run would stop midway, with what was answered kept. Give it more: --set budget=${enough}\n`,
  );
}

/** How close to the fewest: of stage 1, where it has anything anew, and of what was read under principles. */
function leastLines(stages: AmendmentPreview["stages"]): readonly string[] {
  const groups = [
    ["critiques and revisions", ["critique", "revision"]],
    ["readings", ["reading"]],
  ] as const;
  return groups.flatMap(([called, units]) => {
    const own = stages.filter(
      ({ unit, least }) => least !== null && (units as readonly string[]).includes(unit),
    );
    const sum = (of: (stage: (typeof own)[number]) => number) =>
      own.reduce((total, stage) => total + of(stage), 0);
    if (own.length === 0) return [];
    return [
      `${called} anew: ${whole(sum(({ anew }) => anew))}; the fewest that could be: ${whole(sum(({ least }) => least!))}`,
    ];
  });
}
