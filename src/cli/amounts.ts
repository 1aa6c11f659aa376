// Numbers as people read them.

/** "0.4 s", "12 s", "3 min 05 s", "1 h 02 min". */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** "41/s", "0.7/s", "12/min": whichever has digits to show. */
export function rate(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return "";
  if (perSecond >= 9.95) return `${Math.round(perSecond).toLocaleString("en")}/s`;
  if (perSecond >= 0.5) return `${perSecond.toFixed(1)}/s`;
  const perMinute = perSecond * 60;
  return perMinute >= 9.95 ? `${Math.round(perMinute)}/min` : `${perMinute.toFixed(1)}/min`;
}

/** "1,204". */
export const whole = (n: number): string => Math.round(n).toLocaleString("en");

/** "1 critique", "3 critiques", "3 preferences". */
export function counted(n: number, unit: string): string {
  return `${whole(n)} ${n === 1 ? unit : plural(unit)}`;
}

function plural(unit: string): string {
  if (/[^aeiou]y$/.test(unit)) return `${unit.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(unit) ? `${unit}es` : `${unit}s`;
}

/** "8.7 MB". */
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  return `${(n / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Four significant digits at most, without an exponent where one can do without. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return whole(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
}
