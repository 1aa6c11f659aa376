// Work that many wait for and any of them may leave: it is given up when the last one has left.

export interface SharedWork<T> {
  /** Waits for the result, or leaves at the signal; then once what `before` gives has ended. */
  wait(signal?: AbortSignal, before?: () => Promise<unknown> | undefined): Promise<T>;
}

/**
 * Begins work that is shared. It is told by its signal that nobody waits any more.
 * @example const page = shareWork((signal) => fetch(url, { signal })); await Promise.all([page.wait(), page.wait(own)]);
 */
export function shareWork<T>(work: (signal: AbortSignal) => Promise<T>): SharedWork<T> {
  const stop = new AbortController();
  const result = Promise.resolve().then(() => work(stop.signal));
  result.catch(() => {}); // told to those who wait, if any
  let waiting = 0;
  return {
    async wait(signal, before = () => undefined) {
      waiting += 1;
      const interrupted = Promise.withResolvers<never>();
      const leave = () => void Promise.allSettled([before()]).then(() => interrupted.reject(signal!.reason));
      signal?.addEventListener("abort", leave, { once: true });
      try {
        signal?.throwIfAborted();
        return await Promise.race([result, interrupted.promise]);
      } finally {
        signal?.removeEventListener("abort", leave);
        waiting -= 1;
        if (waiting === 0) stop.abort();
      }
    },
  };
}
