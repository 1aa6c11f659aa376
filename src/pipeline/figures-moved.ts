// Which figures may come out otherwise where stages have something to make anew: as a table, stage by stage. Knows the names of
// stages and what results.json draws from them; how a figure is computed is docs/metrics.md.

/** How a stage's name begins, and what is counted from what it makes. A capture stands in place of $1. */
const COUNTED_FROM: readonly (readonly [stage: RegExp, figures: string])[] = [
  [/^(?:critique|revision)-/, "rounds of revision, and what each principle changed and mended"],
  [/^feedback(?:-labels)?$/, "soft labels, and what each principle decided"],
  [/^preference-(?:model|held-out)$/, "accuracy and calibration of the preference model"],
  [/^rl-cai$/, "reward against KL"],
  [/^evaluation-(.+)-\d+$/, "answers of $1: rates and diversity"],
  [/^(?:evaluation|judge)-/, "Elo and win rates of all models"],
  [/^scoreboard-(?:harmlessness|helpfulness)/, "what each principle thinks of the models, and which agree"],
  [/^score-rounds$/, "the preference model's scores by round"],
];

/** Groups of figures, in the order of the method, for stages that have something to make anew. */
export function figuresMoved(stages: readonly string[]): readonly string[] {
  const moved = COUNTED_FROM.flatMap(([pattern, figures]) =>
    stages.flatMap((stage) => {
      const found = pattern.exec(stage);
      return found === null ? [] : [figures.replace("$1", found[1] ?? "")];
    }),
  );
  return [...new Set(moved)];
}
