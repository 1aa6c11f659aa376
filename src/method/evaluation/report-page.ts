// The report's page: its shell, its style and the few shapes that sections are made of. One file, no script, no network;
// light or dark as the reader's system is. Knows nothing of the figures.
import { escapeHtml } from "./plot.ts";

/** A part of the report; `said` is the sentence that says what is seen, in plain English (HTML allowed). */
export interface Section {
  readonly title: string;
  readonly said: string;
  /** HTML. */
  readonly body: string;
}

/** A cell is text; numbers are set to the right. */
export type Cell = string | { readonly html: string } | { readonly number: string; readonly small?: string };

/** A table; the first column names the rows. */
export function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const isNumber = columns.map((_, i) =>
    rows.some((row) => typeof row[i] === "object" && "number" in row[i]),
  );
  const head = columns.map(
    (name, i) => `<th${isNumber[i] ? ' class="number"' : ""}>${escapeHtml(name)}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`);
  return `<div class="scroll"><table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

function cell(content: Cell): string {
  if (typeof content === "string") return `<td>${escapeHtml(content)}</td>`;
  if ("html" in content) return `<td>${content.html}</td>`;
  const small = content.small === undefined ? "" : ` <small>${escapeHtml(content.small)}</small>`;
  return `<td class="number">${escapeHtml(content.number)}${small}</td>`;
}

/** What the colours of a plot mean. */
export function legend(entries: readonly { readonly className: string; readonly name: string }[]): string {
  const items = entries.map(
    ({ className, name }) => `<li><i class="${className}"></i>${escapeHtml(name)}</li>`,
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

/** Drawings beside each other where there is room. */
export const sideways = (...drawings: readonly string[]): string =>
  `<div class="sideways">${drawings.map((one) => `<figure>${one}</figure>`).join("")}</div>`;

/** The name that a link to a section goes by. */
export const sectionId = (title: string): string => title.toLowerCase().replace(/[^a-z0-9]+/g, "-");

/** The whole document. @param style rules beside those of every page */
export function page(title: string, header: string, sections: readonly Section[], style = ""): string {
  const contents = sections.map(
    (section) => `<a href="#${sectionId(section.title)}">${escapeHtml(section.title)}</a>`,
  );
  const parts = sections.map(
    (section) =>
      `<section id="${sectionId(section.title)}"><h2>${escapeHtml(section.title)}</h2><p class="said">${section.said}</p>${section.body}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
