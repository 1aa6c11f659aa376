// What a model remarks on a constitution: on each principle, and on all of them together. Its answers are lines of a given shape;
// what has another shape is counted and left out. The rules that need no model are review.ts.
import type { LanguageModel } from "../../models/model.ts";
import { type Answer, answersTo, type OnAsked } from "./ask.ts";
import type { Constitution, Principle } from "./constitution.ts";
import { type WordingUse, wordingsOf } from "./wording.ts";

/** Without an id it concerns the whole constitution. */
export interface ModelRemark {
  readonly id?: string;
  readonly found: string;
  readonly suggestion: string;
}

export interface ModelReview {
  readonly remarks: readonly ModelRemark[];
  /** Questions that were put. */
  readonly asked: number;
  /** Lines of answers that were no remark, and answers that were empty or cut short. */
  readonly unusable: number;
}

/** How a remark is asked for, and that there is none. */
const SHAPE = "| what is wrong | what to write instead";
const NONE = "NONE";
const WHOLE = "ALL";

const GOAL =
  "An AI assistant is trained under principles. A critic is shown an answer and one principle at a time, and says where the answer goes against it.";

const ofOne = (principle: Principle): string => {
  const { id, text, reasons } = principle;
  const given = wordingsOf(principle).filter(({ origin }) => origin === "given");
  const asked = given.map(({ use, text: words }) => `\n${PUT[use]}: ${words}`).join("");
  return `${GOAL}

Principle: ${text}${reasons === "" ? "" : `\nReasons for it: ${reasons}`}${asked}

What in this principle would mislead the critic: words that can be read in two ways, cases that it leaves open, something that cannot be seen in an answer? Answer with at most three lines of this shape and nothing else:
${id} ${SHAPE}
If there is nothing, answer ${NONE}.`;
};

/** How wording that is given is told: a model is asked in it alone, and never shown the principle. */
const PUT: { readonly [U in WordingUse]-?: string } = {
  critique: "The critic is not shown it, but asked this",
  revision: "Whoever rewrites an answer is not shown it, but asked this",
  comparison: "Whoever compares answers is not shown it, but asked this",
};

const ofAll = ({ principles }: Constitution): string =>
  `${GOAL}

${principles.map(({ id, text }) => `${id}: ${text}`).join("\n")}

Which of these principles contradict each other, and what might people ask that none of them is about? Answer with at most five lines of this shape and nothing else:
name of the principle, or ${WHOLE} ${SHAPE}
If there is nothing, answer ${NONE}.`;

/** Asks about every principle, then about all together. */
export async function reviewByModel(
  model: LanguageModel,
  constitution: Constitution,
  onAsked?: OnAsked,
  signal?: AbortSignal,
): Promise<ModelReview> {
  const { principles } = constitution;
  const ids = principles.map(({ id }) => id);
  const questions = [...principles.map(ofOne), ofAll(constitution)];
  const answers = await answersTo(model, questions, onAsked, signal);
  const read = answers.map((answer, i) => remarksIn(answer, i < ids.length ? [ids[i]!] : [...ids, WHOLE]));
  return {
    remarks: read.flatMap(({ remarks }) => remarks),
    asked: questions.length,
    unusable: read.reduce((sum, { unusable }) => sum + unusable, 0),
  };
}

function remarksIn(
  { text, isWhole }: Answer,
  ids: readonly string[],
): Pick<ModelReview, "remarks" | "unusable"> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const whole = isWhole ? lines : lines.slice(0, -1); // the last one broke off
  const remarks = whole.flatMap((line) => remarkIn(line, ids) ?? []);
  const isNone = (line: string) => line.replace(/[^a-z]/gi, "").toUpperCase() === NONE;
  const said = remarks.length + whole.filter(isNone).length;
  return { remarks, unusable: lines.length === 0 ? 1 : lines.length - said };
}

function remarkIn(line: string, ids: readonly string[]): ModelRemark | undefined {
  const [name = "", found = "", suggestion = "", ...more] = line.split("|").map((part) => part.trim());
  const plain = name.replaceAll(/[`*"]/g, "").trim();
  const id = plain.replace(/^(-\s+|\d+[.)]\s*)+/, ""); // less the mark of a list
  if (!ids.includes(id) || found === "" || suggestion === "" || more.some((part) => part !== ""))
    return undefined;
  return { ...(id !== WHOLE && { id }), found, suggestion };
}
