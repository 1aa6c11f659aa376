// What of a row its shape cannot keep for a purpose: a column, a part of one, or what turns carry besides their text.
import type { Row } from "./dataset.ts";
import { type Purpose, shapeOf } from "./shapes.ts";
import { messagesOf } from "./turns.ts";

/** Such as "margin", "messages: its last answer" or "messages[].weight". */
export function leftBehind(row: Row, purpose: Purpose): readonly string[] {
  const shape = shapeOf(row, purpose);
  if (shape === undefined) return [];
  const left = shape[purpose]!.leaves.filter((leaf) => {
    const [column, part] = leaf.split(": ");
    const value = row[column!];
    return value != null && (part === undefined || PARTS[part]!(value));
  });
  const turns = [...shape.columns, ...shape.optional].flatMap((column) =>
    keysOfTurns(row[column]).map((key) => `${column}[].${key}`),
  );
  return [...new Set([...left, ...turns])];
}

/** Parts of a column by the names that shapes give them, and whether a value has them. */
const PARTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  "its last answer": (value) => {
    if (typeof value === "string") return value.lastIndexOf("Assistant:") > value.lastIndexOf("Human:");
    const turns = messagesOf(value) as readonly ({ readonly role?: unknown } | null)[];
    return Array.isArray(turns) && turns.at(-1)?.role !== "user";
  },
  "all but the best and the worst": (value) => Array.isArray(value) && value.length > 2,
};

const TURN = ["role", "content", "from", "value"];

function keysOfTurns(value: unknown): readonly string[] {
  const turns = (Array.isArray(value) ? value : [value]) as readonly unknown[];
  return turns
    .filter(
      (turn): turn is Row => typeof turn === "object" && turn !== null && ("role" in turn || "from" in turn),
    )
    .flatMap((turn) => Object.keys(turn).filter((key) => !TURN.includes(key) && turn[key] != null));
}
