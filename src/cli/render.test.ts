import { describe, expect, it } from "vitest";
import type { PipelineEvent } from "../pipeline/events.ts";
import { createRenderer, type RenderStyle } from "./render.ts";
import type { Terminal } from "./terminal.ts";

const CRITIQUES = { stage: "critique-1", title: "Round 1: critiques", total: 40, unit: "critique" };

/** What is written when each event comes a second after the one before. */
function written(
  style: RenderStyle,
  events: readonly PipelineEvent[],
  secondsApart = 1,
  columns = 120,
): string {
  let text = "";
  let at = 0;
  const terminal: Terminal = {
    write: (more) => {
      text += more;
    },
    writeError: () => {},
    isInteractive: style === "block",
    columns: () => columns,
    now: () => at,
    paint: (_, plain) => plain,
    workingDirectory: "/",
    call: "charter",
    projectRoot: "/",
  };
  const renderer = createRenderer(terminal, style);
  for (const event of events) {
    renderer.emit(event);
    at += secondsApart * 1000;
  }
  renderer.close();
  return text;
}

const stage = (reused: number): readonly PipelineEvent[] => [
  { kind: "stage-start", ...CRITIQUES, reused },
  {
    kind: "stage-progress",
    stage: "critique-1",
    done: 20,
    total: 40,
    metrics: { loss: 0.51234, learningRate: 1 },
  },
  { kind: "stage-end", stage: "critique-1", ms: 4000, done: 40, reused },
];

describe("on a terminal", () => {
  it("redraws one line with the rate and the time left, and leaves a line a stage", () => {
    const frames = written("block", stage(0)).split("\r\x1b[2K");
    expect(frames[2]).toMatch(
      /Round 1: critiques +━{12}─{12} {2}20\/40 {2}20\/s {2}1\.0 s left {2}loss 0\.5123$/,
    );
    expect(frames.at(-1)).toMatch(
      /^✓ Round 1: critiques +40 critiques in 4\.0 s \(10\/s\) {2}loss 0\.5123\n$/,
    );
  });

  it("leaves the bar out of a narrow screen", () => {
    for (const columns of [10, 40, 45, 46, 60]) {
      const [, , drawn] = written("block", stage(0), 1, columns).split("\r\x1b[2K");
      expect(drawn!.length).toBeLessThanOrEqual(columns);
      expect(drawn!.includes("━")).toBe(columns >= 46);
    }
  });

  it("never draws a line longer than the screen is wide", () => {
    const long = {
      kind: "stage-progress",
      stage: "critique-1",
      done: 20,
      total: 40,
      metrics: { loss: 1, accuracy: 0.5, score: 0.25, kl: 3.75 },
    } as const;
    const frames = written("block", [stage(0)[0]!, long]).split("\r\x1b[2K");
    expect(Math.max(...frames.map((frame) => frame.trimEnd().length))).toBeLessThanOrEqual(120);
  });
});

const waiting = (answered: number): PipelineEvent => ({
  ...{
    kind: "batch-wait",
    batch: "batch_69c3c347282c81908ede48ecc95bf201",
    answered,
    total: 600,
    ms: 60_000,
  },
});

it("says which batch is waited for: in place of the bar on a terminal, elsewhere when more is answered", () => {
  const events = [stage(0)[0]!, waiting(0), waiting(0), waiting(120), ...stage(0).slice(1)];
  const text =
    "Round 1: critiques: batch batch_69c3c347282c81908ede48ecc95bf201: 120 of 600 answered, looked at";
  const frames = written("block", events).split("\r\x1b[2K");
  expect(frames[4]!.trimEnd()).toHaveLength(118);
  expect(frames[4]).toContain(text);
  expect(frames[5]).toContain("20/40");
  const lines = written("lines", events).split("\n");
  expect(lines.filter((line) => line.includes("batch_"))).toEqual([
    expect.stringContaining(" 0 of 600"),
    expect.stringContaining(`${text} again in 1 min 00 s`),
  ]);
});

describe("elsewhere", () => {
  it("writes a line a finished stage and nothing that would be redrawn", () => {
    expect(written("lines", stage(0))).toMatch(
      /^✓ Round 1: critiques +40 critiques in 4\.0 s \(10\/s\) {2}loss 0\.5123\n$/,
    );
  });

  it("says every 15 seconds how a long stage stands", () => {
    expect(written("lines", stage(0), 20)).toContain("Round 1: critiques: 20/40, 1.0/s, 20 s left\n");
  });

  it("counts what was remembered apart from what was made, and leaves it out of the rate", () => {
    expect(written("lines", stage(30))).toContain("40 critiques in 4.0 s (2.5/s), 30 from before");
    expect(written("lines", stage(40))).toContain("40 critiques, all from before");
  });

  it("prints results as an aligned table", () => {
    const columns = ["model", "harmful compliance", "Elo"];
    const rows = [
      ["helpful-only", "99.0% (97-100)", 0],
      ["RL-CAI", "1.5% (0-4)", 412],
    ];
    expect(written("lines", [{ kind: "result", title: "Results", columns, rows }])).toContain(
      [
        "  model         harmful compliance  Elo",
        "  ─────────────────────────────────────",
        "  helpful-only      99.0% (97-100)    0",
        "  RL-CAI                1.5% (0-4)  412",
      ].join("\n"),
    );
  });
});

it("writes every event as one line of JSON for machines", () => {
  const lines = written("json", stage(0)).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(stage(0));
});
