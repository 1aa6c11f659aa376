import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { blobPath, freshBlob, hasBlob, hashFile, listBlobs, moveToBlob, removeBlob } from "./blobs.ts";

/** What was forced to disk, in order; told by Linux alone. */
const forced = vi.hoisted((): string[] => []);
vi.mock("node:fs", async (importActual) => {
  const actual = await importActual<typeof import("node:fs")>();
  const fsyncSync = (file: number) => {
    if (process.platform === "linux") forced.push(actual.readlinkSync(`/proc/self/fd/${file}`));
    actual.fsyncSync(file);
  };
  return { ...actual, fsyncSync };
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "blobs-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function keep(text: string): string {
  writeFileSync(freshBlob(directory), text);
  return moveToBlob(directory, freshBlob(directory));
}

// SHA-256 of "abc", FIPS 180-4.
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

it("keeps bytes under their SHA-256 and leaves nothing else behind", () => {
  expect(keep("abc")).toBe(ABC);
  expect(readFileSync(blobPath(directory, ABC), "utf8")).toBe("abc");
  expect(readdirSync(dirname(blobPath(directory, ABC)))).toEqual([ABC]);
  expect(hashFile(blobPath(directory, ABC))).toBe(ABC);
});

it("takes the same bytes twice and lists them once", () => {
  keep("abc");
  keep("abc");
  keep("other");
  expect([...listBlobs(directory)]).toHaveLength(2);
  expect(existsSync(freshBlob(directory))).toBe(false);
});

it("does not take for a blob what a process that died left half written", () => {
  keep("abc");
  writeFileSync(freshBlob(directory), "ab");
  expect([...listBlobs(directory)]).toEqual([ABC]);
});

it("frees a blob, and one that is not there", () => {
  keep("abc");
  removeBlob(directory, ABC);
  removeBlob(directory, ABC);
  expect([hasBlob(directory, ABC), existsSync(blobPath(directory, ABC))]).toEqual([false, false]);
});

it.runIf(process.platform === "linux")("forces to disk every folder that has a new name in it", () => {
  const root = join(directory, "blobs");
  forced.length = 0;
  keep("abc");
  expect(forced.slice(1)).toEqual([join(root, "ba"), root, directory]);
  forced.length = 0;
  rmSync(blobPath(directory, ABC));
  keep("abc");
  expect(forced.slice(1)).toEqual([join(root, "ba")]);
});