<header>${header}</header>
<nav aria-label="Contents">${contents.join("")}</nav>
<main>
${parts.join("\n")}
</main>
</body>
</html>
`;
}

/** Colours: answers by kind (comply, reasoned, evasive, other), models in the order of the method, judges and sources. */
const STYLE = `
:root{--paper:#fbfaf8;--panel:#fff;--ink:#1d1c1a;--soft:#66625b;--line:#e3dfd8;--grid:#ece8e1;
--comply:#d9764a;--reasoned:#2f7f86;--evasive:#b59a3c;--other:#a9a49b;--within:#fff;
--m0:#8a857c;--m1:#3f78b5;--m2:#1f8a66;--m3:#9a5fb0;--j0:#b0602f;--j1:#3f78b5}
@media (prefers-color-scheme:dark){:root{--paper:#171614;--panel:#1f1e1b;--ink:#ece9e3;--soft:#a29c91;--line:#35322d;--grid:#2b2925;
--comply:#dc7f55;--reasoned:#3f979e;--evasive:#b99f45;--other:#6f6a62;--within:#fff;
--m0:#9b958b;--m1:#6ba3e0;--m2:#48b58d;--m3:#bd86d1;--j0:#d98a58;--j1:#6ba3e0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;-webkit-text-size-adjust:100%}
header,nav,main{max-width:860px;margin:0 auto;padding:0 20px}
header{padding-top:56px}
h1{font:600 34px/1.15 ui-serif,Georgia,"Times New Roman",serif;letter-spacing:-.01em;margin:0 0 10px}
h2{font:600 23px/1.25 ui-serif,Georgia,"Times New Roman",serif;margin:0 0 6px}
h3{font-size:15px;font-weight:600;margin:26px 0 6px}
p{margin:0 0 12px}
.lead,.said{color:var(--soft)}
.said{margin-bottom:18px}
.said b,.lead b{color:var(--ink);font-weight:600}
small{color:var(--soft);font-size:.8em;white-space:nowrap}
code,pre{font:13px/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{background:var(--grid);border-radius:4px;padding:1px 5px}
pre{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:14px 16px;overflow-x:auto;margin:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:26px 0 8px}
.tile{background:var(--panel);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.tile p{margin:0;font-size:13px;line-height:1.4;color:var(--soft)}
.tile strong{display:block;font:600 30px/1.2 ui-serif,Georgia,serif;font-variant-numeric:tabular-nums}
.tile .path{font-size:13px;color:var(--soft);font-variant-numeric:tabular-nums;margin-bottom:6px}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;padding-top:18px;padding-bottom:6px;font-size:14px}
nav a{color:var(--soft);text-decoration:none;border-bottom:1px solid var(--line)}
nav a:hover{color:var(--ink);border-color:var(--ink)}
section{padding:34px 0 8px;border-top:1px solid var(--line);margin-top:26px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums;margin:2px 0 10px}
th{text-align:left;font-weight:600;color:var(--soft);font-size:12.5px;vertical-align:bottom}
th,td{padding:7px 12px 7px 0;border-bottom:1px solid var(--line)}
td{vertical-align:top}
.number{text-align:right;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
td details summary{margin:0;color:var(--ink);white-space:nowrap}td details{width:min-content;min-width:200px}.meter{min-width:190px}
td .bar{display:block;height:9px;border-radius:3px;background:var(--m1);margin-top:7px;min-width:2px}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:12px;fill:var(--ink);font-family:inherit}
svg .tick,svg .axis{fill:var(--soft);font-size:11.5px}
svg .group{font-weight:600;font-size:13px}
svg .within{fill:var(--within);font-size:11.5px;font-weight:600;pointer-events:none}
svg .grid{stroke:var(--grid)}
svg .diagonal{stroke:var(--soft);stroke-dasharray:3 4}
svg .curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
svg .curve.thin{stroke-width:1;opacity:.55}
svg .interval{stroke:var(--c);stroke-width:2;opacity:.45;stroke-linecap:round}
svg .dot{fill:var(--c);stroke:var(--paper);stroke-width:1}
svg rect{fill:var(--c)}
.comply{--c:var(--comply)}.reasoned{--c:var(--reasoned)}.evasive{--c:var(--evasive)}.other{--c:var(--other)}
.m0{--c:var(--m0)}.m1{--c:var(--m1)}.m2{--c:var(--m2)}.m3{--c:var(--m3)}.j0{--c:var(--j0)}.j1{--c:var(--j1)}
figure{margin:0;min-width:0}
.sideways{display:grid;grid-template-columns:repeat(auto-fit,minmax(225px,1fr));gap:18px;align-items:start}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:0 0 10px;padding:0;font-size:13px;color:var(--soft)}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;background:var(--c);margin-right:6px}
.talk{background:var(--panel);border:1px solid var(--line);border-radius:12px;padding:16px 18px;margin:0 0 16px}
.talk .asked{font:italic 17px/1.45 ui-serif,Georgia,serif;margin-bottom:12px;white-space:pre-wrap}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:16px}
.answers h4,.step h4{margin:0 0 3px;font-size:12.5px;font-weight:600;color:var(--soft)}
.answers p,.step p{font-size:14px;line-height:1.5;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
.answers>div{border-top:3px solid var(--c);padding-top:8px}
.tag{display:inline-block;font-size:11.5px;border-radius:20px;padding:0 8px;margin:0 0 5px;color:var(--within);background:var(--c)}
.step{border-left:2px solid var(--line);padding:0 0 12px 14px}
.step.principle{border-color:var(--m1)}.step.principle p{font-style:italic}
.step+details{margin-top:10px}.step+details summary,.step+details p{margin:0}
details summary{cursor:pointer;color:var(--soft);font-size:14px;margin-bottom:10px}
footer{padding:24px 0 60px;color:var(--soft);font-size:13px}
@media print{nav{display:none}section,.talk{break-inside:avoid}}
`;
