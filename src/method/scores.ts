// Scores of a preference model, read where it learnt to give them: at the end of a conversation's last answer.
import type { Conversation, TrainableModel } from "../models/model.ts";

/** What reads scores off a preference model. */
export type Reader = Pick<TrainableModel, "scoreLast" | "tokenize" | "contextLength">;

/** The score of each conversation's last answer; null where a conversation is longer than the model reads. */
export async function scoreConversations(
  model: Reader,
  conversations: readonly Conversation[],
): Promise<readonly (number | null)[]> {
  const sequences = (await model.tokenize(conversations)).map(({ tokens }) => tokens);
  const isReadable = sequences.map(({ length }) => length <= model.contextLength);
  const scores = await model.scoreLast(sequences.filter((_, i) => isReadable[i]));
  let read = 0;
  return isReadable.map((own) => (own ? scores[read++]! : null));
}
