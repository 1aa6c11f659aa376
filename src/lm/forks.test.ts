import { expect, test } from "vitest";
import { forks } from "./forks.ts";

test("what continuations begin with alike is walked once, each path a token longer than a beginning of the one before", () => {
  expect(
    forks([
      [5, 6, 9],
      [5, 7, 9],
    ]),
  ).toEqual([
    {
      path: [],
      reads: [
        { choice: 0, token: 5 },
        { choice: 1, token: 5 },
      ],
    },
    {
      path: [5],
      reads: [
        { choice: 0, token: 6 },
        { choice: 1, token: 7 },
      ],
    },
    { path: [5, 6], reads: [{ choice: 0, token: 9 }] },
    { path: [5, 7], reads: [{ choice: 1, token: 9 }] },
  ]);
  const paths = forks([[8, 1], [5, 6, 9, 3], [], [5], [5, 6, 8], [5, 7, 9], [5]]).map(({ path }) => path);
  paths.forEach((path, i) => {
    const before = paths[i - 1] ?? [];
    if (path.length > 0) expect(before.slice(0, path.length - 1)).toEqual(path.slice(0, -1));
  });
  expect(new Set(paths.map(String)).size).toBe(paths.length);
});
