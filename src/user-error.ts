// A user's mistake, as against a broken invariant: printed as a message with its fix and without a stack, exit code 2.
// A leaf that any layer may import.

/**
 * Something that the user can put right.
 * @example throw new UserError("recipe-key", 'town.yaml:12: unknown key "rl.klCoeficient"', 'Did you mean "klCoefficient"?');
 */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Short and stable, for machines: `recipe-key`, `run-locked`. */
  readonly code: string;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
