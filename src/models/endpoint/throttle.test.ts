import { expect, test } from "vitest";
import { createThrottle, type Pace } from "./throttle.ts";

/** Time that passes only while someone sleeps. */
function fakePace(): Pace & { readonly slept: number[] } {
  let time = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    sleep: async (ms) => {
      slept.push(ms);
      time += ms;
    },
  };
}
const unlimited = { requestsPerMinute: Number.POSITIVE_INFINITY, tokensPerMinute: Number.POSITIVE_INFINITY };

/** Work that ends when it is told to. */
function held(throttle: ReturnType<typeof createThrottle>) {
  const ends: (() => void)[] = [];
  const start = () => throttle.run(0, () => new Promise<void>((resolve) => ends.push(resolve)));
  return { start, ends, inFlight: () => ends.length };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("so many at once and no more; who waits goes next", async () => {
  const { start, ends, inFlight } = held(createThrottle({ concurrency: 2, ...unlimited }, fakePace()));
  const all = [start(), start(), start()];
  await settle();
  expect(inFlight()).toBe(2);
  ends[0]!();
  await all[0];
  await settle();
  expect(inFlight()).toBe(3);
  for (const end of ends) end();
  await Promise.all(all);
});

test("a complaint halves what may be in flight, one about the time before it does not, and success gives it back", async () => {
  let time = 0;
  const throttle = createThrottle(
    { concurrency: 8, ...unlimited },
    { now: () => time, sleep: async () => {} },
  );
  time = 10;
  throttle.complained(5);
  throttle.complained(5); // sent before the cut: 4, not 2
  const first = held(throttle);
  const running = Array.from({ length: 8 }, first.start);
  await settle();
  expect(first.inFlight()).toBe(4);
  while (first.ends.length > 0) {
    for (const end of first.ends.splice(0)) end();
    await settle();
  }
  await Promise.all(running);
  for (let i = 0; i < 40; i++) await throttle.run(0, async () => {});
  const second = held(throttle);
  const again = Array.from({ length: 12 }, second.start);
  await settle();
  expect(second.inFlight()).toBe(8);
  for (const end of second.ends.splice(0)) end();
  await settle();
  for (const end of second.ends) end();
  await Promise.all(again);
});

test("requests and tokens a minute are spread evenly", async () => {
  const pace = fakePace();
  const throttle = createThrottle({ concurrency: 1, requestsPerMinute: 60, tokensPerMinute: 600 }, pace);
  for (const tokens of [5, 5, 30, 5]) await throttle.run(tokens, async () => {});
  // A request a second; 40 tokens are four seconds' worth, two of which have passed when the last is asked.
  expect(pace.slept).toEqual([1000, 1000, 2000]);
});

test("who is told to stop leaves the line; who fails frees the place", async () => {
  const throttle = createThrottle({ concurrency: 1, ...unlimited }, fakePace());
  const { start, ends } = held(throttle);
  const first = start();
  const abort = new AbortController();
  const waiting = throttle.run(0, async () => {}, abort.signal);
  abort.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await settle();
  ends[0]!();
  await first;
  await expect(throttle.run(0, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(throttle.run(0, async () => "next")).resolves.toBe("next");
});
