// The engine's users meet the same error as everyone else's: src/user-error.ts.
export { UserError } from "../user-error.ts";
