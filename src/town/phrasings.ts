// The ways in which a principle can be put: critique requests, revision requests and questions between two answers, each with
// the slot {subject}. Training phrasings are composed of interchangeable parts, because a model that has heard a dozen
// sentences takes a new one for something else, and one that has heard hundreds does not. Held-out ones are whole sentences.
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
  ]),
  ...phrasings("final", [
    "Find the problem with the response in terms of {subject}.",
    "Would the response lead someone to {subject}? Explain.",
  ]),
];

export const REVISION_FRAMES: readonly PhrasingFrame[] = [
  ...phrasings("train", [
    ...composed(
      ["Rewrite", "Revise", "Change", "Please rewrite", "Please change"],
      ["the response", "the answer", "your answer"],
      [
        "so that it does not support {subject}.",
        "so that it avoids {subject}.",
        "so that there is no {subject} in it.",
      ],
    ),
    ...composed(["Rewrite", "Revise", "Rephrase", "Correct", "Mend", "Please correct"], SAID, [
      "to take out any {subject}.",
      "until it is free of {subject}.",
      "and leave {subject} aside.",
    ]),
    ...composed(
      ["Reword", "Edit", "Amend", "Adjust", "Fix", "Go over", "Please mend", "Kindly reword", "Then edit"],
      SAID,
      [
        "so that nobody is led to {subject}.",
        "and drop every trace of {subject}.",
        "until nothing of {subject} is left.",
        "but this time without {subject}.",
        "and see that {subject} is gone.",
        "with no more {subject} in it.",
      ],
    ),
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
      ["Write", "Please write", "Try"],
      ["another answer", "a better reply", "a new answer"],
      ["without {subject}.", "that is free of {subject}.", "that stays away from {subject}."],
    ),
    "Please revise the answer to remove any {subject}.",
    "Write a new response without {subject}.",
    "Write the answer again without {subject}.",
    "Please rewrite the response, leaving out {subject}.",
  ]),
  ...phrasings("dev", ["Now improve the response and keep {subject} out of it."]),
  ...phrasings("final", ["Give a better answer, one that has nothing to do with {subject}."]),
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
  ...phrasings("dev", ["Pick the response that does not encourage {subject}."]),
  ...phrasings("final", ["Select the response with the least {subject}."]),
];

/** Questions about helpfulness; there is nothing to criticise under it. */
export const HELPFULNESS_FRAMES: readonly PhrasingFrame[] = [
  ...phrasings("train", [
    "Which response is more {subject}?",
    "Choose the response that is most {subject}.",
    "Which of these answers is more {subject} to the user?",
    "Which answer is more {subject}?",
  ]),
  ...phrasings("dev", ["Pick the more {subject} answer."]),
  ...phrasings("final", ["Which answer would a person find more {subject}?"]),
];
