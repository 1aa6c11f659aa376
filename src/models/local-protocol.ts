// What goes over the wire between a process and the worker in which its local models live: calls, replies and errors as
// plain records. Knows neither side.
import type { Device } from "../engine/device.ts";
import type { Head } from "../lm/config.ts";
import { UserError } from "../user-error.ts";
import type { FreshAdapters, TrainableModel } from "./model.ts";

/** The methods of a model that may be called from the other side. */
export type Method = {
  [K in keyof TrainableModel]: TrainableModel[K] extends (...args: never[]) => unknown ? K : never;
}[keyof TrainableModel];

/** What the worker is started with. */
export interface WorkerOptions {
  readonly device?: Device;
  readonly threads?: number;
}

export type Call =
  | {
      readonly kind: "open";
      readonly directory: string;
      readonly head?: Head;
      readonly adapters?: FreshAdapters;
    }
  /** `abort` is shared: its first number is 1 from the moment the caller wants the call stopped. */
  | {
      readonly kind: "model";
      readonly model: number;
      readonly method: Method;
      readonly args: readonly unknown[];
      readonly abort?: Int32Array<SharedArrayBuffer>;
    }
  | { readonly kind: "close" };

/** Calls are answered one after the other, in order. */
export interface Request {
  readonly id: number;
  readonly call: Call;
}

export type Reply =
  | { readonly id: number; readonly kind: "value"; readonly value: unknown }
  | { readonly id: number; readonly kind: "error"; readonly error: CarriedError };

/** The result of "open". */
export interface Opened {
  readonly model: number;
  readonly id: string;
  readonly head: TrainableModel["head"];
  readonly contextLength: number;
  readonly capabilities: TrainableModel["capabilities"];
}

/** An error as a record; a user's mistake keeps its code and hint. */
export interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly user: { readonly code: string; readonly hint: string } | null;
}

export function carryError(thrown: unknown): CarriedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const user = error instanceof UserError ? { code: error.code, hint: error.hint } : null;
  return { name: error.name, message: error.message, stack: error.stack, user };
}

/** The error as it was, with the stack of the side where it was thrown. */
export function restoreError({ name, message, stack, user }: CarriedError): Error {
  if (name === "AbortError") return new DOMException(message, "AbortError");
  const error = user === null ? new Error(message) : new UserError(user.code, message, user.hint);
  if (stack !== undefined) error.stack = stack;
  return error;
}
