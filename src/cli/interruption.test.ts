// What Ctrl-C does, once and twice, and when it comes to launcher and child alike.
import { expect, onTestFinished, test, vi } from "vitest";
import { interruptible } from "./interruption.ts";

/** The handlers of one command, with a clock to set. */
function watched() {
  const before = new Set(process.listeners("SIGINT"));
  const terminal = {
    at: 0,
    said: "",
    now: () => terminal.at,
    writeError: (text: string) => {
      terminal.said += text;
    },
  };
  const signal = interruptible(terminal);
  const press = process.listeners("SIGINT").find((listener) => !before.has(listener)) as () => void;
  const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as never);
  onTestFinished(() => {
    exit.mockRestore();
    process.off("SIGINT", press).off("SIGTERM", press);
  });
  return { terminal, signal, press, exit };
}

test("the first asks to stop and says what is kept, the second ends the process", () => {
  const { terminal, signal, press, exit } = watched();
  expect(signal.aborted).toBe(false);
  press();
  expect(signal.aborted).toBe(true);
  expect(terminal.said).toMatch(
    /Stopping\. A training ends its step first and keeps it; answers under way are asked for again/,
  );
  expect(exit).not.toHaveBeenCalled();
  terminal.at = 1000;
  press();
  expect(exit).toHaveBeenCalledWith(130);
});

test("one press that comes twice, from the terminal and from the launcher, is one", () => {
  const { terminal, press, exit } = watched();
  press();
  terminal.at = 5;
  press();
  expect(exit).not.toHaveBeenCalled();
});
