// How well a checkpoint plays each role of the method, on held-out material of the town: the figures of its model card.
//   node scripts/town-roles.ts [checkpoint] [split: dev | final] [trials a case]
import { wilson } from "../src/method/evaluation/intervals.ts";
import { openHost } from "../src/models/local.ts";
import { measureRoles, type RoleFigure } from "../src/town/roles.ts";
import type { Split } from "../src/town/splits.ts";

const [checkpoint = "models/town", split = "dev", trials = "48"] = process.argv.slice(2);

const host = await openHost();
const model = await host.open(checkpoint);
console.log(`${checkpoint}, split ${split}, ${trials} trials a case (four times as many for helpful-only)\n`);
console.log(
  "| role | case | figure | held-out pair | held-out object | held-out verb | any of them |\n|---|---|---|---|---|---|---|",
);
const rows = new Map<string, Partial<Record<RoleFigure["heldOut"], string>>>();
for await (const figure of measureRoles(model, split as Split, Number(trials))) {
  const name = `${figure.role} | ${figure.case} | ${figure.figure}`;
  const cells = { ...rows.get(name), [figure.heldOut]: shown(figure) };
  rows.set(name, cells);
  console.error(`${name} | ${figure.heldOut}: ${shown(figure)}`);
}
for (const [name, { pair = "", object = "", verb = "", any = "" }] of rows)
  console.log(`| ${name} | ${pair} | ${object} | ${verb} | ${any} |`);
await model.close();
await host.close();

function shown({ figure, value, n }: RoleFigure): string {
  if (figure === "P(better)") return value.toFixed(3);
  const { low, high } = wilson(Math.round(value * n), n)!;
  const percent = (share: number) => (100 * share).toFixed(0);
  return `${percent(value)}% (${percent(low)}-${percent(high)})`;
}
