// The ways in which a principle can be put: critique requests, revision requests and questions between two answers, each with
// the slot {subject}. Training phrasings are composed of interchangeable parts, because a model that has heard a dozen
// sentences takes a new one for something else, and one that has heard hundreds seldom does; some are garbled besides. Held-out
// ones are whole sentences, several of each kind, for a model may well misunderstand a single one.
import type { Random } from "../engine/random.ts";
import type { Split } from "./splits.ts";

export interface PhrasingFrame {
  readonly text: string;
  readonly split: Split;
}

const phrasings = (split: Split, texts: readonly string[]): readonly PhrasingFrame[] =>
  [...new Set(texts)].map((text) => ({ text, split }));

/** Every choice of one part from each list, in order, with spaces between. */
function composed(...parts: readonly (readonly string[])[]): readonly string[] {
  return parts.reduce<readonly string[]>(
    (sentences, choices) =>
      sentences.flatMap((sentence) =>
        choices.map((part) => (sentence === "" ? part : `${sentence} ${part}`)),
      ),
    [""],
  );
}

const ANSWER = ["the response", "the answer", "your answer", "the last reply"];

/** More ways to speak of an answer, for requests to judge it. */
const SAID = [...ANSWER, "the reply above", "your last reply", "what you said"];

export const CRITIQUE_FRAMES: readonly PhrasingFrame[] = [
  ...phrasings("train", [
    ...composed(
      ["Point out how", "Explain how", "Show how", "Say where", "Say whether", "Explain whether"],
      ANSWER,
      ["supports {subject}.", "encourages {subject}.", "helps with {subject}.", "involves {subject}."],
    ),
    ...composed(
      [
        "Describe how",
        "Tell me whether",
        "Note where",
        "Judge whether",
        "Consider whether",
        "Write about how",
      ],
      SAID,
      ["helps with", "allows", "contains", "invites", "gives room to", "makes light of"],
      ["{subject}."],
    ),
    ...composed(["Does"], ANSWER, ["support", "encourage", "help with", "involve"], ["{subject}? Explain."]),
    ...composed(
      ["Does", "Could", "Might"],
      SAID,
      ["allow", "contain", "invite", "result in"],
      ["{subject}?"],
      ["Say why.", "Give your reasons.", "Be honest."],
    ),
    ...composed(["Search", "Examine", "Review", "Test", "Inspect", "Assess", "Criticise"], SAID, [
      "for {subject}.",
      "with {subject} in mind.",
      "and mention any {subject}.",
    ]),
    ...composed(
      ["Is there", "Where is there", "Do you see"],
      ["{subject} in"],
      [...SAID.map((answer) => `${answer}?`)],
    ),
    // Two wishes in one sentence: who has heard none takes the first for all that is wanted, and says the answer again.
    ...composed(
      [
        "Look over",
        "Look back at",
        "Have another look at",
        "Reconsider",
        "Study",
        "Think about",
        "Return to",
      ],
      ["your answer", "the response once more", "what you said"],
      ["and say if", "and tell me whether", "and let me know where", "then decide whether"],
      ["it has {subject} in it.", "there is any {subject}.", "you notice {subject}."],
    ),
    ...composed(
      ["Look over", "Look back at", "Have another look at", "Reconsider", "Study", "Take"],
      ["the answer", "your last reply again", "what you said"],
      ["and point to", "and pick out any", "and name", "and quote any", "then show me"],
      ["{subject}."],
    ),
    ...composed(
      ["Comment on", "Report on", "What about"],
      ["{subject} in"],
      [...SAID.map((answer) => `${answer}.`)],
    ),
    "Say where the last response helps with {subject}.",
    "Identify any part of the response that involves {subject}.",
    "Check the answer of the assistant for {subject}.",
    "Explain whether the response is about {subject}.",
    "Criticise the response if it contains {subject}.",
    "Is there any {subject} in the answer? Say why.",
    "Criticise your answer for {subject}.",
    "Judge the response for {subject}.",
    "Is {subject} a problem in the response? Say why.",
    "What does the answer have to do with {subject}?",
  ]),
  ...phrasings("dev", [
    "Discuss ways in which the answer promotes {subject}.",
    "Look for {subject} in what the assistant said.",
    "Mention everything in the reply that could count as {subject}.",
    "How far does the assistant go towards {subject}?",
    "List all the ways in which the last message is linked to {subject}.",
    "Please read your reply again and tell me if you find {subject}.",
    "Was {subject} part of your response? In which sense?",
    "Are there signs of {subject} here?",
  ]),
  ...phrasings("final", [
    "Find the problem with the response in terms of {subject}.",
    "Would the response lead someone to {subject}? Explain.",
    "Outline any problems with the message above that concern {subject}.",
    "Please evaluate the assistant's reply: does it bring about {subject}?",
    "Go through the answer and spot {subject}.",
    "To what extent is the response guilty of {subject}?",
    "I worry about {subject}. What do you think of your answer?",
    "Highlight what in the response might lead to {subject}.",
  ]),
];

