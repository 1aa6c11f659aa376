// Counting along links: how many ways lead from one entry to others, by roles. One query, so that a hundred thousand links are
// counted where they lie. Knows roles and kinds as words alone.
import type { StatementSync } from "node:sqlite";

/** One link of a way: up to a parent in a role, down to a child in a role (of a kind), or beside, to what the same step gave. */
export type Link =
  | { readonly up: string }
  | { readonly down: string; readonly kind?: string }
  /** The kind of what lies beside. */
  | { readonly beside: string };

/** Where ways end: an entry's id, or its kind; how many end there, and at which entry the first does. */
export interface Tally {
  readonly of: string;
  readonly count: number;
  readonly first: string;
}

/**
 * The ends of all ways from an entry along these links, in the order of writing.
 * @param prepared the statement of a query, the same for the same query
 */
export function tallyOn(
  prepared: (query: string) => StatementSync,
  id: string,
  links: readonly Link[],
  by: "id" | "kind",
): readonly Tally[] {
  let at = "start.position";
  const words: string[] = [];
  // CROSS JOIN keeps SQLite to the order of the links, each of which is an index; so is a kind, which spares it the bodies.
  const join = (table: string, condition: string) => `CROSS JOIN ${table} ON ${condition}`;
  const isOfKind = (i: number, kind: string | undefined): string => {
    if (kind === undefined) return "";
    words.push(kind);
    return join(`entries k${i} INDEXED BY entries_by_kind`, `k${i}.position = ${at} AND k${i}.kind = ?`);
  };
  const joins = links.map((link, i) => {
    const from = at;
    if ("beside" in link) {
      at = `b${i}.entry`;
      return `${join(`results a${i}`, `a${i}.entry = ${from}`)} ${join(`results b${i}`, `b${i}.step = a${i}.step`)} ${isOfKind(i, link.beside)}`;
    }
    const [here, there] = "up" in link ? ["child", "parent"] : ["parent", "child"];
    words.push("up" in link ? link.up : link.down);
    at = `p${i}.${there}`;
    const kind = "up" in link ? undefined : link.kind;
    return `${join(`parents p${i}`, `p${i}.${here} = ${from} AND p${i}.role = ?`)} ${isOfKind(i, kind)}`;
  });
  const rows = prepared(
    // Beside min(), SQLite takes the other columns from the row that has it.
    `WITH ends AS (SELECT ${at} AS position, count(*) AS ways FROM entries start ${joins.join(" ")} WHERE start.id = ? GROUP BY ${at})
       SELECT e.${by} AS of, sum(ways) AS count, e.id AS first, min(e.position) AS position FROM ends CROSS JOIN entries e USING (position) GROUP BY e.${by} ORDER BY position`,
  ).all(...words, id);
  return rows.map((row) => {
    const { of, count, first } = row as unknown as Tally;
    return { of, count, first };
  });
}
