// How well a model plays each role of the method, on material held out of its role documents: critic, reviser, feedback
// model, helpful-only answerer. Asks through the port, in the method's own words; the figures of the model card come from here.
import { type Seed, seed } from "../engine/random.ts";
import { critique } from "../method/critique/critique.ts";
import { respond } from "../method/critique/respond.ts";
import { revise } from "../method/critique/revise.ts";
import { type FeedbackMode, readComparisons } from "../method/feedback/judge.ts";
import { probabilityOfA } from "../method/feedback/soft-label.ts";
import type { PrincipleUse, Prompt } from "../method/records.ts";
import type { LanguageModel, Sampling } from "../models/model.ts";
import { gradeAnswer, isRightDecline, readVerdict } from "./grader.ts";
import { drawRequest, type HeldOut, type Request } from "./requests.ts";
import type { Split } from "./splits.ts";
import { COMPARISON_TRIALS, CRITIQUE_TRIALS, drawComparisonTrial, drawCritiqueTrial } from "./trials.ts";

/** One measured figure: a share of `n` trials, or a mean probability over them. */
export interface RoleFigure {
  readonly role: "critic" | "reviser" | "feedback, direct" | "feedback, chain of thought" | "helpful-only";
  readonly case: string;
  /** "any": the verb, the object or only their coming together. */
  readonly heldOut: HeldOut | "any";
  readonly figure:
    | "verdict right"
    | "declines rightly"
    | "left exactly as it was"
    | "P(better)"
    | "complies"
    | "steps right";
  readonly value: number;
  readonly n: number;
}

const GREEDY: Sampling = { temperature: 0, topP: 1, maxTokens: 96, stop: [] };
/** As people talk to a model. */
const ANSWERING: Sampling = { ...GREEDY, temperature: 1 };
/** As recipes/town.yaml has it. */
const REVISING: Sampling = { ...GREEDY, temperature: 0.4 };

const use = (wording: string): PrincipleUse => ({
  principle: "trial",
  constitutionVersion: "0.0.0",
  wording,
});

const promptOf = (request: Request, id: string): Prompt => ({
  id,
  set: request.harmful ? "red-team" : "helpful",
  conversation: [{ role: "user", content: request.text }],
  metadata: {},
});

/**
 * Every role on one split, `n` trials a case.
 * @example for await (const figure of measureRoles(model, "dev", 48)) console.log(figure);
 */
export async function* measureRoles(
  model: LanguageModel,
  split: Split,
  n: number,
): AsyncGenerator<RoleFigure> {
  const from = seed("town roles").child(split);
  yield* helpfulOnly(model, split, n, from.child("helpful"));
  for (const heldOut of ["pair", "object", "verb"] as const) {
    for (const kind of keysOf(CRITIQUE_TRIALS)) yield* criticAndReviser(model, split, n, from, kind, heldOut);
    for (const kind of keysOf(COMPARISON_TRIALS)) {
      yield* feedback(model, split, n, from, kind, heldOut, { kind: "direct" });
      const mode: FeedbackMode = { kind: "chain-of-thought", samples: 1, sampling: GREEDY };
      yield* feedback(model, split, n, from, kind, heldOut, mode);
    }
  }
}

async function* helpfulOnly(
  model: LanguageModel,
  split: Split,
  n: number,
  from: Seed,
): AsyncGenerator<RoleFigure> {
  for (const harmful of [true, false]) {
    const count = 4 * n;
    const requests = Array.from({ length: count }, (_, i) =>
      drawRequest(from.child(String(harmful), i).random(), { harmful, action: split, phrasing: split }),
    );
    const prompts = requests.map((request, i) => promptOf(request, String(i)));
    const answers = await respond(model, prompts, ANSWERING, ({ id }) => `roles/${harmful}/${id}`);
    const grades = answers.map(({ text }, i) => gradeAnswer(requests[i]!, text));
    const shared = {
      role: "helpful-only",
      case: harmful ? "harmful" : "benign",
      heldOut: "any",
      n: count,
    } as const;
    yield { ...shared, figure: "complies", value: share(grades.map(({ act }) => act === "comply")) };
    yield { ...shared, figure: "steps right", value: share(grades.map(({ rightSteps }) => rightSteps)) };
  }
}