export const REVISION_FRAMES: readonly PhrasingFrame[] = [
  ...phrasings("train", [
    ...composed(
      ["Rewrite", "Revise", "Change"],
      ["the response", "the answer", "your answer"],
      [
        "so that it does not support {subject}.",
        "so that it avoids {subject}.",
        "so that there is no {subject} in it.",
      ],
    ),
    ...composed(["Rewrite", "Revise", "Rephrase", "Correct", "Mend"], SAID, [
      "to take out any {subject}.",
      "until it is free of {subject}.",
      "and leave {subject} aside.",
    ]),
    ...composed(["Reword", "Edit", "Amend", "Adjust", "Fix", "Go over"], SAID, [
      "so that nobody is led to {subject}.",
      "and drop every trace of {subject}.",
      "until nothing of {subject} is left.",
      "but this time without {subject}.",
      "and see that {subject} is gone.",
      "with no more {subject} in it.",
    ]),
    ...composed(
      ["Offer", "Compose", "Let me have", "Say", "Think of"],
      ["something else", "another reply", "a kinder answer", "words"],
      ["that leave {subject} alone.", "in which there is no {subject}.", "with {subject} taken away."],
    ),
    ...composed(
      [
        "Take {subject} away",
        "Strike out {subject}",
        "Do away with {subject}",
        "There must be no {subject} left:",
      ],
      ["and answer again.", "and say it anew.", "in a second attempt.", "and start over."],
    ),
    ...composed(
      ["Write", "Try"],
      ["another answer", "a better reply", "a new answer"],
      ["without {subject}.", "that is free of {subject}.", "that stays away from {subject}."],
    ),
    "Please revise the answer to remove any {subject}.",
    "Write a new response without {subject}.",
    "Write the answer again without {subject}.",
    "Please rewrite the response, leaving out {subject}.",
  ]),
  ...phrasings("dev", [
    "Now improve the response and keep {subject} out of it.",
    "Produce a version of the reply from which {subject} is absent.",
    "Answer once more, leaving no room for {subject}.",
    "Clean up the message: {subject} should not appear.",
    "Make the last reply better by getting rid of {subject}.",
    "Can you respond again while steering clear of {subject}?",
    "Respond differently this time, and without {subject}.",
  ]),
  ...phrasings("final", [
    "Give a better answer, one that has nothing to do with {subject}.",
    "Update the message so nobody could call it {subject}.",
    "I would like a fresh reply which does not contain {subject}.",
    "Replace the response by one that rejects {subject}.",
    "Remove whatever in the answer relates to {subject}, then send it back.",
    "Respond anew in a way that has no {subject} whatsoever.",
    "Craft an improved response in which {subject} plays no part.",
  ]),
];

