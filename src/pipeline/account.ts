// What endpoints cost: tokens and money of every call, written beside its result, and a budget that nothing may exceed. A call
// reserves the most that it may cost before it is made, so that those in flight are counted too.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Ledger } from "../ledger/ledger.ts";
import type { Payer, Usage } from "../models/endpoint/endpoint-model.ts";
import { UserError } from "../user-error.ts";

/** For a million tokens, in any currency. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

/** What some calls used, and what it cost; the body of a "usage" entry. */
export interface Spending extends Usage {
  readonly cost: number;
}

/** The account of one run. */
export interface Account {
  /** Who pays for the requests to one endpoint; without a price they are counted and cost nothing. */
  payer(price: Price | null): Payer;
  /** Does some work and tells what the calls in it used; null when there were none. */
  metered<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly used: Spending | null }>;
}

const MILLION = 1_000_000;

/** What so many tokens cost. */
export const costOf = ({ read, sampled }: Pick<Usage, "read" | "sampled">, price: Price | null): number =>
  price === null ? 0 : (read * price.input + sampled * price.output) / MILLION;

/** All that a run's ledger says was used. */
export function spendingIn(ledger: Pick<Ledger, "entries">): Spending {
  const all = [...ledger.entries("usage")].map(({ body }) => body as unknown as Spending);
  return all.reduce(add, NOTHING);
}

const NOTHING: Spending = { requests: 0, read: 0, sampled: 0, cost: 0 };

const add = (a: Spending, b: Spending): Spending => ({
  requests: a.requests + b.requests,
  read: a.read + b.read,
  sampled: a.sampled + b.sampled,
  cost: a.cost + b.cost,
});

/**
 * Opens the account of a run.
 *
 * @param budget the most that may be spent in all; null for no limit
 * @param before what was spent in earlier sittings of the same run
 */
export function openAccount(budget: number | null, before: number): Account {
  const tallies = new AsyncLocalStorage<{ used: Spending | null }>();
  const most = budget ?? Number.POSITIVE_INFINITY;
  let spent = before;
  let reserved = 0;
  let inFlight = 0;
  const waiting: (() => void)[] = [];

  return {
    payer: (price) => ({
      async reserve(atMost) {
        const worst = costOf(atMost, price);
        while (spent + reserved + worst > most) {
          if (inFlight === 0) throw budgetSpent(most, spent, worst);
          await new Promise<void>((resolve) => waiting.push(resolve));
        }
        reserved += worst;
        inFlight += 1;
        return (used) => {
          const cost = costOf(used, price);
          spent += cost;
          reserved -= worst;
          inFlight -= 1;
          const tally = tallies.getStore();
          if (tally !== undefined) tally.used = add(tally.used ?? NOTHING, { ...used, cost });
          for (const go of waiting.splice(0)) go();
        };
      },
    }),
    async metered(work) {
      const tally: { used: Spending | null } = { used: null };
      const result = await tallies.run(tally, work);
      return { result, used: tally.used };
    },
  };
}

const budgetSpent = (most: number, spent: number, worst: number): UserError =>
  new UserError(
    "budget-spent",
    `budget: ${spent.toFixed(4)} of ${most} is spent, and the next request may cost ${worst.toFixed(4)}`,
    "Raise `budget` and run the same command: it goes on, and nothing is paid for twice.",
  );
