import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { UserError } from "../user-error.ts";
import { explainStorageError } from "./storage-error.ts";

it("turns SQLite's own refusal to grow a full database into a message with the fix", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE t (x)");
  database.exec("PRAGMA max_page_count = 2");
  let refusal: unknown;
  try {
    database.prepare("INSERT INTO t VALUES (zeroblob(100000))").run();
  } catch (error) {
    refusal = explainStorageError(error, "runs/town/ledger.db");
  }
  expect(refusal).toBeInstanceOf(UserError);
  expect(refusal).toMatchObject({
    code: "disk-full",
    hint: expect.stringContaining("run the same command again"),
  });
});

it("explains a full disk met while writing a file", () => {
  const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(explainStorageError(error, "blob")).toMatchObject({ code: "disk-full", cause: error });
});

it("passes on what it does not know, unchanged", () => {
  const error = new Error("internal: something else");
  expect(explainStorageError(error, "x")).toBe(error);
});
