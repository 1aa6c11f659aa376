// Annotated pairs, the JSON document of Inverse Constitutional AI (Findeis et al. 2025) and Feedback Forensics, version 2.0 and
// what 1.0 wrote otherwise: comparisons of two answers, each with the preferences of many annotators, human or principle.
import { isTranscript } from "./conversation.ts";
import { isRecord, MalformedRow, type Row, show } from "./row.ts";

/** Somebody's preference between `a` and `b`, and who they are; `probability`, as `charter export` writes it, is that of `a`. */
type Annotation = Row & { readonly pref?: unknown; readonly probability?: unknown };

/** The comparisons of a document, each with what is known of its annotators; any other row alone. */
export function comparisonsOf(row: Row): readonly Row[] {
  const { annotators, comparisons, metadata } = row;
  if (!isRecord(annotators) || !Array.isArray(comparisons) || comparisons.length === 0) return [row];
  const { default_annotator: standard, dataset_name: dataset } = isRecord(metadata) ? metadata : {};
  const who = new Map(
    Object.entries(annotators).map(([id, annotator]) => [
      id,
      { ...(isRecord(annotator) && annotator), ...(id === standard && { default: true }) },
    ]),
  );
  return comparisons.map((comparison: unknown) => {
    if (!isRecord(comparison)) return { comparison };
    const annotations = isRecord(comparison["annotations"]) ? comparison["annotations"] : {};
    const named = Object.entries(annotations).map(([id, annotation]) => [
      id,
      { ...who.get(id), ...(isRecord(annotation) && annotation) },
    ]);
    return { ...comparison, annotations: Object.fromEntries(named), ...(dataset != null && { dataset }) };
  });
}

/**
 * A comparison as prompt, chosen and rejected answer.
 *
 * @param annotator whose preference is taken, by id, name or description; where none is named the human's, or else the
 * document's default
 */
export function preferenceOf(row: Row, annotator?: string): Row {
  const annotations = annotationsOf(row["annotations"]);
  const [id, own] = pick(annotations, annotator);
  const { pref } = own;
  const better = sideOf(pref);
  const p = probabilityOfA(own);
  if (better === null)
    throw new MalformedRow("no-preference", `annotations.${id}.pref: expected a or b, got ${show(pref)}`);
  const [best, worst] = better === "a" ? (["a", "b"] as const) : (["b", "a"] as const);
  const chosen = answer(row, best, "chosen");
  // What two texts begin with in common is no prompt here.
  if (row["prompt"] == null && !isTranscript(String(chosen["chosen"])))
    throw new MalformedRow("no-final-user-turn", "prompt: expected text, messages or a transcript, got null");
  const as = { [best]: "chosen", [worst]: "rejected" };
  const relative = annotations.map(([other, annotation]) => {
    const side = sideOf(annotation.pref);
    const p = probabilityOfA(annotation);
    const turned = p === null ? {} : { probability: best === "a" ? p : 1 - p };
    return [other, { ...annotation, ...(side !== null && { pref: as[side] }), ...turned }];
  });
  return {
    prompt: row["prompt"],
    ...chosen,
    ...answer(row, worst, "rejected"),
    ...(p !== null && { chosen_prob: better === "a" ? p : 1 - p }),
    annotator: id,
    annotations: Object.fromEntries(relative),
  };
}

/** Of an annotation as Charter writes it. One that contradicts the preference, or is none, is somebody else's and means something else. */
function probabilityOfA({ pref, probability: p }: Row): number | null {
  const side = sideOf(pref);
  if (typeof p !== "number" || !(p >= 0 && p <= 1)) return null;
  return side === null || p === 0.5 || p > 0.5 === (side === "a") ? p : null;
}

/** The same of a row as the tables have it that Inverse Constitutional AI starts from: one preference, nobody's by name. */
export function preferredText(row: Row): Row {
  const response = (side: string) => ({
    text: row[`text_${side}`],
    ...(row[`model_${side}`] != null && { model: row[`model_${side}`] }),
  });
  const annotations = { preferred_text: { type: "human", pref: row["preferred_text"] } };
  const document = {
    prompt: row["input"],
    response_a: response("a"),
    response_b: response("b"),
    annotations,
  };
  const { annotator: _, annotations: __, ...pair } = preferenceOf(document);
  return pair;
}

function annotationsOf(value: unknown): readonly (readonly [string, Annotation])[] {
  if (isRecord(value)) return Object.entries(value).map(([id, each]) => [id, isRecord(each) ? each : {}]);
  throw new MalformedRow(
    "unknown-shape",
    `annotations: expected an object, one annotation an annotator, got ${show(value)}`,
  );
}

function pick(
  annotations: readonly (readonly [string, Annotation])[],
  wanted: string | undefined,
): readonly [string, Annotation] {
  const found =
    wanted === undefined
      ? (annotations.find(([, { type }]) => type === "human") ??
        annotations.find(([, { default: isDefault }]) => isDefault === true))
      : annotations.find(([id, { name, description }]) => [id, name, description].includes(wanted));
  if (found !== undefined) return found;
  const names = annotations.map(([id, { name, description }]) => String(name ?? description ?? id));
  const known = names.length > 8 ? [...names.slice(0, 8), `${names.length - 8} more`] : names;
  const expected = wanted === undefined ? "a human or a default annotator" : `annotator "${wanted}"`;
  throw new MalformedRow("no-preference", `expected ${expected}, got ${known.join(", ") || "none"}`);
}

/** The text of one side, and what else is known of it (its model). */
function answer(row: Row, side: string, name: "chosen" | "rejected"): Row {
  const response = row[`response_${side}`];
  if (!isRecord(response)) return { [name]: row[`text_${side}`] };
  const { text, ...rest } = response;
  return { [name]: text, ...(Object.keys(rest).length > 0 && { [`${name}_response`]: rest }) };
}

const sideOf = (pref: unknown): "a" | "b" | null =>
  pref === "a" || pref === "text_a" ? "a" : pref === "b" || pref === "text_b" ? "b" : null;
