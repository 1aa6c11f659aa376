// Remarks on a constitution that can be used but might be better: each rule is a row of a table, with its reason and its source.
// The rules are heuristics on text and know no meaning; whoever wrote the principle decides. What makes a constitution unusable
// is issues.ts.
import type { Constitution, Principle } from "./constitution.ts";
import { ANY_HARM, HARM_AREAS, OPEN_REFUSAL } from "./harm-areas.ts";
import { type Alike, opposites, pairsAlike, pairsOf } from "./pairs.ts";
import { statementsOf, stemsOf } from "./statements.ts";
import { wordingsOf } from "./wording.ts";

/** What one rule noticed. Without an id it concerns the whole constitution. */
interface Finding {
  readonly id?: string;
  /** The other principle of a pair. */
  readonly other?: string;
  readonly found: string;
}

/** A finding with the rule that made it. */
export interface Remark extends Finding {
  readonly rule: RuleName;
  /** Why it matters, in a sentence. */
  readonly why: string;
  /** Where the reason is from. */
  readonly source: string;
  readonly suggestion: string;
}

export type RuleName =
  | "duplicate"
  | "near-duplicate"
  | "contradiction"
  | "vague"
  | "no-behaviour"
  | "negative"
  | "no-source"
  | "no-reasons"
  | "uncovered-harm"
  | "no-open-refusal";

interface Rule {
  /** What it looks at, for the documentation. */
  readonly looksAt: string;
  readonly why: string;
  readonly source: string;
  readonly suggestion: string;
  readonly find: (constitution: Constitution) => readonly Finding[];
}

const CAI = "Bai et al. 2022 (arXiv 2212.08073)";
const C3AI = "C3AI (arXiv 2502.15861)";
const OURS = "follows from how principles are drawn and put to a model here";

/** From this likeness on, two principles say nearly the same. */
const NEAR = 0.65;

/** Every rule, in the order in which remarks on one place are told. */
export const RULES: { readonly [N in RuleName]: Rule } = {
  duplicate: {
    looksAt: "pairs of principles with the same text, or the same content words, affirmed and denied alike",
    why: "Each is drawn for itself, so saying a thing twice only gives it twice the weight.",
    source: OURS,
    suggestion: "Leave one of the two out; raise the weight of the other if it is to be drawn more often.",
    find: pairsWhere(
      (alike) => alike === 1,
      ({ a }) => `says what ${a.id} says, in the same words`,
    ),
  },
  "near-duplicate": {
    looksAt: `pairs of principles with at least ${NEAR * 100}% of their content words in common, where words that many principles share count for less`,
    why: "Each is drawn for itself, so two that hardly differ add weight and no diversity.",
    source: `${OURS}; more principles raise diversity in ${CAI}`,
    suggestion: "Join the two, or say in each what the other does not.",
    find: pairsWhere(
      (alike) => alike >= NEAR && alike < 1,
      ({ a, alike }) =>
        `says nearly what ${a.id} says (${Math.round(alike * 100)}% of the words that tell them apart from others)`,
    ),
  },
  contradiction: {
    looksAt:
      "pairs of principles of which one affirms what the other denies, by content words and a list of opposites",
    why: "A comparison is judged under one drawn principle, so two that disagree give labels that cancel.",
    source: OURS,
    suggestion: "Say in one of the two when it gives way to the other, or leave one out.",
    find: ({ principles }) =>
      pairsOf(principles).flatMap(({ a, b }) => {
        const opposed = opposites(statementsOf(a.text), statementsOf(b.text))[0];
        if (opposed === undefined) return [];
        const [there, here] = opposed.map(({ text }) => text.replace(/[\s.,;:!?]+$/, ""));
        return { id: b.id, other: a.id, found: `may contradict ${a.id}: “${here}” here, “${there}” there` };
      }),
  },
  vague: {
    looksAt:
      "words that leave the decision open, in a principle and in the wording given for it: appropriate, reasonable, if possible, try to, …",
    why: "A critic can only find fault with what a principle says to do; where it leaves that open, the model decides.",
    source: `behaviour-based principles agree better with people: ${C3AI}`,
    suggestion: "Say what the assistant does, and in which case.",
    find: ({ principles }) =>
      principles.flatMap((principle) => {
        const hedged = saidIn(principle).filter(({ said }) => hedgesIn(said).length > 0);
        const words = new Set(hedged.flatMap(({ said }) => hedgesIn(said)));
        if (words.size === 0) return [];
        return {
          id: principle.id,
          found: `leaves open what is meant by ${[...words].map((word) => `“${word}”`).join(" and ")}${placesOf(hedged)}`,
        };
      }),
  },
  "no-behaviour": {
    looksAt:
      "principles, and the wording given for them, with no content word but those for virtues (good, honest, safe, …)",
    why: "A virtue by its name alone does not tell a critic what to look for in an answer.",
    source: `behaviour-based principles agree better with people: ${C3AI}`,
    suggestion: "Say what someone with that virtue would do in an answer.",
    find: ({ principles }) =>
      principles.flatMap((principle) => {
        const bare = saidIn(principle).filter(({ said }) => stemsOf(said).isSubsetOf(VIRTUES));
        return bare.length === 0
          ? []
          : { id: principle.id, found: `names virtues and no behaviour${placesOf(bare)}` };
      }),
  },
  negative: {
    looksAt: "principles that only say what is not done",
    why: "Principles that say what to do agree better with people, and an answer that does nothing breaks none that only forbid.",
    source: `positive wording: ${C3AI}; harmless without being evasive: ${CAI}, section 4.4`,
    suggestion: "Add what it does instead, such as what it says and what it offers.",
    find: principlesWhere(({ text }) => {
      const statements = statementsOf(text);
      return statements.length > 0 && statements.every(({ isDenied }) => isDenied);
    }, "says only what the assistant does not do"),
  },
  "no-source": {
    looksAt: "principles without a source",
    why: "Whoever debates a principle will ask where it comes from.",
    source: `the paper's constitution names its sources: ${CAI}`,
    suggestion: "Add source: { title: …, locator: … }; your own policy is one.",
    find: principlesWhere(({ source }) => source === undefined, "names no source"),
  },
  "no-reasons": {
    looksAt: "principles without reasons",
    why: "A reason tells the next reader what a rewording has to keep.",
    source: OURS,
    suggestion: "Add reasons: why does it stand here?",
    find: principlesWhere(({ reasons }) => reasons === "", "gives no reasons"),
  },
  "uncovered-harm": {
    looksAt: "areas of harm that no principle names, unless one is about harm of any kind",
    why: "An answer is only ever criticised under a drawn principle; what none is about is left to the model.",
    source: "areas: Universal Declaration of Human Rights, by the articles given",
    suggestion:
      "Add a principle for each that your users could touch on, or one about harming people in any way.",
    find: ({ principles }) => {
      if (principles.some(({ text }) => ANY_HARM.test(text))) return [];
      const named = principles.map(({ id, text, tags }) => [id, text, ...tags].join(" "));
      const missing = HARM_AREAS.filter(({ words }) => !named.some((text) => words.test(text)));
      if (missing.length === 0) return [];
      return [
        {
          found: `no principle is about ${missing.map(({ name, article }) => `${name} (Article ${article})`).join(", ")}, nor about harm to people of any kind`,
        },
      ];
    },
  },
  "no-open-refusal": {
    looksAt:
      "whether any principle asks that a refusal be open: explained, or with something offered instead",
    why: "Turning away without a word keeps to every principle against harm and helps nobody; harmless need not be evasive.",
    source: `${CAI}, section 4.4`,
    suggestion: "Add one: the assistant says so openly, gives the reason and offers what it can do instead.",
    find: ({ principles }) =>
      principles.some(({ text }) => OPEN_REFUSAL.test(text))
        ? []
        : [{ found: "no principle says how to decline" }],
  },
};

