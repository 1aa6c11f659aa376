// How many requests an endpoint is sent at once, and how many a minute. Additive increase, multiplicative decrease, as in TCP
// (Chiu and Jain 1989): a complaint halves what may be in flight, and success gives it back bit by bit. Retrying is the
// client's; a request keeps its place while it is tried again.

/** What a provider allows. */
export interface Allowance {
  /** Requests in flight at most. */
  readonly concurrency: number;
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
}

/** Time from outside, so that tests need not wait. */
export interface Pace {
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Lets requests pass. */
export interface Throttle {
  /** Does the work when it is its turn; `tokens` is what it may cost at most. */
  run<T>(tokens: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** The server said that it is asked too much, of something sent at this time. */
  complained(sentAt: number): void;
}

const MINUTE = 60_000;

/**
 * A throttle of its own for each endpoint.
 * @example const answer = await throttle.run(200, () => client.chat.completions.create(question), signal);
 */
export function createThrottle(allowance: Allowance, pace: Pace): Throttle {
  const { concurrency: most } = allowance;
  const requests = budget(allowance.requestsPerMinute, pace.now);
  const tokensLeft = budget(allowance.tokensPerMinute, pace.now);
  const waiting = new Set<() => void>();
  let limit = most;
  let inFlight = 0;
  let lastCut = Number.NEGATIVE_INFINITY;

  function admit(): void {
    for (const enter of waiting) {
      if (inFlight >= Math.floor(limit)) return;
      waiting.delete(enter);
      inFlight += 1;
      enter();
    }
  }

  function turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(enter);
        reject(signal!.reason);
      };
      const enter = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      signal?.addEventListener("abort", leave, { once: true });
      waiting.add(enter);
      admit();
    });
  }

  return {
    async run(tokens, work, signal) {
      signal?.throwIfAborted();
      await turn(signal);
      try {
        const wait = Math.max(requests(1), tokensLeft(tokens));
        if (wait > 0) await pace.sleep(wait, signal);
        const result = await work();
        limit = Math.min(most, limit + 1 / limit);
        return result;
      } finally {
        inFlight -= 1;
        admit();
      }
    },
    complained(sentAt) {
      // What was sent before the last cut complains about what that cut mended.
      if (sentAt < lastCut) return;
      lastCut = pace.now();
      limit = Math.max(1, limit / 2);
    },
  };
}

/** So many units a minute, evenly spread: tells how many milliseconds to wait for the next ones. */
function budget(perMinute: number, now: () => number): (units: number) => number {
  let free = Number.NEGATIVE_INFINITY; // when the next unit is due
  return (units) => {
    if (!Number.isFinite(perMinute)) return 0;
    const start = Math.max(now(), free);
    free = start + (units / perMinute) * MINUTE;
    return start - now();
  };
}
