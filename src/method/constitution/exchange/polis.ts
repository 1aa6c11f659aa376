// Comments of a Pol.is conversation, as collective constitutions are made of (Huang et al. 2024): a CSV with how many agreed with
// each comment and, where the groups of opinion were computed, each group's consensus. A comment that is kept is a principle.
import { type Info, parse } from "csv-parse/sync";
import { delimiterOf } from "../../../delimiter.ts";
import { UserError } from "../../../user-error.ts";
import { MalformedRow } from "../../datasets/row.ts";
import { type Content, each, unreadNote } from "./content.ts";
import type { DraftPrinciple, ForeignReading } from "./draft.ts";

type Row = Readonly<Record<string, string>>;

/** Any table is one, as far as its name goes: one of other columns is refused, and not read as prose. */
export const isPolis = ({ text, where }: Content): boolean =>
  /\.[ct]sv$/i.test(where) || /^(?=[^\n]*[,;\t])[^\n]*\bcomment-body\b/i.test(text);

/** Columns that are read beside those of the groups. */
const READ = ["comment-id", "comment-body", "moderated", "agrees", "disagrees", "passes"];

/** Pol.is marks a comment that its moderators turned down. */
const REJECTED = "-1";

/** Ids that are told of the comments that were left out for one reason. */
const TOLD = 10;

/**
 * @param consensus from 0 to 1: a comment is kept where every group's is at least that; all are where it is not given
 * @throws UserError for a table without the columns that are needed
 */
export function readPolis({ text, where }: Content, consensus?: number): ForeignReading {
  const { columns, rows, lines } = tableOf(text, where);
  const groups = columns.filter((name) => /^group_\d+_consensus$/.test(name));
  if (consensus !== undefined && groups.length === 0)
    throw new UserError(
      "import-consensus",
      `${where}: expected columns group_0_consensus, group_1_consensus, … for --consensus, got ${columns.join(", ")}`,
      "Take the table of the opinion groups, or leave --consensus out.",
    );
  const rejected: string[] = [];
  const below: string[] = [];
  const unread: string[] = [];
  const { items, malformed } = each(
    rows,
    (i) => `line ${lines[i]}`,
    (cells, place, i): readonly DraftPrinciple[] => {
      if (cells.length !== columns.length)
        throw wrong(`${place}: expected ${columns.length} cells, got ${cells.length}`);
      const row: Row = Object.fromEntries(columns.map((name, n) => [name, cells[n]!]));
      const body = row["comment-body"]!.trim();
      const locator = `comment ${row["comment-id"] ?? `in row ${i + 1}`}`;
      const shares = groups.map((name) => shareIn(row[name]!));
      const unknown = groups[shares.findIndex(Number.isNaN)];
      if (body === "") throw wrong(`${place}: expected text in comment-body, got ""`);
      if (row["moderated"]?.trim() === REJECTED) {
        rejected.push(locator);
        return [];
      }
      if (consensus !== undefined && unknown !== undefined)
        throw wrong(`${place}: expected a number from 0 to 1 in ${unknown}, got "${row[unknown]}"`);
      if (consensus !== undefined && shares.some((share) => share < consensus)) {
        below.push(locator);
        return [];
      }
      for (const name of [...VOTES.map(([column]) => column), ...groups]) {
        const cell = row[name]?.trim() ?? "";
        const isRead = groups.includes(name) ? !Number.isNaN(shareIn(cell)) : /^\d+$/.test(cell);
        if (cell !== "" && !isRead) unread.push(`${name} "${cell}" of ${locator}`);
      }
      return [{ text: body, locator, reasons: votesOf(row, shares) }];
    },
    lines,
  );
  const some = (those: readonly string[]) =>
    `${those.slice(0, TOLD).join(", ")}${those.length > TOLD ? ", …" : ""}`;
  const leftOut = (those: readonly string[], why: string): readonly string[] =>
    those.length === 0
      ? []
      : [`left out: ${those.length} of ${rows.length} comments ${why} (${some(those)})`];
  return {
    principles: items.flat(),
    notes: [
      ...leftOut(rejected, "turned down by moderators"),
      ...leftOut(below, `with less consensus than ${consensus} in some group`),
      ...(unread.length > 0
        ? [
            `not in the reasons, as it is no count of votes or no share from 0 to 1 (${unread.length}): ${some(unread)}`,
          ]
        : []),
      ...(consensus === undefined && groups.length > 0
        ? ["kept without regard to consensus; --consensus 0.6 asks for it in every group"]
        : []),
      ...unreadNote([Object.fromEntries(columns.map((name) => [name, true]))], [...READ, ...groups]),
    ],
    malformed,
  };
}

const wrong = (detail: string): MalformedRow => new MalformedRow("wrong-cells", detail);

/** A share from 0 to 1, with the decimal comma of some spreadsheets as well; NaN for anything else. */
function shareIn(cell: string): number {
  const share = cell.trim() === "" ? Number.NaN : Number(cell.trim().replace(/^(\d+),(\d+)$/, "$1.$2"));
  return share >= 0 && share <= 1 ? share : Number.NaN;
}

/** Columns of votes, and how they are told. */
const VOTES = [
  ["agrees", "agree"],
  ["disagrees", "disagree"],
  ["passes", "pass"],
] as const;

/** "188 agree, 12 disagree, 7 pass; consensus 89%, 93% by group". */
function votesOf(row: Row, shares: readonly number[]): string {
  const votes = VOTES.flatMap(([column, said]) =>
    /^\d+$/.test(row[column]?.trim() ?? "") ? [`${row[column]!.trim()} ${said}`] : [],
  );
  const known = shares.filter((share) => !Number.isNaN(share));
  const groups =
    known.length === 0
      ? ""
      : `consensus ${known.map((share) => `${Math.round(100 * share)}%`).join(", ")} by group`;
  return [votes.join(", "), groups].filter(Boolean).join("; ");
}

/** The cells of a table: names of columns, then a row a comment, each with the line it begins on. */
function tableOf(text: string, where: string) {
  const refuse = (expected: string, hint: string, cause?: unknown) =>
    new UserError("import-csv", `${where}: expected ${expected}`, hint, { cause });
  let table: readonly { readonly record: readonly string[]; readonly info: Info }[];
  try {
    table = parse(text, {
      bom: true,
      delimiter: delimiterOf(where, text),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as typeof table;
  } catch (cause) {
    throw refuse(`a table in CSV, got ${(cause as Error).message}`, "Export it again.", cause);
  }
  const [head, ...rows] = table;
  const columns = (head?.record ?? []).map((name) => name.trim().toLowerCase());
  if (!columns.includes("comment-body"))
    throw refuse(
      `rows with a comment-body, got the columns ${columns.join(", ")}`,
      "Call the column that holds the principles comment-body, or say what the file is with --from.",
    );
  if (rows.length === 0) throw refuse("rows with a comment-body, got none", "Export it again.");
  return {
    columns,
    rows: rows.map(({ record }) => record),
    lines: rows.map((_, i) => table[i]!.info.lines + 1),
  };
}
