// Columns of an exported file, told once: as features for the `datasets` library and as a schema for Parquet. Knows types,
// and nothing of what is in the columns.
import type { SchemaElement } from "hyparquet-writer";
import type { Json } from "../../ledger/ledger.ts";

/** What a column holds; every value may be null. */
export type Column =
  | "string"
  | "float64"
  | "int32"
  /** Text, one of these; a number to those who load it. */
  | { readonly labels: readonly string[] }
  | { readonly list: Column }
  | { readonly struct: Columns };

export type Columns = { readonly [name: string]: Column };

/** A row: a value for each column. */
export type ExportedRow = { readonly [column: string]: unknown };

/** Messages of a conversation, as TRL has them. */
export const MESSAGES: Column = { list: { struct: { role: "string", content: "string" } } };

type Features = { readonly [key: string]: Json };

/** As `dataset_info.features` in the header of a dataset card. */
export const featuresOf = (columns: Columns): readonly Features[] =>
  Object.entries(columns).map(([name, column]) => ({ name, ...featureOf(column) }));

function featureOf(column: Column): Features {
  if (typeof column === "string") return { dtype: column };
  if ("labels" in column)
    return { dtype: { class_label: { names: { ...column.labels } as unknown as Json } } };
  if ("struct" in column) return { struct: featuresOf(column.struct) };
  const { list } = column;
  if (typeof list === "string") return { list };
  return { list: "struct" in list ? featuresOf(list.struct) : featureOf(list) };
}

/** As Parquet's schema, depth first below its root; lists in three levels, as the format has them. */
export const schemaOf = (columns: Columns): SchemaElement[] => [
  { name: "root", num_children: Object.keys(columns).length },
  ...elementsOf(columns),
];

const elementsOf = (columns: Columns): SchemaElement[] =>
  Object.entries(columns).flatMap(([name, column]) => elementOf(name, column));

function elementOf(name: string, column: Column): SchemaElement[] {
  const optional = { name, repetition_type: "OPTIONAL" } as const;
  if (column === "float64") return [{ ...optional, type: "DOUBLE" }];
  if (column === "int32") return [{ ...optional, type: "INT32" }];
  if (column === "string" || "labels" in column)
    return [{ ...optional, type: "BYTE_ARRAY", converted_type: "UTF8" }];
  if ("struct" in column) {
    const children = elementsOf(column.struct);
    return [{ ...optional, num_children: Object.keys(column.struct).length }, ...children];
  }
  return [
    { ...optional, converted_type: "LIST", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    ...elementOf("element", column.list),
  ];
}
