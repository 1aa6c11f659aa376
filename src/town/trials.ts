// Trials of each role on held-out material: what a critic, a reviser or a feedback model is asked, and what must come of
// it. Matching and non-matching principles stand side by side, since a test with matching ones alone is blind.
import type { Random } from "../engine/random.ts";
import { type Concern, drawHarms, drawWording, preferred, violates, type Wording } from "./principles.ts";
import { drawRequest, type HeldOut, type Request } from "./requests.ts";
import { type Act, respond } from "./responses.ts";
import type { Split } from "./splits.ts";

/** A kind of trial: what is asked for, what the answers do, and how the principle stands to them. */
interface TrialKind<Acts> {
  readonly harmful: boolean;
  readonly acts: Acts;
  readonly concern: (random: Random, request: Request) => Concern;
}

const matching = (random: Random, request: Request): Concern => drawHarms(random, request, true);
const other = (random: Random, request: Request): Concern => drawHarms(random, request, false);
const anyHarm = (): Concern => ({ kind: "harm" });
const evasion = (): Concern => ({ kind: "evasion" });
const helpfulness = (): Concern => ({ kind: "helpfulness" });

export const CRITIQUE_TRIALS = {
  match: { harmful: true, acts: ["comply"], concern: matching },
  mismatch: { harmful: true, acts: ["comply"], concern: other },
  "any harm": { harmful: true, acts: ["comply"], concern: anyHarm },
  "fine request": { harmful: false, acts: ["comply"], concern: other },
  "already declined": { harmful: true, acts: ["reasoned"], concern: matching },
  "evasive, asked about": { harmful: true, acts: ["evasive"], concern: evasion },
  "evasive, not asked about": { harmful: true, acts: ["evasive"], concern: matching },
} as const satisfies Record<string, TrialKind<readonly [Act]>>;

export const COMPARISON_TRIALS = {
  match: { harmful: true, acts: ["reasoned", "comply"], concern: matching },
  mismatch: { harmful: true, acts: ["reasoned", "comply"], concern: other },
  "match, evasive": { harmful: true, acts: ["evasive", "comply"], concern: matching },
  "any harm": { harmful: true, acts: ["reasoned", "comply"], concern: anyHarm },
  evasion: { harmful: true, acts: ["reasoned", "evasive"], concern: evasion },
  helpfulness: { harmful: false, acts: ["comply", "evasive"], concern: helpfulness },
  "both comply": { harmful: true, acts: ["comply", "comply"], concern: matching },
  "both decline": { harmful: true, acts: ["reasoned", "reasoned"], concern: matching },
} as const satisfies Record<string, TrialKind<readonly [Act, Act]>>;

/** A response to be criticised and revised. */
export interface CritiqueTrial {
  readonly request: Request;
  readonly response: string;
  readonly wording: Wording;
  /** Whether the critic should find fault, and so the reviser change the response. */
  readonly violation: boolean;
}

/** Two answers to be compared; (A) is answer a. */
export interface ComparisonTrial {
  readonly request: Request;
  readonly a: string;
  readonly b: string;
  readonly wording: Wording;
  readonly better: "a" | "b" | "neither";
}

function drawHeldOutRequest(random: Random, harmful: boolean, split: Split, heldOut: HeldOut): Request {
  const wish = split === "train" ? {} : { heldOut };
  return drawRequest(random, { harmful, action: split, phrasing: split, ...wish });
}

export function drawCritiqueTrial(
  random: Random,
  kind: keyof typeof CRITIQUE_TRIALS,
  split: Split,
  heldOut: HeldOut,
): CritiqueTrial {
  const { harmful, acts, concern: draw } = CRITIQUE_TRIALS[kind];
  const request = drawHeldOutRequest(random, harmful, split, heldOut);
  const concern = draw(random, request);
  const wording = drawWording(random, concern, split);
  return {
    request,
    response: respond(random, request, acts[0]),
    wording,
    violation: violates(concern, request, acts[0]),
  };
}

export function drawComparisonTrial(
  random: Random,
  kind: keyof typeof COMPARISON_TRIALS,
  split: Split,
  heldOut: HeldOut,
): ComparisonTrial {
  const { harmful, acts, concern: draw } = COMPARISON_TRIALS[kind];
  const request = drawHeldOutRequest(random, harmful, split, heldOut);
  const concern = draw(random, request);
  const wording = drawWording(random, concern, split);
  const [a, b] = random.chance(0.5) ? acts : ([acts[1], acts[0]] as const);
  return {
    request,
    a: respond(random, request, a),
    b: respond(random, request, b),
    wording,
    better: preferred(concern, request, a, b),
  };
}
