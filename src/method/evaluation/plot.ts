// The ground that every plot of the report stands on: scales, ticks, axes and the outer <svg>. Marks carry classes; colours
// are the page's (report-page.ts), so that light and dark need no second drawing. Knows no figure of the method.

/** From a value to a place in the drawing, user units. */
export type Scale = (value: number) => number;

export type Domain = readonly [number, number];

/** The inner rectangle of a drawing, user units from the top left. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Maps a domain linearly onto a range; a domain of one value goes to the middle. */
export function linear([from, to]: Domain, [start, end]: Domain): Scale {
  if (from === to) return () => (start + end) / 2;
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** Round numbers (1, 2 or 5 times a power of ten apart), about `count` of them, that lie within a domain. */
export function ticksOf([from, to]: Domain, count = 5): readonly number[] {
  const rough = (to - from) / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The smallest domain that holds all values, widened by a twentieth on either side. */
export function domainOf(values: readonly number[]): Domain {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const margin = (most - least) / 20 || Math.abs(most) / 20 || 1;
  return [least - margin, most + margin];
}

/** A drawing that fills the width it is given, up to its own; `label` is read out in its place. */
export function drawing(width: number, height: number, label: string, marks: readonly string[]): string {
  return [
    `<svg viewBox="0 0 ${width} ${height}" style="max-width:${width}px" role="img" aria-label="${escapeHtml(label)}">`,
    ...marks,
    "</svg>",
  ].join("");
}

export type Anchor = "start" | "middle" | "end";

export function textAt(x: number, y: number, text: string, anchor: Anchor = "start", classes = ""): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" dominant-baseline="central" class="${classes}">${escapeHtml(text)}</text>`;
}

export function lineFrom(x1: number, y1: number, x2: number, y2: number, classes: string): string {
  return `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" class="${classes}"/>`;
}

/** A dot that tells its value when pointed at. */
export function dotAt(x: number, y: number, radius: number, classes: string, told: string): string {
  return `<circle cx="${at(x)}" cy="${at(y)}" r="${at(radius)}" class="dot ${classes}"><title>${escapeHtml(told)}</title></circle>`;
}

/** Vertical grid lines with their numbers under them. */
export function axisBelow(
  frame: Frame,
  scale: Scale,
  ticks: readonly number[],
  label: string,
  show = shortly,
): string {
  const lines = ticks.map((tick) => {
    const x = scale(tick);
    return (
      lineFrom(x, frame.top, x, frame.bottom, "grid") +
      textAt(x, frame.bottom + 12, show(tick), "middle", "tick")
    );
  });
  const middle = (frame.left + frame.right) / 2;
  return lines.join("") + textAt(middle, frame.bottom + 30, label, "middle", "axis");
}

/** Horizontal grid lines with their numbers beside them, and the axis's name on top. */
export function axisBeside(
  frame: Frame,
  scale: Scale,
  ticks: readonly number[],
  label: string,
  show = shortly,
): string {
  const lines = ticks.map((tick) => {
    const y = scale(tick);
    return (
      lineFrom(frame.left, y, frame.right, y, "grid") + textAt(frame.left - 7, y, show(tick), "end", "tick")
    );
  });
  return lines.join("") + textAt(0, frame.top - 16, label, "start", "axis");
}

/** Numbers as axes show them: no more digits than help. */
export function shortly(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1000 || size < 0.001
    ? String(Number(value.toPrecision(2)))
    : String(Number(value.toPrecision(3)));
}

export const inPercent = (share: number): string => `${Math.round(share * 100)}%`;

/** Coordinates to a tenth of a unit. */
export const at = (value: number): string => String(Math.round(value * 10) / 10);
