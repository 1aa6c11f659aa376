// Ctrl-C: the first asks the run to stop at its next batch, the second ends the process at once. Nothing is lost either way;
// the first is only tidier.
import type { Terminal } from "./terminal.ts";

/** A signal that the first Ctrl-C (or SIGTERM) aborts. */
export function interruptible({ writeError }: Terminal): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    writeError("\nStopping at the next batch. Press Ctrl-C again to stop at once.\n");
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return controller.signal;
}
