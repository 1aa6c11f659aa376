// Where continuations of one text are read, token by token: what they begin with alike is walked once, depth first.

/** A place where continuations are read one token at a time: after `path`, the token of each that goes on from there. */
export interface Fork {
  readonly path: readonly number[];
  readonly reads: readonly { readonly choice: number; readonly token: number }[];
}

/**
 * The places to read, depth first: each path is one token longer than a beginning of the one before it. A beginning that
 * several continuations share is read once.
 *
 * @example forks([[5, 6, 9], [5, 7, 9]]) // after [], [5], [5, 6] and [5, 7]
 */
export function forks(continuations: readonly (readonly number[])[]): Fork[] {
  const inOrder = continuations
    .map((tokens, choice) => ({ tokens, choice }))
    .sort((a, b) => compareTokens(a.tokens, b.tokens));
  const found = new Map<string, Fork & { readonly reads: { choice: number; token: number }[] }>();
  for (const { tokens, choice } of inOrder) {
    tokens.forEach((token, i) => {
      const path = tokens.slice(0, i);
      const key = path.join();
      if (!found.has(key)) found.set(key, { path, reads: [] });
      found.get(key)!.reads.push({ choice, token });
    });
  }
  return [...found.values()];
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((token, i) => token !== b[i]);
  return differs === -1 ? a.length - b.length : a[differs]! - (b[differs] ?? -1);
}
