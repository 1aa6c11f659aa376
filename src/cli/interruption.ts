// Ctrl-C: the first asks the run to stop where it can be taken up again, the second ends the process at once and loses what
// was done since.
import type { Terminal } from "./terminal.ts";

/** A signal that the first Ctrl-C (or SIGTERM) aborts. */
export function interruptible({ writeError }: Terminal): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    writeError(
      "\nStopping after this batch, or at the next checkpoint of a training. Press Ctrl-C again to stop at once.\n",
    );
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return controller.signal;
}
