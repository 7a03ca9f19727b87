import { expect, test } from "vitest";
import { needsBrowser, outputPage } from "../../server/render/page.ts";
import { captured, display, shown } from "./captured.ts";

test.each([
  ["plotly", "[plotly chart: scatter, 1 trace, “Squares”]"],
  ["altair", "alt.Chart(...)"],
  ["bokeh", "[bokeh chart]"],
])("a chart of %s is told in a line, with the way to see it", (name, text) => {
  expect(shown(captured(name))).toBe(text);
  expect(shown(captured(name), { ways: { browser: "open-it" } })).toBe(`${text} (open-it shows it in a browser)`);
});

test("a chart that brings its picture is the picture", () => {
  const bundle = { "application/vnd.vegalite.v5+json": { mark: "bar" }, "image/png": "AAAA", "text/plain": "<Chart>" };
  expect(shown([display(bundle)])).toBe("[image/png]");
});

test("charts become a page that holds them, and ends no script too early", () => {
  const chart = { data: [{ type: "bar", y: ["</script><script>alert(1)"] }], layout: {} };
  const stream = { output_type: "stream", name: "stdout", text: "<b>&\u001b[31mred\n" } as const;
  const page = outputPage("a<b", [stream, display({ "application/vnd.plotly.v1+json": chart })]);
  expect(page).toContain("<title>a&lt;b</title>");
  expect(page).toContain("<pre>&lt;b>&amp;red</pre>");
  expect(page).toContain('Plotly.newPlot("chart-1"');
  expect(page.match(/<\/script>/g)).toHaveLength(2);
});

test("HTML that draws itself is the page, and outputs that need no browser make none", () => {
  expect(outputPage("x", captured("altair"))).toContain("vega-embed");
  for (const name of ["pandas-frame", "html", "matplotlib", "error"]) expect(needsBrowser(captured(name))).toBe(false);
});
