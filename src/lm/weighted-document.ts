// Documents for pretraining: turns whose spans weigh differently in the loss, as tokens with one weight each. The tokens
// are those of the whole document; each is traced to its span by the bytes it covers.

import type { Message, TokenSequence } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { createGuard, createRender, unusedCharacter } from "./chat-template.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** One turn of a document, cut into spans. */
export interface WeightedTurn {
  readonly role: Message["role"];
  readonly spans: readonly { readonly text: string; readonly weight: number }[];
}

/** A run of rendered text that weighs the same. */
interface Piece {
  readonly text: string;
  readonly weight: number;
}

/**
 * An encoder of weighted documents. Every token has the weight of the span it comes from (the larger one where it
 * straddles two), an end-of-turn that of its turn's last span, and the template's own text 0.
 *
 * @throws UserError (when encoding) if the tokenizer is not byte-level or the template rewrites contents
 * @example encode([{ role: "user", spans: [{ text: "Hi", weight: 0.3 }] }, { role: "assistant", spans: [{ text: "Hello", weight: 1 }] }]);
 */
export function createDocumentEncoder(
  tokenizer: Tokenizer,
  endOfTurn: number,
): (turns: readonly WeightedTurn[]) => TokenSequence {
  const render = createRender(tokenizer);
  const guardText = createGuard(tokenizer, render);
  const endText = tokenizer.decode([endOfTurn], { keepSpecial: true });

  return (turns) => {
    const texts = turns.flatMap((turn) => turn.spans.map((span) => span.text));
    const guard = unusedCharacter(texts);
    const mark = unusedCharacter([...texts, guard]);
    // A mark before each span and one after the turn's last pass through the template and show where the spans lie.
    const messages = turns.map(({ role, spans }) => ({
      role,
      content: `${spans.map((span) => mark + guardText(span.text, guard)).join("")}${mark}`,
    }));
    const rendered = render(messages, false);
    const pieces = toPieces(rendered.split(mark), turns, endText);
    const tokens = tokenizer.encode(rendered, [guard, mark]);
    const bytes = pieces.map(({ text }) => Buffer.byteLength(text.replaceAll(guard, "")));
    return { tokens, weights: weighTokens(tokens, tokenizer, pieces, bytes) };
  };
}

/** The rendered text between marks, each with its weight: template, spans, template, spans, … template. */
function toPieces(
  parts: readonly string[],
  turns: readonly WeightedTurn[],
  endText: string,
): readonly Piece[] {
  const expected = turns.reduce((sum, turn) => sum + turn.spans.length + 1, 1);
  if (parts.length !== expected) {
    throw new UserError(
      "chat-template-rewrites",
      `chat template: expected ${expected - 1} marks of spans to pass through, got ${parts.length - 1}`,
      "use a template that writes each message's content once, as it is",
    );
  }
  const pieces: Piece[] = [{ text: parts[0]!, weight: 0 }];
  let next = 1;
  for (const { spans } of turns) {
    for (const { weight } of spans) pieces.push({ text: parts[next++]!, weight });
    const after = parts[next++]!;
    const end = after.startsWith(endText) ? endText : "";
    pieces.push(
      { text: end, weight: spans.at(-1)?.weight ?? 0 },
      { text: after.slice(end.length), weight: 0 },
    );
  }
  return pieces;
}

function weighTokens(
  tokens: readonly number[],
  tokenizer: Tokenizer,
  pieces: readonly Piece[],
  bytes: readonly number[],
): number[] {
  const total = bytes.reduce((sum, length) => sum + length, 0);
  let piece = -1;
  let left = 0; // bytes of pieces[piece] not yet covered
  let covered = 0;
  const weights = tokens.map((token) => {
    let need = tokenizer.byteLength(token) ?? Number.NaN;
    covered += need;
    let weight = 0;
    while (need > 0 && piece < pieces.length) {
      if (left === 0) left = bytes[++piece] ?? 0;
      const taken = Math.min(left, need);
      if (taken > 0) weight = Math.max(weight, pieces[piece]!.weight);
      left -= taken;
      need -= taken;
    }
    return weight;
  });
  if (covered !== total) {
    throw new UserError(
      "tokenizer-not-byte-level",
      `weighted document: expected tokens of ${total} bytes in all, got ${covered}`,
      "pretrain with a byte-level tokenizer that has no normaliser",
    );
  }
  return weights;
}
