import { expect, test } from "vitest";
import { openAccount } from "./account.ts";

const price = { input: 1, output: 10 }; // for a million tokens
const million = 1_000_000;
const used = (read: number, sampled: number) => ({ requests: 1, read, sampled });

test("what the calls within some work used is told with its result, and of no other work", async () => {
  const payer = openAccount(null, 0).payer(price);
  const account = openAccount(null, 0);
  const own = account.payer(price);
  const call = async (read: number, sampled: number) => (await own.reserve(used(0, 0)))(used(read, sampled));
  const [one, two] = await Promise.all([
    account.metered(async () => {
      await call(million, 0);
      await call(0, million / 2);
      return "one";
    }),
    account.metered(async () => call(million, million)),
  ]);
  expect(one).toEqual({ result: "one", used: { requests: 2, read: million, sampled: million / 2, cost: 6 } });
  expect(two.used).toMatchObject({ requests: 1, cost: 11 });
  expect((await account.metered(async () => 1)).used).toBeNull();
  (await payer.reserve(used(1, 1)))(used(1, 1)); // nobody listens
});

test("a request that may exceed the budget waits for those in flight, and is refused when none is left", async () => {
  const payer = openAccount(10, 4).payer(price);
  const settle = await payer.reserve(used(5 * million, 0)); // 4 + 5 of 10
  const second = payer.reserve(used(5 * million, 0));
  let isIn = false;
  void second.then(() => {
    isIn = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isIn).toBe(false);
  settle(used(million, 0)); // it cost 1 of the 5: 5 + 5 fit
  (await second)(used(5 * million, 0));
  await expect(payer.reserve(used(1, 0))).rejects.toMatchObject({
    code: "budget-spent",
    message: expect.stringContaining("10.0000 of 10 is spent"),
    hint: expect.stringContaining("Raise `budget`"),
  });
});

test("without a price requests are counted and cost nothing", async () => {
  const account = openAccount(1, 0);
  const payer = account.payer(null);
  const { used: all } = await account.metered(async () =>
    (await payer.reserve(used(million, million)))(used(million, million)),
  );
  expect(all).toEqual({ requests: 1, read: million, sampled: million, cost: 0 });
});
