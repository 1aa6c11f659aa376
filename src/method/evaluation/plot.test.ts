import { expect, test } from "vitest";
import { axisBelow, domainOf, escapeHtml, linear, shortly, ticksOf } from "./plot.ts";
import { reliabilityDiagram } from "./plot-curves.ts";
import { dotPlot, stackedBars } from "./plot-rows.ts";

test("ticks are round numbers within the domain", () => {
  expect(ticksOf([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticksOf([-37, 412], 5)).toEqual([0, 100, 200, 300, 400]);
  expect(ticksOf([0.0012, 0.0031], 4)).toEqual([0.0015, 0.002, 0.0025, 0.003]);
  expect(ticksOf([3, 3])).toEqual([3]);
});

test("a scale maps its ends to its ends, and upside down if asked", () => {
  const scale = linear([10, 20], [300, 100]);
  expect([scale(10), scale(15), scale(20)]).toEqual([300, 200, 100]);
  expect(linear([5, 5], [0, 10])(5)).toBe(5);
});

test("a domain leaves a margin, and is sound for one value or none", () => {
  expect(domainOf([0, 10])).toEqual([-0.5, 10.5]);
  expect(domainOf([0, 0])).toEqual([-1, 1]);
  expect(domainOf([])).toEqual([0, 1]);
});

test("numbers on axes are short", () => {
  expect([0, 0.30000000000000004, 1234, 0.00012345].map(shortly)).toEqual(["0", "0.3", "1200", "0.00012"]);
});

test("labels cannot break out of the drawing", () => {
  expect(escapeHtml(`<a href="x">&'`)).toBe("&#60;a href=&#34;x&#34;&#62;&#38;&#39;");
  const bars = stackedBars("<b>", [{ title: "", bars: [{ name: "<i>", shares: [] }] }]);
  expect(bars).not.toMatch(/<[bi]>/);
});

test("a bar's cuts lie end to end and are as long as their shares", () => {
  const shares = [0.25, 0.75].map((share, i) => ({ className: `c${i}`, name: `n${i}`, share }));
  const svg = stackedBars("l", [{ title: "", bars: [{ name: "b", shares }] }]);
  const cuts = [...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)].map(([, x, width]) => [
    +x!,
    +width!,
  ]);
  // The bar runs from 132 to 760 with a unit of air after each cut.
  expect(cuts).toEqual([
    [132, 156],
    [289, 470],
  ]);
});

test("a dot lies between the ends of its interval", () => {
  const dot = { className: "m0", name: "m", value: 0.5, low: 0.25, high: 1 };
  const svg = dotPlot("l", [{ title: "", rows: [{ name: "r", dots: [dot] }] }], {
    label: "x",
    domain: [0, 1],
  });
  const [, low, high] = svg.match(/x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)" y2="[\d.]+" class="interval/)!;
  const [, middle] = svg.match(/cx="([\d.]+)"/)!;
  // 0.25, 0.5 and 1 of the way from 132 to 744.
  expect([low, middle, high].map(Number)).toEqual([285, 438, 744]);
});

test("reliability dots have areas in proportion to their counts", () => {
  const bins = [1, 4].map((count) => ({ count, predicted: 0.5, observed: 0.5 }));
  const svg = reliabilityDiagram("l", [{ className: "j0", name: "n", bins }]);
  expect([...svg.matchAll(/ r="([\d.]+)"/g)].map(([, r]) => Number(r) - 2.5)).toEqual([3, 6]);
});

test("an axis shows every tick", () => {
  const axis = axisBelow({ left: 0, right: 10, top: 0, bottom: 10 }, (x) => x, [0, 5, 10], "name");
  expect(axis.match(/class="tick"/g)).toHaveLength(3);
});
