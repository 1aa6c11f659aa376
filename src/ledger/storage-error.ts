// What the disk or SQLite refused, in words a person can act on. A table from the codes of both to messages and fixes.
import { UserError } from "../user-error.ts";

interface Explanation {
  readonly code: string;
  readonly what: string;
  readonly hint: string;
}

const FULL: Explanation = {
  code: "disk-full",
  what: "the disk is full",
  hint: "Free some space and run the same command again: everything written so far is kept.",
};
const READ_ONLY: Explanation = {
  code: "read-only",
  what: "cannot write here",
  hint: "Give yourself write permission on the run directory, or choose another place with --runs.",
};
const DAMAGED: Explanation = {
  code: "ledger-damaged",
  what: "this is not a ledger, or its bytes are damaged",
  hint: "Restore the file from a copy, or move the run directory away and run the recipe again.",
};
const BUSY: Explanation = {
  code: "ledger-busy",
  what: "another process is writing to this ledger",
  hint: "Wait until it is done, or end it.",
};
const MISSING: Explanation = {
  code: "not-found",
  what: "no such file or folder, or it cannot be opened",
  hint: "Check the path and its permissions.",
};

const FAILING: Explanation = {
  code: "disk-error",
  what: "the disk cannot be read or written",
  hint: "It may be full or failing: free some space and run the same command again, or choose another place with --runs.",
};
const A_FILE: Explanation = {
  code: "not-a-folder",
  what: "a file stands where a folder is needed",
  hint: "Move the file away, or choose another place with --runs or --name.",
};

const A_FOLDER: Explanation = {
  code: "not-a-file",
  what: "a folder stands where a file is needed",
  hint: "Name another file, or one in that folder.",
};

/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const BY_SQLITE_CODE: Readonly<Record<number, Explanation>> = {
  5: BUSY,
  8: READ_ONLY,
  10: FAILING,
  11: DAMAGED,
  13: FULL,
  14: MISSING,
  26: DAMAGED,
};

const BY_SYSTEM_CODE: Readonly<Record<string, Explanation>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: READ_ONLY,
  ENOENT: MISSING,
  ENOTDIR: A_FILE,
  EEXIST: A_FILE,
  EISDIR: A_FOLDER,
  EIO: FAILING,
};

/** A `UserError` where the cause is known to be one; the error itself otherwise. */
export function explainStorageError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  const explanation =
    typeof errcode === "number" ? BY_SQLITE_CODE[errcode & 0xff] : BY_SYSTEM_CODE[String(code)];
  if (explanation === undefined) return error;
  const { what, hint } = explanation;
  return new UserError(explanation.code, `${path}: ${what} (${error.message})`, hint, { cause: error });
}
