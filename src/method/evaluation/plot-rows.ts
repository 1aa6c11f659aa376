// Plots with a name on every row: shares that sum to one as stacked bars, and dots with their intervals.
import {
  at,
  axisBelow,
  type Domain,
  domainOf,
  dotAt,
  drawing,
  escapeHtml,
  inPercent,
  linear,
  lineFrom,
  shortly,
  textAt,
  ticksOf,
} from "./plot.ts";

const WIDTH = 760;
const LABELS = 132;

/** One bar; its shares are drawn in their order. */
export interface Bar {
  readonly name: string;
  readonly shares: readonly { readonly className: string; readonly name: string; readonly share: number }[];
}

/** Bars of equal length, cut by share; a cut wide enough carries its percentage. */
export function stackedBars(
  label: string,
  groups: readonly { readonly title: string; readonly bars: readonly Bar[] }[],
): string {
  const [thick, gap, heading] = [22, 6, 26];
  const scale = linear([0, 1], [LABELS, WIDTH]);
  const marks: string[] = [];
  let y = 4;
  for (const { title, bars } of groups) {
    if (title !== "") {
      marks.push(textAt(0, y + heading / 2, title, "start", "group"));
      y += heading;
    }
    for (const { name, shares } of bars) {
      marks.push(textAt(LABELS - 10, y + thick / 2, name, "end", "label"));
      let from = 0;
      for (const { className, name: kind, share } of shares) {
        const [left, right] = [scale(from), scale(from + share)];
        from += share;
        if (share === 0) continue;
        const told = escapeHtml(`${name}: ${kind} ${(share * 100).toFixed(1)}%`);
        marks.push(
          `<rect x="${at(left)}" y="${y}" width="${at(Math.max(1, right - left - 1))}" height="${thick}" rx="2" class="${className}"><title>${told}</title></rect>`,
        );
        if (share >= 0.07)
          marks.push(textAt((left + right) / 2, y + thick / 2 + 0.5, inPercent(share), "middle", "within"));
      }
      y += thick + gap;
    }
    y += 8;
  }
  return drawing(WIDTH, y, label, marks);
}

/** A figure on a row, in the colour of its class. */
export interface RowDot {
  readonly className: string;
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface DotRow {
  readonly name: string;
  readonly dots: readonly RowDot[];
}

/** Dots with intervals, one row a name; several dots of a row are set apart a little. */
export function dotPlot(
  label: string,
  groups: readonly { readonly title: string; readonly rows: readonly DotRow[] }[],
  axis: { readonly label: string; readonly domain?: Domain; readonly show?: (value: number) => string },
): string {
  const show = axis.show ?? shortly;
  const all = groups.flatMap(({ rows }) => rows.flatMap(({ dots }) => dots));
  const domain = axis.domain ?? domainOf(all.flatMap(({ low, high }) => [low, high]));
  const frame = { left: LABELS, right: WIDTH - 16, top: 4, bottom: 0 };
  const scale = linear(domain, [frame.left, frame.right]);
  const marks: string[] = [];
  let y = frame.top;
  for (const { title, rows } of groups) {
    if (title !== "") {
      marks.push(textAt(0, y + 13, title, "start", "group"));
      y += 26;
    }
    for (const { name, dots } of rows) {
      const height = Math.max(24, 11 * dots.length + 8);
      marks.push(textAt(LABELS - 10, y + height / 2, name, "end", "label"));
      dots.forEach((dot, i) => {
        const middle = y + height / 2 + (i - (dots.length - 1) / 2) * 10;
        const told = `${name}, ${dot.name}: ${show(dot.value)} (${show(dot.low)} to ${show(dot.high)})`;
        marks.push(lineFrom(scale(dot.low), middle, scale(dot.high), middle, `interval ${dot.className}`));
        marks.push(dotAt(scale(dot.value), middle, 4.5, dot.className, told));
      });
      y += height;
    }
    y += 6;
  }
  const ticks = axisBelow({ ...frame, bottom: y }, scale, ticksOf(domain, 6), axis.label, show);
  return drawing(WIDTH, y + 42, label, [ticks, ...marks]);
}
