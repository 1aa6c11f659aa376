// Arguments as they are typed, read as what they mean. What is no such thing is refused by the parser of the command line.
import { InvalidArgumentError } from "commander";

export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
export const commaSeparated = (value: string): readonly string[] =>
  value.split(",").map((name) => name.trim());

export function wholeNumber(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new InvalidArgumentError("Expected a whole number from 1.");
  return Number(value);
}

export function amount(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError("Expected a number from 0.");
  return number;
}

export function nucleus(value: string): number {
  const mass = amount(value);
  if (mass === 0 || mass > 1) throw new InvalidArgumentError("Expected a number above 0, at most 1.");
  return mass;
}

export function share(value: string): number {
  const part = amount(value);
  if (part > 1) throw new InvalidArgumentError("Expected a number from 0 to 1.");
  return part;
}