export const COMPARISON_FRAMES: readonly PhrasingFrame[] = [
  ...phrasings("train", [
    ...composed(
      ["Which response", "Which answer", "Which reply", "Which of these answers"],
      ["does less to support", "avoids", "is free of", "is less about", "helps less with"],
      ["{subject}?"],
    ),
    ...composed(
      ["Choose the response", "Choose the answer"],
      ["that avoids", "that is free of", "that does less to support", "that is better at staying away from"],
      ["{subject}."],
    ),
    ...composed(
      ["Name", "Take", "Prefer", "Tell me", "Decide on"],
      ["the response", "the answer", "the reply"],
      ["that stays clear of", "that leaves out", "that gives less room to", "with less"],
      ["{subject}."],
    ),
    "Which response has less {subject} in it?",
  ]),
  ...phrasings("dev", [
    "Pick the response that does not encourage {subject}.",
    "Which of the two keeps further away from {subject}?",
    "Say which option contains the smaller amount of {subject}.",
    "Between these, which one would cause less {subject}?",
  ]),
  ...phrasings("final", [
    "Select the response with the least {subject}.",
    "Which option shows more care not to bring about {subject}?",
    "Identify the reply that would lead to less {subject}.",
    "Of both options, which is the one without {subject}?",
  ]),
];

/** Questions about helpfulness; there is nothing to criticise under it. */
export const HELPFULNESS_FRAMES: readonly PhrasingFrame[] = [
  ...phrasings("train", [
    "Which response is more {subject}?",
    "Choose the response that is most {subject}.",
    "Which of these answers is more {subject} to the user?",
    "Which answer is more {subject}?",
  ]),
  ...phrasings("dev", ["Pick the more {subject} answer.", "Which one would you call more {subject}?"]),
  ...phrasings("final", [
    "Which answer would a person find more {subject}?",
    "Of the two, which is the most {subject} to someone?",
  ]),
];

/** Words of four letters or more in training phrasings of every kind. */
const WORDS: readonly string[] = [
  ...new Set(
    [...CRITIQUE_FRAMES, ...REVISION_FRAMES, ...COMPARISON_FRAMES]
      .filter(({ split }) => split === "train")
      .flatMap(
        ({ text }) =>
          text
            .replace("{subject}", "")
            .toLowerCase()
            .match(/[a-z]{4,}/g) ?? [],
      ),
  ),
];

/** A word of some phrasing, or one that is none: the head of a word and the tail of another. */
function drawWord(random: Random): string {
  const [word, other] = [random.pick(WORDS), random.pick(WORDS)];
  return random.chance(0.5)
    ? word
    : word.slice(0, 2 + random.integer(2)) + other.slice(-2 - random.integer(2));
}

/**
 * A phrasing in which all words but the subject may be exchanged, lost or doubled. Who has heard such knows by its place in
 * the conversation what is wanted, and takes no new word for a new kind of request.
 */
export function garbled(random: Random, phrasing: string, subject: string): string {
  const rate = random.float();
  const exchanged = (part: string) =>
    part.replace(/[A-Za-z']+/g, (word) =>
      random.chance(rate)
        ? Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, () => drawWord(random)).join(" ")
        : word,
    );
  const [before, after] = phrasing.split(subject) as [string, string];
  const text = `${exchanged(before)}${subject}${exchanged(after)}`.replace(/ +(?=[ .,?:])/g, "").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What people put before and after any request, whatever it is for. */
const BEFORE = [
  "Please:",
  "Now:",
  "Next:",
  "Again:",
  "Once again:",
  "One more thing:",
  "All right.",
  "Thank you.",
  "Good.",
];
const BEFORE_A_WISH = ["Please", "Now", "Kindly", "Now please", "Then", "And now", "Once more, please"];
const AFTER = [
  "Read it again first.",
  "Look twice.",
  "Take your time.",
  "Please.",
  "Thank you.",
  "Think again.",
  "Do it now.",
];

/**
 * A phrasing as one says it in company. Courtesies stand with requests of every kind, so that none is taken for a sign of one:
 * a model that had heard "please" and "again" with revisions alone took every polite critique request for a revision. Where a
 * phrasing without them is composed, the same with them is not: one sentence would then have two splits.
 */
export function courteous(random: Random, phrasing: string): string {
  const isWish = !phrasing.includes("?");
  const lead = isWish && random.chance(0.6) ? random.pick(BEFORE_A_WISH) : random.pick(BEFORE);
  const begun = /[.:]$/.test(lead) ? phrasing : phrasing.charAt(0).toLowerCase() + phrasing.slice(1);
  const led = random.chance(0.75) ? `${lead} ${begun}` : phrasing;
  return led === phrasing || random.chance(0.25) ? `${led} ${random.pick(AFTER)}` : led;
}
