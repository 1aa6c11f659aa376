// A table of text: columns as wide as their widest cell, numbers to the right.
import { figure } from "./amounts.ts";
import type { Terminal } from "./terminal.ts";

export type Cell = string | number;

/** The lines of a table, heading first. */
export function tableLines(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): readonly string[] {
  const text = rows.map((row) => row.map((cell) => (typeof cell === "number" ? figure(cell) : cell)));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...text.map((row) => row[i]?.length ?? 0)),
  );
  const isNumeric = columns.map(
    (_, i) =>
      i > 0 &&
      rows.some((row) => row[i] !== "") &&
      rows.every((row) => row[i] === "" || startsWithDigit(row[i])),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [line(columns), widths.map((width) => "─".repeat(width)).join("──"), ...text.map(line)];
}

/** Writes it below a title, its heading bold. */
export function writeTable(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  { write, paint }: Pick<Terminal, "write" | "paint">,
): void {
  const [heading, ...lines] = tableLines(columns, rows);
  write(`${[paint("bold", heading!), ...lines].map((line) => `  ${line}`).join("\n")}\n`);
}

const startsWithDigit = (cell: Cell | undefined): boolean =>
  typeof cell === "number" || /^[-+]?\d/.test(cell ?? "");
