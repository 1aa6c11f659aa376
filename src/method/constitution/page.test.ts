import { expect, test } from "vitest";
import { parseConstitution } from "./constitution.ts";
import { renderConstitution } from "./page.ts";

const html = renderConstitution(
  parseConstitution(
    `
title: Ours & theirs
version: 1.2.0
principles:
  - id: a
    text: "Never write <script>alert(1)</script>."
    reasons: It is "dangerous".
    weight: 3
    tags: [web]
    source: { title: A policy, locator: section 2, licence: CC0, url: "https://example.org/?a=1&b=2" }
  - { id: b, text: Be kind., source: { title: Bai et al. 2022 (arXiv 2212.08073) }, wording: { critique: Is it kind? } }
  - { id: c, text: Be brief., source: { title: A book } }
changelog:
  - { version: 1.2.0, date: "2026-01-31", note: Kinder. }
`,
    "t.yaml",
  ),
);

test("what was written stands there as text, never as markup", () => {
  expect(html).toContain("Ours &#38; theirs");
  expect(html).toContain("Never write &#60;script&#62;");
  expect(html).not.toContain("<script");
});

test("nothing is fetched: no address but those of links", () => {
  const addresses = html.match(/https?:[^"]*/g);
  expect(addresses).toEqual(["https://example.org/?a=1&#38;b=2", "https://arxiv.org/abs/2212.08073"]);
  expect(html.match(/<(link|img|iframe|script)\b/)).toBeNull();
});

test("every principle has its reasons, source, tags, share of draws and words, given or derived", () => {
  const [, a, b, c] = html.split("<article").map((part) => part.split("</article>")[0]!);
  for (const part of [
    "weight 3, 60.0% of draws",
    "It is &#34;dangerous&#34;.",
    "A policy</a>, section 2",
    "CC0",
    "web",
  ])
    expect(a).toContain(part);
  expect(a!.match(/derived from the text/g)).toHaveLength(3);
  expect(b).toContain("Is it kind?");
  expect(b!.match(/derived from the text/g)).toHaveLength(2);
  expect(c).toContain('<p class="from">A book</p>');
});

test("the changelog is there, and left out where there is none", () => {
  expect(html).toContain("Kinder.");
  const bare = parseConstitution(
    "title: T\nversion: 1.0.0\nprinciples: [{ id: k, text: Be kind. }]",
    "t.yaml",
  );
  expect(renderConstitution(bare)).not.toContain("Changelog");
});
