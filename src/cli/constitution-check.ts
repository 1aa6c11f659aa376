// charter constitution check <file>: whether a constitution can be used (a mistake is an error), and what might be better about it
// (a remark). The rules are method/constitution/review.ts; with --model, a model is asked as well (review-by-model.ts).
import { resolve } from "node:path";
import { reviewByModel } from "../method/constitution/review-by-model.ts";
import { critiqueRequest } from "../method/constitution/wording.ts";
import { readAndReview } from "../pipeline/read-constitution.ts";
import { counted } from "./amounts.ts";
import { withGivenModel } from "./given-model.ts";
import type { Terminal } from "./terminal.ts";
import { paragraph } from "./wrap.ts";

export interface CheckOptions {
  /** Ids or tags to leave out. */
  readonly without?: readonly string[];
  /** Whether remarks count as failure. */
  readonly strict?: boolean;
  /** Reviews it, too. */
  readonly model?: string;
  readonly json?: boolean;
}

/** Throws what is wrong; otherwise says what is there, then every remark. Returns 1 for remarks under --strict. */
export async function checkConstitution(
  file: string,
  options: CheckOptions,
  terminal: Terminal,
): Promise<number> {
  const { write, paint, workingDirectory } = terminal;
  const { without, strict = false, json = false } = options;
  const { constitution, remarks, lineOf } = readAndReview({
    file: resolve(workingDirectory, file),
    shownAs: file,
    ...(without && { without }),
  });
  const { title, version, principles } = constitution;
  const asked = await withGivenModel(options.model, terminal, ({ model, onAsked, signal }) =>
    reviewByModel(model, constitution, onAsked, signal),
  );
  const review = asked && {
    ...asked.result,
    model: asked.name,
    remarks: asked.result.remarks.map((remark) => ({ ...remark, line: lineOf(remark) })),
  };
  const told = remarks.length + (review?.remarks.length ?? 0);
  const code = strict && told > 0 ? 1 : 0;
  if (json) {
    const count = principles.length;
    write(
      `${JSON.stringify({ file, title, version, principles: count, remarks, ...(review && { review }) })}\n`,
    );
    return code;
  }
  const tags = new Map<string, number>();
  for (const tag of principles.flatMap((principle) => principle.tags))
    tags.set(tag, (tags.get(tag) ?? 0) + 1);
  const derived = principles.filter((principle) => critiqueRequest(principle).origin === "derived").length;
  const mark = code === 0 ? paint("green", "✓") : paint("red", "✗");
  write(`${mark} ${title} ${version}: ${counted(principles.length, "principle")}\n`);
  if (tags.size > 0) write(`  tags: ${[...tags].map(([tag, uses]) => `${tag} (${uses})`).join(", ")}\n`);
  if (derived > 0) write(`  wording derived from the text: ${counted(derived, "principle")}\n`);
  const lines = (text: string, indent: string) => paragraph(text, terminal, indent);
  for (const [rule, found] of Map.groupBy(remarks, (remark) => remark.rule)) {
    const { why, source, suggestion } = found[0]!;
    write(`\n${paint("yellow", "!")} ${paint("bold", rule)}\n`);
    write(paint("dim", lines(`${why} (${source})`, "  ")));
    for (const remark of found) {
      const id = remark.id === undefined ? "" : `: ${paint("cyan", remark.id)}`;
      write(lines(`${file}:${remark.line}${id} ${remark.found}`, "    "));
    }
    write(lines(`→ ${suggestion}`, "  "));
  }
  if (review !== undefined) {
    const { model, asked: questions, unusable } = review;
    write(`\n${paint("yellow", "!")} ${paint("bold", "by the model")}\n`);
    const spoilt = unusable === 0 ? "" : `; ${counted(unusable, "line")} of its answers could not be used`;
    write(paint("dim", lines(`${model}, ${counted(questions, "question")}${spoilt}`, "  ")));
    for (const { id, line, found, suggestion } of review.remarks) {
      write(lines(`${file}:${line}:${id === undefined ? "" : ` ${paint("cyan", id)}:`} ${found}`, "    "));
      write(lines(`→ ${suggestion}`, "      "));
    }
  }
  if (told > 0) write(`\n${counted(told, "remark")}${strict ? "" : "; none keeps it from being used"}\n`);
  return code;
}
