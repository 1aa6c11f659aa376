// Comments of a Pol.is conversation, as collective constitutions are made of (Huang et al. 2024): a CSV with how many agreed with
// each comment and, where the groups of opinion were computed, each group's consensus. A comment that is kept is a principle.
import { parse } from "csv-parse/sync";
import { UserError } from "../../../user-error.ts";
import { type Content, unreadNote } from "./content.ts";
import type { Draft, Reading } from "./draft.ts";

type Row = Readonly<Record<string, string>>;

export const isPolis = ({ text }: Content): boolean =>
  /^\uFEFF?[^\n]*\bcomment-body\b/.test(text) && /^[^\n]*,/.test(text);

/** Columns that are read beside those of the groups. */
const READ = ["comment-id", "comment-body", "moderated", "agrees", "disagrees", "passes"];

/** Pol.is marks a comment that its moderators turned down. */
const REJECTED = "-1";

/**
 * @param consensus from 0 to 1: a comment is kept where every group's is at least that; all are where it is not given
 * @throws UserError for a table without the columns that are needed
 */
export function readPolis({ text, where }: Content, consensus?: number): Reading {
  const rows = rowsOf(text, where);
  const columns = Object.keys(rows[0] ?? {});
  const groups = columns.filter((name) => /^group_\d+_consensus$/.test(name));
  if (consensus !== undefined && groups.length === 0)
    throw new UserError(
      "import-consensus",
      `${where}: expected columns group_0_consensus, group_1_consensus, … for --consensus, got ${columns.join(", ")}`,
      "Take the table of the opinion groups, or leave --consensus out.",
    );
  const left = { rejected: 0, empty: 0, below: 0, unknown: 0 };
  const principles = rows.flatMap((row, i): readonly Draft[] => {
    const body = row["comment-body"]!.trim();
    const shares = groups.map((name) => (row[name]!.trim() === "" ? Number.NaN : Number(row[name])));
    if (body === "") left.empty += 1;
    else if (row["moderated"]?.trim() === REJECTED) left.rejected += 1;
    else if (consensus !== undefined && shares.some(Number.isNaN)) left.unknown += 1;
    else if (consensus !== undefined && shares.some((share) => share < consensus)) left.below += 1;
    else
      return [
        {
          text: body,
          locator: `comment ${row["comment-id"] ?? `in row ${i + 1}`}`,
          reasons: votesOf(row, shares),
        },
      ];
    return [];
  });
  const reasons: readonly (readonly [number, string])[] = [
    [left.rejected, "turned down by moderators"],
    [left.below, `with less consensus than ${consensus} in some group`],
    [left.unknown, "without a number for some group's consensus"],
    [left.empty, "without a text"],
  ];
  return {
    principles,
    notes: [
      ...reasons.flatMap(([count, why]) =>
        count === 0 ? [] : [`left out: ${count} of ${rows.length} comments ${why}`],
      ),
      ...(consensus === undefined && groups.length > 0
        ? ["kept without regard to consensus; --consensus 0.6 asks for it in every group"]
        : []),
      ...unreadNote(rows.slice(0, 1), [...READ, ...groups]),
    ],
  };
}

/** "188 agree, 12 disagree, 7 pass; consensus 89%, 93% by group". */
function votesOf(row: Row, shares: readonly number[]): string {
  const votes = [
    ["agrees", "agree"],
    ["disagrees", "disagree"],
    ["passes", "pass"],
  ].flatMap(([column, said]) =>
    /^\d+$/.test(row[column!]?.trim() ?? "") ? [`${row[column!]!.trim()} ${said}`] : [],
  );
  const known = shares.filter((share) => !Number.isNaN(share));
  const groups =
    known.length === 0
      ? ""
      : `consensus ${known.map((share) => `${Math.round(100 * share)}%`).join(", ")} by group`;
  return [votes.join(", "), groups].filter(Boolean).join("; ");
}

function rowsOf(text: string, where: string): readonly Row[] {
  try {
    const rows = parse(text, {
      bom: true,
      columns: (names: string[]) => names.map((name) => name.trim()),
      skip_empty_lines: true,
    });
    const table = rows as unknown as readonly Row[];
    if (table[0]?.["comment-body"] !== undefined) return table;
  } catch (cause) {
    throw new UserError(
      "import-csv",
      `${where}: expected a table in CSV, got ${(cause as Error).message}`,
      "Export it again.",
      {
        cause,
      },
    );
  }
  throw new UserError(
    "import-csv",
    `${where}: expected rows with a comment-body, got none`,
    "Export it again.",
  );
}
