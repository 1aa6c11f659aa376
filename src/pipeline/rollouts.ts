// The answers that PPO learnt from, as the ledger keeps them: beside the states of its training, which follow one another.
import type { Ledger } from "../ledger/ledger.ts";
import type { Rollout } from "../method/records.ts";

/** Every rollout of a trained policy, in the order of training. @param checkpoint its entry */
export function rolloutsOf(ledger: Ledger, checkpoint: string): readonly Omit<Rollout, "id">[] {
  const states: string[] = [];
  let state = ledger.tally(checkpoint, [{ up: "state" }], "id")[0]?.of;
  while (state !== undefined) {
    states.unshift(state);
    state = ledger.tally(state, [{ up: "continues" }], "id")[0]?.of;
  }
  return states.flatMap((own) =>
    ledger
      .tally(own, [{ beside: "rollout" }], "id")
      // A prompt drawn twice in an iteration may have been answered alike: that is one entry.
      .flatMap(({ of, count }) =>
        new Array<Omit<Rollout, "id">>(count).fill(ledger.get(of, 0).body as unknown as Omit<Rollout, "id">),
      ),
  );
}
