// Where a text stops being JSON (RFC 8259), and what was expected there. JSON.parse names a place for some mistakes only, and none
// for the commonest, a comma behind the last entry.

/** Lines and columns count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
  readonly got: string;
}

/** White space, then a token: punctuation, text, or a number or name. */
const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("[ !#-[\]-\u{10ffff}]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[ !#-[\]-\u{10ffff}]*)*")|((?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])))/uy;

const VALUE = { "[": "entry", "{": "member", text: "whole", scalar: "whole" } as const;

/** By what is awaited: that in words, and what each token that may come leads to. "[" and "{" await what follows a value in them. */
const AWAITED: Readonly<
  Record<string, { readonly words: string; readonly leadsTo: Readonly<Record<string, string>> }>
> = {
  value: { words: "a value", leadsTo: VALUE },
  entry: { words: "a value or ]", leadsTo: { ...VALUE, "]": "whole" } },
  member: { words: 'a key in "…" or }', leadsTo: { text: "colon", "}": "whole" } },
  key: { words: 'a key in "…"', leadsTo: { text: "colon" } },
  colon: { words: ":", leadsTo: { ":": "value" } },
  "[": { words: "a comma or ]", leadsTo: { ",": "value", "]": "whole" } },
  "{": { words: "a comma or }", leadsTo: { ",": "key", "}": "whole" } },
  end: { words: "the end", leadsTo: {} },
};

/** The first fault of a text; undefined where it is JSON. */
export function jsonFault(text: string): JsonFault | undefined {
  const open: string[] = [];
  let awaited = "value";
  for (let at = 0; ; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const [, mark, said, scalar] = TOKEN.exec(text) ?? [];
    const { words, leadsTo } = AWAITED[awaited]!;
    const next = leadsTo[mark ?? (said !== undefined ? "text" : scalar !== undefined ? "scalar" : "")];
    if (next === undefined) {
      const rest = text.slice(at).replace(/^[ \t\r\n]+/, "");
      if (rest === "" && awaited === "end") return undefined;
      const before = text.slice(0, text.length - rest.length);
      return {
        line: before.split("\n").length,
        column: before.length - before.lastIndexOf("\n"),
        expected: words,
        got: rest === "" ? "the end" : `"${/^(?:["'\w]+|.)/su.exec(rest)![0].slice(0, 20)}"`,
      };
    }
    if (mark === "[" || mark === "{") open.push(mark);
    if (mark === "]" || mark === "}") open.pop();
    awaited = next === "whole" ? (open.at(-1) ?? "end") : next;
  }
}
