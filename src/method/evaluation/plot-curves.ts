// Plots with numbers on both axes: curves over time or rounds, clouds of points with a fitted line, and reliability diagrams.
import {
  at,
  axisBelow,
  axisBeside,
  type Domain,
  domainOf,
  dotAt,
  drawing,
  inPercent,
  linear,
  lineFrom,
  type Scale,
  shortly,
  ticksOf,
} from "./plot.ts";

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the interval, where there is one. */
  readonly low?: number;
  readonly high?: number;
}

export interface Curve {
  readonly className: string;
  readonly name: string;
  readonly points: readonly CurvePoint[];
  /** "line" joins the points; "dots" shows them; "both" does both. */
  readonly marks: "line" | "dots" | "both";
}

export interface CurveOptions {
  readonly width: number;
  readonly height: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yDomain?: Domain;
  readonly xTicks?: readonly number[];
  readonly show?: (value: number) => string;
}

/** Curves on common axes. */
export function curvePlot(label: string, curves: readonly Curve[], options: CurveOptions): string {
  const { width, height, xLabel, yLabel, show = shortly } = options;
  const points = curves.flatMap((curve) => curve.points);
  const xDomain = domainOf(points.map(({ x }) => x));
  const yDomain = options.yDomain ?? domainOf(points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]));
  const frame = { left: 48, right: width - 12, top: 30, bottom: height - 42 };
  const x = linear(xDomain, [frame.left, frame.right]);
  const y = linear(yDomain, [frame.bottom, frame.top]);
  const xTicks = options.xTicks ?? ticksOf(xDomain, Math.round(width / 90));
  return drawing(width, height, label, [
    axisBelow(frame, x, xTicks, xLabel),
    axisBeside(frame, y, ticksOf(yDomain, 4), yLabel, show),
    ...curves.map((curve) => marksOf(curve, x, y, show)),
  ]);
}

function marksOf(curve: Curve, x: Scale, y: Scale, show: (value: number) => string): string {
  const { className, name, points, marks } = curve;
  const path = points.map((point, i) => `${i === 0 ? "M" : "L"}${at(x(point.x))} ${at(y(point.y))}`).join("");
  const line = marks === "dots" ? "" : `<path d="${path}" class="curve ${className}"/>`;
  const intervals = points.flatMap(({ x: place, low, high }) =>
    low === undefined || high === undefined
      ? []
      : lineFrom(x(place), y(low), x(place), y(high), `interval ${className}`),
  );
  const dots =
    marks === "line"
      ? []
      : points.map((point) =>
          dotAt(x(point.x), y(point.y), 3.5, className, `${name}: ${show(point.y)} at ${shortly(point.x)}`),
        );
  return line + intervals.join("") + dots.join("");
}

/** One source of predictions in a reliability diagram. */
export interface Reliability {
  readonly className: string;
  readonly name: string;
  readonly bins: readonly { readonly count: number; readonly predicted: number; readonly observed: number }[];
}

/** Predicted against observed probability; on the diagonal a prediction is as good as its word. Area shows the count. */
export function reliabilityDiagram(label: string, sources: readonly Reliability[]): string {
  const size = 340;
  const frame = { left: 48, right: size - 12, top: 30, bottom: size - 42 };
  const x = linear([0, 1], [frame.left, frame.right]);
  const y = linear([0, 1], [frame.bottom, frame.top]);
  const most = Math.max(1, ...sources.flatMap(({ bins }) => bins.map(({ count }) => count)));
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const dots = sources.flatMap(({ className, name, bins }) => {
    const path = bins
      .map((bin, i) => `${i === 0 ? "M" : "L"}${at(x(bin.predicted))} ${at(y(bin.observed))}`)
      .join("");
    return [
      `<path d="${path}" class="curve thin ${className}"/>`,
      ...bins.map(({ count, predicted, observed }) => {
        const told = `${name}: said ${inPercent(predicted)}, was ${inPercent(observed)} (${count})`;
        return dotAt(x(predicted), y(observed), 2.5 + 6 * Math.sqrt(count / most), className, told);
      }),
    ];
  });
  return drawing(size, size, label, [
    axisBelow(frame, x, ticks, "said", inPercent),
    axisBeside(frame, y, ticks, "was so", inPercent),
    lineFrom(x(0), y(0), x(1), y(1), "diagonal"),
    ...dots,
  ]);
}
