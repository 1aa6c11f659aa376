// Events to text, in three ways: one block that is redrawn where a person watches, a line a stage elsewhere, one JSON object a
// line for machines. Knows no stage by name.
import type { Emit, PipelineEvent } from "../pipeline/events.ts";
import { counted, duration, figure, rate } from "./amounts.ts";
import { shownPath } from "./shown-path.ts";
import { tableLines } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface Renderer {
  readonly emit: Emit;
  /** Takes away what is only there to be redrawn. */
  close(): void;
}

export type RenderStyle = "block" | "lines" | "json";

const RENDERERS: { readonly [S in RenderStyle]: (terminal: Terminal) => Renderer } = {
  block: renderBlock,
  lines: renderLines,
  json: (terminal) => ({ emit: (event) => terminal.write(`${JSON.stringify(event)}\n`), close: () => {} }),
};

export function createRenderer(terminal: Terminal, style: RenderStyle): Renderer {
  return RENDERERS[style](terminal);
}

type StageStart = Extract<PipelineEvent, { kind: "stage-start" }>;

/** A stage under way, and when it began here. */
interface Progress {
  readonly start: StageStart;
  readonly begun: number;
  readonly done: number;
  readonly metrics: string;
  /** What is waited for, in place of the bar. */
  readonly waiting?: string;
}

const REDRAW_MS = 100;
const BAR = 24;
/** Room for a stage's title. */
const TITLE = 52;

function renderBlock(terminal: Terminal): Renderer {
  const { write, paint, now } = terminal;
  let progress: Progress | undefined;
  let drawn = false;
  let drawnAt = 0;
  const erase = () => {
    if (drawn) write("\r\x1b[2K");
    drawn = false;
  };
  const draw = () => {
    if (progress === undefined) return;
    write(`\r\x1b[2K${progressLine(progress, terminal)}`);
    drawn = true;
    drawnAt = now();
  };
  // Time goes on between events; a bar that stands still looks dead.
  const timer = setInterval(draw, 1000);
  timer.unref();
  return {
    emit: (event) => {
      if (event.kind === "stage-start") {
        progress = { start: event, begun: now(), done: event.reused, metrics: "" };
        if (event.reused < event.total) draw();
        return;
      }
      if (event.kind === "stage-progress") {
        if (progress === undefined) return;
        progress = advanced(progress, event);
        if (now() - drawnAt >= REDRAW_MS) draw();
        return;
      }
      if (event.kind === "batch-wait") {
        if (progress === undefined) return;
        progress = { ...progress, waiting: waitText(event) };
        draw();
        return;
      }
      const lines = finishedLines(event, progress, terminal);
      if (event.kind === "stage-end") progress = undefined;
      if (lines.length === 0) return;
      erase();
      write(`${lines.join("\n")}\n`);
      if (progress !== undefined) draw();
    },
    close: () => {
      clearInterval(timer);
      if (drawn) write("\n");
      drawn = false;
    },
  };

  function progressLine({ start, begun, done, metrics, waiting }: Progress, { columns }: Terminal): string {
    if (waiting !== undefined) return `  ${start.title}: ${waiting}`.slice(0, columns());
    const elapsed = (now() - begun) / 1000;
    const perSecond = elapsed > 0 ? (done - start.reused) / elapsed : 0;
    const left = perSecond > 0 ? `${duration(((start.total - done) / perSecond) * 1000)} left` : "";
    const filled = start.total > 0 ? Math.round((BAR * done) / start.total) : BAR;
    const bar = paint("cyan", "━".repeat(filled)) + paint("dim", "─".repeat(BAR - filled));
    const rest = [`${done}/${start.total}`, rate(perSecond), left, metrics]
      .filter((part) => part !== "")
      .join("  ");
    const width = Math.max(16, Math.min(TITLE, columns() - BAR - 36));
    // A line that is longer than the terminal would leave its beginning behind at every redraw.
    if (columns() < width + BAR + 6) return `  ${start.title}: ${rest}`.slice(0, columns());
    const title = start.title.slice(0, width).padEnd(width);
    const room = columns() - width - BAR - 6;
    return `  ${title} ${bar}  ${rest.slice(0, Math.max(0, room))}`;
  }
}