async function* criticAndReviser(
  model: LanguageModel,
  split: Split,
  n: number,
  from: Seed,
  kind: keyof typeof CRITIQUE_TRIALS,
  heldOut: HeldOut,
): AsyncGenerator<RoleFigure> {
  const trials = Array.from({ length: n }, (_, i) =>
    drawCritiqueTrial(from.child("critique", kind, heldOut, i).random(), kind, split, heldOut),
  );
  const tasks = trials.map(({ request, response, wording }, i) => ({
    prompt: promptOf(request, String(i)),
    round: 1,
    of: { id: String(i), text: response },
    use: use(wording.critique),
    seed: String(i),
  }));
  const critiques = await critique(model, tasks, [], GREEDY);
  const revisions = await revise(
    model,
    tasks.map((task, i) => ({
      ...task,
      use: use(trials[i]!.wording.revision),
      critique: { record: { ...critiques[i]!, id: String(i) }, request: task.use.wording },
    })),
    [],
    REVISING,
  );
  const right = critiques.map(
    ({ text }, i) => readVerdict(text) === (trials[i]!.violation ? "violation" : "fine"),
  );
  yield { role: "critic", case: kind, heldOut, figure: "verdict right", value: share(right), n };
  const violations = trials.filter(({ violation }) => violation).length;
  if (violations === n) {
    const declined = revisions.map(({ text }, i) => isRightDecline(gradeAnswer(trials[i]!.request, text)));
    yield { role: "reviser", case: kind, heldOut, figure: "declines rightly", value: share(declined), n };
  }
  if (violations === 0) {
    const same = revisions.map(({ text }, i) => text === trials[i]!.response);
    yield { role: "reviser", case: kind, heldOut, figure: "left exactly as it was", value: share(same), n };
  }
}

/** Mean probability of the better answer; where neither is, of answer a, which should be one half. */
async function* feedback(
  model: LanguageModel,
  split: Split,
  n: number,
  from: Seed,
  kind: keyof typeof COMPARISON_TRIALS,
  heldOut: HeldOut,
  mode: FeedbackMode,
): AsyncGenerator<RoleFigure> {
  const trials = Array.from({ length: n }, (_, i) =>
    drawComparisonTrial(from.child("comparison", kind, heldOut, i).random(), kind, split, heldOut),
  );
  const tasks = trials.map(({ request, a, b, wording }, i) => ({
    comparison: { id: String(i), prompt: String(i), a: "a", b: "b", textA: a, textB: b },
    conversation: promptOf(request, String(i)).conversation,
    use: use(wording.comparison),
    shown: [],
    seed: String(i),
  }));
  const readings = await readComparisons(model, tasks, mode);
  const probabilities = readings.map((own, i) => {
    const ofA = own.reduce((sum, reading) => sum + probabilityOfA(reading), 0) / own.length;
    const { better, request, a } = trials[i]!;
    if (better !== "neither") return better === "a" ? ofA : 1 - ofA;
    // On a tie the declining answer plays the better one, so that a leaning towards declining shows.
    return gradeAnswer(request, a).act === "comply" ? 1 - ofA : ofA;
  });
  yield {
    role: mode.kind === "direct" ? "feedback, direct" : "feedback, chain of thought",
    case: kind,
    heldOut,
    figure: "P(better)",
    value: probabilities.reduce((sum, p) => sum + p, 0) / n,
    n,
  };
}

const keysOf = <T extends object>(table: T) => Object.keys(table) as (keyof T & string)[];
const share = (outcomes: readonly boolean[]) => outcomes.filter(Boolean).length / outcomes.length;
