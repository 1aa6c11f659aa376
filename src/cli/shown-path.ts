// A path as a person at the prompt would write it.
import { relative } from "node:path";

/** Relative to the working directory where it lies below it, absolute elsewhere. */
export function shownPath(path: string, workingDirectory: string): string {
  const short = relative(workingDirectory, path);
  return short === "" || short.startsWith("..") ? path : short;
}