function renderLines(terminal: Terminal): Renderer {
  const { write, now } = terminal;
  let progress: Progress | undefined;
  let saidAt = 0;
  let saidOfBatch = "";
  return {
    emit: (event) => {
      if (event.kind === "stage-start") {
        progress = { start: event, begun: now(), done: event.reused, metrics: "" };
        saidAt = now();
      } else if (event.kind === "stage-progress") {
        if (progress === undefined) return;
        progress = advanced(progress, event);
        if (now() - saidAt < 15_000) return;
        saidAt = now();
        const perSecond = ((event.done - progress.start.reused) / (now() - progress.begun)) * 1000;
        const left = duration(((event.total - event.done) / perSecond) * 1000);
        write(`  ${progress.start.title}: ${event.done}/${event.total}, ${rate(perSecond)}, ${left} left\n`);
      } else if (event.kind === "batch-wait") {
        // A batch may take a day: what is as it was is not said again.
        const stand = `${event.batch} ${event.answered}`;
        if (stand !== saidOfBatch) write(`  ${progress?.start.title ?? ""}: ${waitText(event)}\n`);
        saidOfBatch = stand;
      } else {
        for (const line of finishedLines(event, progress, terminal)) write(`${line}\n`);
        if (event.kind === "stage-end") progress = undefined;
      }
    },
    close: () => {},
  };
}

const advanced = (
  { start, begun, metrics }: Progress,
  event: Extract<PipelineEvent, { kind: "stage-progress" }>,
): Progress => ({ start, begun, done: event.done, metrics: metricsText(event.metrics) || metrics });

const waitText = ({ batch, answered, total, ms }: Extract<PipelineEvent, { kind: "batch-wait" }>): string =>
  `batch ${batch}: ${answered} of ${total} answered, looked at again in ${duration(ms)}`;

/** What stays on the screen. */
function finishedLines(
  event: PipelineEvent,
  progress: Progress | undefined,
  { paint, workingDirectory }: Terminal,
): readonly string[] {
  switch (event.kind) {
    case "stage-start":
    case "stage-progress":
    case "batch-wait":
      return [];
    case "run-start":
      return [
        paint("bold", `Run ${event.name}`) +
          paint("dim", `  in ${shownPath(event.directory, workingDirectory)}`),
      ];
    case "variant-start": {
      const { variant, seed, at, of, msLeft } = event;
      const left = paint("dim", `  ${at} of ${of}, about ${duration(msLeft)} left`);
      return [`${paint("bold", `${variant}, seed ${seed}`)}${left}`];
    }
    case "run-forecast":
      return [
        paint("dim", `  a whole run of this recipe takes about ${duration(event.ms)} here, by a short probe`),
      ];
    case "stage-end": {
      if (progress === undefined) return [];
      const { start, metrics } = progress;
      const made = event.done - event.reused;
      const title = start.title.padEnd(TITLE);
      if (event.done === 0) return [paint("dim", `✓ ${title} nothing to do`)];
      if (made <= 0) return [paint("dim", `✓ ${title} ${counted(event.done, start.unit)}, all from before`)];
      const fromBefore = event.reused > 0 ? `, ${event.reused} from before` : "";
      const speed = rate((made / Math.max(1, event.ms)) * 1000);
      const tail = [
        `${counted(event.done, start.unit)} in ${duration(event.ms)} (${speed})${fromBefore}`,
        metrics,
      ];
      return [`${paint("green", "✓")} ${title} ${tail.filter((part) => part !== "").join("  ")}`];
    }
    case "note":
      return [event.level === "warning" ? `${paint("yellow", "!")} ${event.text}` : `  ${event.text}`];
    case "result":
      return resultLines(event, paint);
    case "file-written":
      return [`  ${event.what}: ${shownPath(event.path, workingDirectory)}`];
    case "run-end":
      return [paint("dim", `Done in ${duration(event.ms)}.`)];
    default:
      return event satisfies never;
  }
}

function resultLines(
  { title, columns, rows, legend }: Extract<PipelineEvent, { kind: "result" }>,
  paint: Terminal["paint"],
) {
  const [heading, ...lines] = tableLines(columns, rows);
  const explained = (legend ?? []).map((line) => paint("dim", `  ${line}`));
  return [
    "",
    paint("bold", title),
    `  ${paint("bold", heading!)}`,
    ...lines.map((line) => `  ${line}`),
    ...explained,
    "",
  ];
}

/** The few numbers that fit beside a bar. */
function metricsText(metrics: Readonly<Record<string, number>> | undefined): string {
  const shown = Object.entries(metrics ?? {}).filter(([name]) => SHOWN.has(name));
  return shown.map(([name, value]) => `${name} ${figure(value)}`).join("  ");
}

/** The rest is in the report. */
const SHOWN: ReadonlySet<string> = new Set(["loss", "accuracy", "score", "kl"]);
