// A constitution as a page for people: every principle with its reasons, source, tags, weight and the words put to a model. In
// the style of the report (evaluation/report-page.ts): one file, no script, nothing fetched.
import { escapeHtml } from "../evaluation/plot.ts";
import { page } from "../evaluation/report-page.ts";
import type { Constitution, Principle, Source } from "./constitution.ts";
import { wordingsOf } from "./wording.ts";

/** What every such page says, and no other. */
const SAID = "that a model is trained under.</p>";

/** Whether a file is such a page, of whatever constitution. */
export const isConstitutionPage = (html: string): boolean => html.includes(SAID);

/** One self-contained HTML page. */
export function renderConstitution(constitution: Constitution): string {
  const { title, version, principles, changelog } = constitution;
  const total = principles.reduce((sum, { weight }) => sum + weight, 0);
  const header = [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p class="lead">Version <b>${escapeHtml(version)}</b>: <b>${principles.length} ${principles.length === 1 ? "principle" : "principles"}</b> ${SAID}`,
  ].join("");
  const contents = principles.map(({ id }) => `<li><a href="#${id}">${id}</a></li>`);
  return page(
    title,
    header,
    [
      {
        title: "Principles",
        said: "Each is drawn in proportion to its weight, and a model is asked to criticise, revise and compare in its name.",
        body: `<ol class="ids">${contents.join("")}</ol>${principles.map((one) => card(one, total)).join("\n")}`,
      },
      ...(changelog.length === 0
        ? []
        : [
            {
              title: "Changelog",
              said: "What changed, as its authors tell it.",
              body: `<dl class="log">${changelog.map(({ version: raised, date, note }) => `<dt>${escapeHtml(raised)} <small>${escapeHtml(date)}</small></dt><dd>${escapeHtml(note)}</dd>`).join("")}</dl>`,
            },
          ]),
    ],
    STYLE,
  );
}

function card(principle: Principle, total: number): string {
  const { id, text, reasons, source, weight, tags } = principle;
  const share = `${((100 * weight) / total).toFixed(1)}% of draws`;
  const marks = tags.map((tag) => `<span class="mark">${escapeHtml(tag)}</span>`).join("");
  const wordings = wordingsOf(principle).map(
    ({ use, text: words, origin }) =>
      `<dt>${use}${origin === "derived" ? " <small>derived from the text</small>" : ""}</dt><dd>${escapeHtml(words)}</dd>`,
  );
  return [
    `<article class="talk" id="${escapeHtml(id)}">`,
    `<h3><code>${escapeHtml(id)}</code><small>weight ${weight}, ${share}</small></h3>`,
    `<p class="text">${escapeHtml(text)}</p>`,
    reasons === "" ? "" : `<p class="why">${escapeHtml(reasons)}</p>`,
    source === undefined ? "" : `<p class="from">${sourceHtml(source)}</p>`,
    marks === "" ? "" : `<p class="marks">${marks}</p>`,
    `<details><summary>What a model is asked</summary><dl>${wordings.join("")}</dl></details>`,
    "</article>",
  ].join("");
}

/** The source, linked where it has an address of its own or an arXiv number. */
function sourceHtml({ title, locator, licence, url }: Source): string {
  const arxiv = title.match(/arXiv[: ](\d{4}\.\d{4,5})/)?.[1];
  const address = url ?? (arxiv === undefined ? undefined : `https://arxiv.org/abs/${arxiv}`);
  const name = escapeHtml(title);
  return [
    address === undefined ? name : `<a href="${escapeHtml(address)}" rel="noreferrer">${name}</a>`,
    locator === undefined ? "" : `, ${escapeHtml(locator)}`,
    licence === undefined ? "" : `<span class="licence"> · ${escapeHtml(licence)}</span>`,
  ].join("");
}

const STYLE = `
.ids{columns:3 220px;margin:0 0 26px;padding-left:28px;font-size:14px}
.ids li{padding:1px 0;break-inside:avoid;color:var(--soft)}
a{color:var(--m1);text-decoration-thickness:1px;text-underline-offset:2px}
.ids a{color:inherit;text-decoration:none}
.ids a:hover{color:var(--ink);text-decoration:underline}
article{scroll-margin-top:16px}
article:target{border-color:var(--m1)}
article h3{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:4px 12px;margin:0 0 10px;font-weight:400}
article h3 code{overflow-wrap:anywhere}
article .text{font:19px/1.5 ui-serif,Georgia,"Times New Roman",serif}
article .why{color:var(--soft)}
article .from{font-size:14px}
.licence{color:var(--soft)}
.marks{display:flex;flex-wrap:wrap;gap:6px}
.mark{border:1px solid var(--line);border-radius:20px;padding:0 10px;font-size:12.5px;line-height:1.8;color:var(--soft)}
dl{margin:0;font-size:14px;line-height:1.5}
dt{color:var(--soft);font-weight:600;font-size:12.5px;margin-top:8px}
dt small{font-weight:400}
dd{margin:0}
.log dt{font-size:14px;color:var(--ink)}
article details summary{margin-bottom:0}
`;
