// Renders conversations with a checkpoint's Jinja chat template, so that nothing a person or a model wrote can forge a
// turn. Special tokens written out in a content are broken with a guard: a character that no content holds. The tokenizer
// cuts the rendered text at special tokens first and drops the guards after, so templates may trim, wrap or move contents.
import { Template } from "@huggingface/jinja";
import type { Conversation } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * For base models, which come without a template: the transcript of hh-rlhf (Bai et al. 2022a). An answer ends with the token
 * that ends a text, or where a person would speak.
 */
export const PLAIN_TEMPLATE = [
  "{% if bos_token %}{{ bos_token }}{% endif %}",
  "{% for m in messages %}",
  // As expressions: a line break after a tag is dropped.
  "{% if m.role == 'user' %}{{ '\\n\\nHuman: ' + m.content }}",
  "{% elif m.role == 'system' %}{{ m.content }}",
  "{% else %}{{ '\\n\\nAssistant: ' + m.content + eos_token }}{% endif %}",
  "{% endfor %}",
  "{% if add_generation_prompt %}{{ '\\n\\nAssistant:' }}{% endif %}",
].join("");

/** Texts at which an answer is over, though its end-of-turn has not come: a base model goes on with the transcript. */
export const endsOfAnswer = ({ chatTemplate }: Pick<Tokenizer, "chatTemplate">): readonly string[] =>
  (chatTemplate ?? PLAIN_TEMPLATE) === PLAIN_TEMPLATE ? ["\n\nHuman:"] : [];

/** Renders messages, with the opening of the assistant's turn at the end where `opened`. */
export type Render = (conversation: Conversation, opened: boolean) => string;

/**
 * The tokenizer's chat template as a function; the plain one where it has none.
 *
 * @throws UserError when it does not parse; rendering throws one when the template refuses
 */
export function createRender(tokenizer: Tokenizer): Render {
  const chatTemplate = tokenizer.chatTemplate ?? PLAIN_TEMPLATE;
  // By another name, since the library keeps this one for the clock's date.
  const dated = chatTemplate.replaceAll(/\bstrftime_now\b/g, "fixed_date");
  const template = attempt("to parse", () => new Template(dated));
  return (conversation, opened) =>
    attempt("to render", () =>
      template.render({
        ...tokenizer.namedTokens,
        messages: conversation,
        add_generation_prompt: opened,
        fixed_date: fixedDate,
      }),
    );
}

/** "Today" of templates that write a date: the same one always, or what a model is asked would depend on when. */
const TODAY: Readonly<Record<string, string>> = {
  ...{ Y: "2024", y: "24", m: "07", d: "26", B: "July", b: "Jul", A: "Friday", a: "Fri" },
  ...{ H: "12", I: "12", M: "00", S: "00", p: "PM", j: "208", "%": "%" },
};

const fixedDate = (format: string): string =>
  format.replaceAll(/%(-?)([A-Za-z%])/g, (directive, bare: string, name: string) => {
    const value = TODAY[name] ?? directive;
    return bare === "" ? value : value.replace(/^0+(?=\d)/, "");
  });

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new UserError(
      "chat-template-fails",
      `chat template: expected ${what}, got "${cause instanceof Error ? cause.message : cause}"`,
      "check that the template takes this sequence of roles (some refuse a system message)",
      { cause },
    );
  }
}

/**
 * A function that puts `guard` after the first character of each mark written out in a text: the special tokens, and those added
 * ones that the template itself writes (not all marks of turns are called special; what a template only looks for, such as the
 * end of a thought, stays as it is).
 */
export function createGuard(tokenizer: Tokenizer, render: Render): (text: string, guard: string) => string {
  const written = render([{ role: "user", content: "a" }], true);
  const marks = [...tokenizer.addedTokens.keys()].filter(
    (token) => tokenizer.specialTokens.has(token) || written.includes(token),
  );
  const broken = marks.map((token) => {
    const first = String.fromCodePoint(token.codePointAt(0)!);
    return `${RegExp.escape(first)}(?=${RegExp.escape(token.slice(first.length))})`; // looking ahead: tokens may overlap
  });
  if (broken.length === 0) return (text) => text;
  const pattern = new RegExp(broken.join("|"), "gu");
  return (text, guard) => text.replace(pattern, (first) => first + guard);
}

/** A character that occurs in none of the texts: a noncharacter of Unicode, else one of the private use area. */
export function unusedCharacter(texts: readonly string[]): string {
  const candidates = [
    [0xfdd0, 0xfdef],
    [0xe000, 0xf8ff],
  ] as const;
  for (const [first, last] of candidates) {
    for (let code = first; code <= last; code++) {
      const character = String.fromCharCode(code);
      if (!texts.some((text) => text.includes(character))) return character;
    }
  }
  throw new UserError(
    "text-uses-every-character",
    "chat template: expected a text that leaves one private-use character free, got none",
    "remove the private-use characters from the text",
  );
}
