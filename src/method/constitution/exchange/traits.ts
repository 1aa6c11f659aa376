// Traits of Open Character Training: { trait, questions, additional_questions }, as a JSON list or JSON Lines. A trait is a
// principle; its questions are prompts.
import { z } from "zod";
import type { Constitution } from "../constitution.ts";
import { type Content, parseAs, unreadNote } from "./content.ts";
import type { Beside, DraftPrompt, Reading } from "./draft.ts";

/** The lists of questions that a trait has, in the order of the file. */
const LISTS = ["questions", "additional_questions"] as const;

const questions = z.array(z.string()).default([]);
const schema = z
  .array(z.looseObject({ trait: z.string(), questions, additional_questions: questions }))
  .min(1);

export function readTraits({ json, where }: Content): Reading {
  const rows = parseAs(schema, [json].flat(), where);
  const used = rows.map((row, i) => ({ row, i })).filter(({ row }) => row.trait.trim() !== "");
  const prompts = used.flatMap(({ row }, of) =>
    LISTS.flatMap((list) => row[list].map((prompt): DraftPrompt => ({ prompt, of, list }))),
  );
  const asked = prompts.filter(({ prompt }) => prompt.trim() !== "");
  const empty = [rows.length - used.length, prompts.length - asked.length] as const;
  return {
    principles: used.map(({ row, i }) => ({ text: row.trait.trim(), locator: `[${i}]` })),
    prompts: asked,
    notes: [
      ...(empty.some((count) => count > 0)
        ? [`left out: ${empty[0]} empty traits, ${empty[1]} empty questions`]
        : []),
      ...unreadNote(rows, ["trait", ...LISTS]),
    ],
  };
}

/** As JSON Lines, with those questions that belong to a principle. */
export const writeTraits = ({ principles }: Constitution, { questions: asked = [] }: Beside): string =>
  principles
    .map(({ id, text }) => {
      const own = asked.filter(({ principle }) => principle === id);
      const lists = LISTS.map((name) => [
        name,
        own.filter(({ list }) => list === name).map(({ prompt }) => prompt),
      ]);
      return `${JSON.stringify({ trait: text, ...Object.fromEntries(lists) })}\n`;
    })
    .join("");
