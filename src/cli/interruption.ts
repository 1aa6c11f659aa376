// Ctrl-C: the first asks the run to stop where it can be taken up again, the second ends the process at once and loses what
// was under way.
import type { Terminal } from "./terminal.ts";

/**
 * One press may come twice: bin/charter.js passes on what it is sent, and a terminal or `timeout` sends it to both. Nobody
 * presses twice in so few milliseconds.
 */
const SAME_PRESS_MS = 250;

const STOPPING =
  "Stopping. A training ends its step first and keeps it; answers under way are asked for again next time.";

/** A signal that the first Ctrl-C (or SIGTERM) aborts. @param said what becomes of the work */
export function interruptible(
  { writeError, now }: Pick<Terminal, "writeError" | "now">,
  said = STOPPING,
): AbortSignal {
  const controller = new AbortController();
  let pressedAt = Number.NEGATIVE_INFINITY;
  const interrupt = () => {
    if (now() - pressedAt < SAME_PRESS_MS) return;
    if (controller.signal.aborted) process.exit(130);
    pressedAt = now();
    writeError(`\n${said} Press Ctrl-C again to stop at once.\n`);
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return controller.signal;
}
