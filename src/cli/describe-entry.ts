// An entry in one line, whatever its kind: the parts of a body that a person recognises it by, from one table.
import type { Entry, Json } from "../ledger/ledger.ts";
import { figure } from "./amounts.ts";

type Body = { readonly [key: string]: Json };

/** Keys worth showing, in this order, and how each is written. */
const PARTS: readonly (readonly [key: string, write: (value: Json, body: Body) => string])[] = [
  ["stage", (value) => String(value)],
  ["file", (value) => String(value)],
  ["title", (value, { version }) => `${value}${version === undefined ? "" : ` ${version}`}`],
  ["set", (value) => String(value)],
  ["round", (value) => `round ${value}`],
  ["turn", (value) => `after turn ${value}`],
  ["iteration", (value) => `iteration ${value}`],
  ["model", (value) => (typeof value === "string" ? value : "")],
  ["conversation", (value) => quote(lastTurn(value))],
  ["text", (value) => quote(String(value))],
  ["textA", (value) => `A: ${quote(String(value))}`],
  ["textB", (value) => `B: ${quote(String(value))}`],
  ["oddity", (value) => (value === "none" ? "" : `(${value})`)],
  ["source", (value) => (typeof value === "string" ? `from the ${value}` : "")],
  ["probability", (value) => `P(A better) ${figure(Number(value))}`],
  ["predicted", (value) => `predicted ${figure(Number(value))}`],
  ["score", (value) => `score ${figure(Number(value))}`],
  ["kl", (value) => `KL ${figure(Number(value))} nats`],
  ["rows", (value) => `${value} rows`],
  ["examples", (value) => (typeof value === "number" ? `${value} examples` : "")],
  ["batch", (value) => `${value}`],
  ["requests", (value) => (Array.isArray(value) ? `${value.length} requests` : "")],
  ["modelId", (value) => `weights ${String(value).slice(0, 12)}`],
];

/** What a person recognises the entry by. A principle is given in full: it is what a lineage is read for. */
export function describeEntry({ kind, body }: Pick<Entry, "kind" | "body">): string {
  if (body === null || typeof body !== "object" || Array.isArray(body)) return quote(String(body));
  const record = body as Body;
  if (kind === "principle")
    return `${record["id"]} (${record["constitution"]} ${record["version"]}): ${oneLine(String(record["text"]))}`;
  const parts = PARTS.filter(([key]) => record[key] !== undefined && record[key] !== null).map(
    ([key, write]) => write(record[key]!, record),
  );
  const shown = parts.filter((part) => part !== "");
  return shown.length > 0 ? shown.join(" · ") : shorten(JSON.stringify(body));
}

const LONGEST = 88;

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
const shorten = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
const quote = (text: string): string => `“${shorten(oneLine(text))}”`;

function lastTurn(conversation: Json): string {
  const last = Array.isArray(conversation) ? conversation.at(-1) : undefined;
  return String((last as { readonly content?: Json } | undefined)?.content ?? "");
}
