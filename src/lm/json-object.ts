// The JSON documents of a checkpoint: every one is an object.
import { UserError } from "../user-error.ts";

/**
 * A file's bytes as a JSON object.
 *
 * @param path what the bytes are, for messages
 * @throws UserError when they are not UTF-8, not JSON, or another value than an object
 */
export function jsonObject(bytes: Uint8Array, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed(`${path}: expected JSON, got "${(cause as Error).message}"`, cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw malformed(`${path}: expected a JSON object, got ${JSON.stringify(value).slice(0, 40)}`);
}

const malformed = (message: string, cause?: unknown): UserError =>
  new UserError("checkpoint-malformed-json", message, "fetch the file again", { cause });
