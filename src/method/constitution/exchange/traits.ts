// Traits of Open Character Training: { trait, questions, additional_questions }, as a JSON list or JSON Lines. A trait is a
// principle; its questions are prompts.
import { z } from "zod";
import type { Constitution } from "../constitution.ts";
import { type Content, each, eachRow, entries, entryAs, saidText, unreadNote } from "./content.ts";
import type { Beside, DraftPrompt, ForeignReading } from "./draft.ts";

/** The lists of questions that a trait has, in the order of the file. */
const LISTS = ["questions", "additional_questions"] as const;

const schema = z.looseObject({ trait: saidText, questions: entries, additional_questions: entries });

export function readTraits(content: Content): ForeignReading {
  const list = { ...content, json: content.json && [content.json].flat() }; // a trait alone is a list of one
  const traits = eachRow(list, (row, locator, i) => ({
    ...entryAs(schema, row, locator),
    locator,
    line: content.lines?.[i] ?? i + 1,
  }));
  const asked = traits.items.flatMap((trait, of) =>
    LISTS.map((list) =>
      each(
        trait[list],
        (n) => `${trait.locator}.${list}[${n}]`,
        (prompt, place): DraftPrompt => ({ prompt: entryAs(saidText, prompt, place), of, list }),
        trait[list].map(() => trait.line),
      ),
    ),
  );
  return {
    principles: traits.items.map(({ trait, locator }) => ({ text: trait.trim(), locator })),
    prompts: asked.flatMap(({ items }) => items),
    notes: unreadNote(traits.items, ["trait", "locator", "line", ...LISTS]),
    malformed: [traits, ...asked].flatMap(({ malformed }) => malformed),
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
