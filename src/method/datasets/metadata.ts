// What a row carries besides its texts: kept with the record, never shown to a model.
import { isRecord, type Row } from "./row.ts";

/** The row's `metadata` and every other column that has a value, but for those named. */
export function otherColumns(row: Row, used: readonly string[]): Readonly<Record<string, unknown>> {
  const { metadata, ...columns } = row;
  const rest = Object.entries(columns).filter(([name, value]) => value != null && !used.includes(name));
  const own = isRecord(metadata)
    ? Object.entries(metadata)
    : metadata == null
      ? []
      : [["metadata", metadata] as const];
  return Object.fromEntries([...rest, ...own]);
}