/** All remarks on a constitution: those on the whole first, then by principle, then by rule. */
export function reviewConstitution(constitution: Constitution): readonly Remark[] {
  const order = new Map(constitution.principles.map(({ id }, i) => [id, i]));
  const placeOf = ({ id }: Remark) => (id === undefined ? -1 : order.get(id)!);
  const remarks = (Object.keys(RULES) as RuleName[]).flatMap((rule) => {
    const { find, why, source, suggestion } = RULES[rule];
    return find(constitution).map((finding) => ({ rule, ...finding, why, source, suggestion }));
  });
  return remarks.sort((a, b) => placeOf(a) - placeOf(b));
}

/** What a principle says: its text, and the words that a model is asked in where they are given (wording.ts). */
const saidIn = (principle: Principle): readonly { readonly place: string; readonly said: string }[] => [
  { place: "text", said: principle.text },
  ...wordingsOf(principle).flatMap(({ use, text, origin }) =>
    origin === "given" ? { place: `${use} wording`, said: text } : [],
  ),
];

/** " (revision wording)"; nothing where it is the text alone. */
const placesOf = (found: ReturnType<typeof saidIn>): string =>
  found.every(({ place }) => place === "text") ? "" : ` (${found.map(({ place }) => place).join(", ")})`;

const hedgesIn = (said: string): readonly string[] =>
  Array.from(said.matchAll(HEDGES), ([word]) => word.toLowerCase());

function principlesWhere(isFound: (principle: Principle) => boolean, found: string): Rule["find"] {
  return ({ principles }) => principles.filter(isFound).map(({ id }) => ({ id, found }));
}

/** Findings on the later of two principles that are so much alike. */
function pairsWhere(isFound: (alike: number) => boolean, found: (pair: Alike) => string): Rule["find"] {
  return (constitution) =>
    pairsAlike(constitution)
      .filter(({ alike }) => isFound(alike))
      .map((pair) => ({ id: pair.b.id, other: pair.a.id, found: found(pair) }));
}

/** Words that leave the decision to whoever reads them. */
const HEDGES =
  /\b(appropriate(ly)?|inappropriate(ly)?|reasonabl[ey]|unreasonabl[ey]|suitabl[ey]|proper(ly)?|adequate(ly)?|(if|as|where|when|whenever) (possible|necessary|needed|applicable|relevant)|as far as possible|tr(y|ies) to|attempts? to|strives? to|aims? to|generally(?! known)|usually|normally|in most cases|good judge?ment|best practices?|common sense|to some extent|etc|and so on|and the like)\b/gi;

/** Virtues and vices by their names, and the verbs that only attach one to the assistant. */
const VIRTUES =
  stemsOf(`good great nice kind honest helpful harmless harmful harm help ethical unethical moral immoral responsible
  respectful respect fair safe unsafe bad wise trustworthy polite caring quality behave act thing way well better best
  truthful positive toxic choose prefer pick`);
