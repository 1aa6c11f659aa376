// A mistake the user can mend: told in one message with its fix, never with a stack trace. Broken invariants are plain
// Errors whose message starts with "internal:".

/**
 * An error in what the user gave us. The command line prints message and hint and exits with code 2.
 *
 * @example throw new UserError("checkpoint-missing-file", "checkpoint models/x: expected config.json, got no such file", "name a folder in Hugging Face layout")
 */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Stable, machine-readable name of the mistake, kebab-case. */
  readonly code: string;
  /** What to do about it, in the imperative. */
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
