// A plot with a name on every row: what each run gave as small dots, and above them their mean with its error bar.
import type { Estimate } from "./intervals.ts";
import {
  axisBelow,
  type Domain,
  domainOf,
  dotAt,
  drawing,
  linear,
  lineFrom,
  textAt,
  ticksOf,
} from "./plot.ts";

export interface MeanRow {
  readonly name: string;
  readonly mean: Estimate | null;
  readonly runs: readonly { readonly name: string; readonly value: number }[];
}

const WIDTH = 760;
const ROW = 36;
/** Of a letter of a row's name, about. */
const LETTER = 6.2;

/** @param axis `within`: what no value can go beyond; `show`, `tick`: how a value is written when pointed at, and under the axis */
export function meanPlot(
  label: string,
  rows: readonly MeanRow[],
  axis: {
    readonly within: Domain;
    readonly show: (value: number) => string;
    readonly tick: (value: number) => string;
  },
): string {
  const { within, show, tick } = axis;
  const values = rows.flatMap(({ mean, runs }) => [
    ...(mean === null ? [] : [mean.low, mean.high]),
    ...runs.map(({ value }) => value),
  ]);
  const [from, to] = domainOf(values);
  const domain: Domain = [Math.max(within[0], from), Math.min(within[1], to)];
  const names = Math.max(90, Math.min(300, 16 + LETTER * Math.max(...rows.map(({ name }) => name.length))));
  const frame = { left: names, right: WIDTH - 16, top: 4, bottom: 4 + ROW * rows.length };
  const x = linear(domain, [frame.left, frame.right]);
  const marks = rows.flatMap(({ name, mean, runs }, i) => {
    const middle = frame.top + ROW * (i + 0.5);
    const dots = runs.map(({ name: run, value }) =>
      dotAt(x(value), middle + 9, 3, "m0", `${name}, ${run}: ${show(value)}`),
    );
    const named = textAt(names - 12, middle, name, "end", "label");
    if (mean === null) return [named, ...dots];
    const { value, low, high } = mean;
    const told = `${name}: ${show(value)} (${show(low)} to ${show(high)})`;
    const bar = lineFrom(x(low), middle - 2, x(high), middle - 2, "interval m1");
    return [named, bar, dotAt(x(value), middle - 2, 4.5, "m1", told), ...dots];
  });
  const isZeroInside = Math.min(...values) < 0 && Math.max(...values) > 0;
  return drawing(WIDTH, frame.bottom + 26, label, [
    axisBelow(frame, x, ticksOf(domain, 6), "", tick),
    ...(isZeroInside ? [lineFrom(x(0), frame.top, x(0), frame.bottom, "diagonal")] : []),
    ...marks,
  ]);
}
