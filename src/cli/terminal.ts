// The outside world of a command: where it writes, how wide that is, what time it is, where it was called. Commands are given
// it, so that tests can look at what they print.
import { styleText } from "node:util";

export interface Terminal {
  /** Results. */
  readonly write: (text: string) => void;
  /** Everything that is not a result: errors, hints. */
  readonly writeError: (text: string) => void;
  /** Whether a person watches, and lines can be redrawn. */
  readonly isInteractive: boolean;
  /** Characters a line. */
  readonly columns: () => number;
  /** Milliseconds from some start; only differences mean anything. */
  readonly now: () => number;
  readonly paint: Paint;
  /** What a person types before a command's name: npm does not put `charter` on the PATH. */
  readonly call: string;
  /** Folder the command was called in. */
  readonly workingDirectory: string;
  /** Folder that Charter is in: its recipes, constitutions and models. */
  readonly projectRoot: string;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export type Paint = (style: Style, text: string) => string;

/** The real one. Colours are left out when the output is no terminal or NO_COLOR is set. */
export function processTerminal(projectRoot: string): Terminal {
  const { stdout, stderr } = process;
  // Whoever read the output (`head`) has read enough. What has not ended has not succeeded: as a shell says of SIGPIPE.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(141);
    throw error;
  });
  return {
    write: (text) => void stdout.write(text),
    writeError: (text) => void stderr.write(text),
    isInteractive: stdout.isTTY === true && process.env["TERM"] !== "dumb",
    columns: () => stdout.columns ?? 100,
    now: () => performance.now(),
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    call: process.env["npm_lifecycle_event"] === undefined ? "charter" : "npm run charter --",
    workingDirectory: process.cwd(),
    projectRoot,
  };
}
