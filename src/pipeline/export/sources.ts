// Where the rows of a run come from: its files, how many rows of each, and under which licences they are.
import type { Ledger } from "../../ledger/ledger.ts";
import { type OriginFile, ownLicence } from "../lineage.ts";

/** A file that the run has read. */
export interface Source {
  readonly file: string;
  /** Of its bytes; several where it was changed between two runs, none where a run of an earlier version did not keep it. */
  readonly sha256: readonly string[];
  readonly rows: number;
  /** As the rows say, or the recipe; null where neither does. */
  readonly licences: ReadonlyMap<string | null, number>;
}

/** Kinds of records that are rows of files. */
const ROWS = ["prompt", "preference", "demonstration"];

export function sourcesOf(ledger: Ledger): readonly Source[] {
  const files = [...ledger.entries("file", 0)].map(({ body }) => body as unknown as OriginFile);
  const counts = new Map<string, Map<string | null, number>>();
  for (const kind of ROWS)
    for (const { body } of ledger.entries(kind, 0)) {
      const { file } = body as { readonly file: string };
      // A recipe may have come to say the licence after the rows were read.
      const said = files.findLast((one) => one.file === file && one.licence !== undefined)?.licence;
      const licence = ownLicence(body) ?? said ?? null;
      const own = counts.get(file) ?? new Map<string | null, number>();
      counts.set(file, own.set(licence, (own.get(licence) ?? 0) + 1));
    }
  return [...counts].map(([file, licences]) => ({
    file,
    sha256: [...new Set(files.filter((one) => one.file === file).map(({ sha256 }) => sha256))],
    rows: [...licences.values()].reduce((sum, count) => sum + count, 0),
    licences,
  }));
}
