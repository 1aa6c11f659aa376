// An entry in one line, or in its facts and its texts, whatever its kind: the parts of a body that a person recognises it by,
// from one table each.
import type { Entry, Json } from "../ledger/ledger.ts";
import { figure } from "./amounts.ts";

type Body = { readonly [key: string]: Json };

type Parts = readonly (readonly [key: string, write: (value: Json, body: Body) => string, label?: string])[];

/** Facts worth showing, in this order, and how each is written. */
const FACTS: Parts = [
  ["stage", (value) => String(value)],
  ["file", (value) => String(value)],
  ["title", (value, { version }) => `${value}${version === undefined ? "" : ` ${version}`}`],
  ["set", (value) => String(value)],
  ["round", (value) => `round ${value}`],
  ["turn", (value) => `after turn ${value}`],
  ["iteration", (value) => `iteration ${value}`],
  ["model", (value) => (typeof value === "string" ? value : "")],
  ["oddity", (value) => (value === "none" ? "" : `(${value})`)],
  [
    "source",
    (value) => (typeof value === "string" ? value.replace("feedback-model", "by the feedback model") : ""),
  ],
  ["probability", (value) => `P(A better) ${figure(Number(value))}`],
  ["predicted", (value) => `predicted ${figure(Number(value))}`],
  ["score", (value) => `score ${figure(Number(value))}`],
  ["kl", (value) => `KL ${figure(Number(value))} nats`],
  ["rows", (value) => `${value} rows`],
  ["examples", (value) => (typeof value === "number" ? `${value} examples` : "")],
  ["batch", (value) => `${value}`],
  ["requests", (value) => (Array.isArray(value) ? `${value.length} requests` : "")],
  ["readings", (value) => `${(value as readonly Json[]).length} readings`],
  ["modelId", (value) => `weights ${String(value).slice(0, 12)}`],
];

/** What was said, in this order. */
const TEXTS: Parts = [
  ["conversation", (value) => lastTurn(value)],
  ["text", (value) => String(value)],
  ["textA", (value) => String(value), "A "],
  ["textB", (value) => String(value), "B "],
  ["readings", (value) => reasonsOf(value)],
];

/** An entry as facts and quoted texts, cut by `shorten`; either may be empty. */
export function partsOf(
  { kind, body }: Pick<Entry, "kind" | "body">,
  shorten: (text: string) => string = (text) => text,
): { readonly facts: readonly string[]; readonly texts: readonly string[] } {
  const quote = (text: string) => `“${shorten(text.replaceAll(/\s+/g, " ").trim())}”`;
  if (body === null || typeof body !== "object" || Array.isArray(body))
    return { facts: [], texts: [quote(String(body))] };
  const record = body as Body;
  const written = (parts: Parts, finish: (text: string) => string) =>
    parts.flatMap(([key, write, label = ""]) => {
      const value = record[key] ?? null;
      const text = value === null ? "" : write(value, record);
      return text === "" ? [] : [`${label}${finish(text)}`];
    });
  const facts =
    kind === "principle"
      ? [String(record["id"]), `${record["constitution"]} ${record["version"]}`]
      : written(FACTS, (text) => text);
  return { facts, texts: written(TEXTS, quote) };
}

/** What a person recognises the entry by. A principle is given in full: it is what a lineage is read for. */
export function describeEntry(entry: Pick<Entry, "kind" | "body">): string {
  const isPrinciple = entry.kind === "principle";
  const { facts, texts } = partsOf(entry, isPrinciple ? undefined : shorten);
  const shown = [...facts, ...texts];
  return shown.length > 0 ? shown.join(" · ") : shorten(JSON.stringify(entry.body));
}

const LONGEST = 88;

const shorten = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

function lastTurn(conversation: Json): string {
  const last = Array.isArray(conversation) ? conversation.at(-1) : undefined;
  return String((last as { readonly content?: Json } | undefined)?.content ?? "");
}

/** Of the first reading that gives any. */
function reasonsOf(readings: Json): string {
  const reasons = (readings as readonly { readonly reasoning: string | null }[]).map((one) => one.reasoning);
  return reasons.find((reason) => reason !== null) ?? "";
}
