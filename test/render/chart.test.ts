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

test("HTML with a script and a little text shows its text before the note", () => {
  const html = "<h1>T</h1><script>alert(2)</script><p>body text</p>";
  const bundle = { "text/html": html, "text/plain": "<IPython.core.display.HTML object>" };
  expect(shown([display(bundle)])).toBe("T\n\nbody text\n[interactive HTML]");
  for (const empty of ["<div></div>", "<p>Loading…</p>"])
    expect(shown([display({ ...bundle, "text/html": `${empty}<script>draw()</script>` })])).toBe("[interactive HTML]");
});

test("a chart whose HTML only keeps its place is opened as the chart", () => {
  const bundle = { "text/html": "<div>plot</div>", "application/vnd.plotly.v1+json": { data: [] } };
  expect(outputPage("x", [display(bundle)])).toContain('Plotly.newPlot("chart-0"');
  const own = { ...bundle, "text/html": "<div></div><script>own()</script>" };
  expect(outputPage("x", [display(own)])).toContain("own()");
  expect(outputPage("x", [display(own)])).not.toContain("newPlot");
});

test("HTML that draws itself is the page, and outputs that need no browser make none", () => {
  expect(outputPage("x", captured("altair"))).toContain("vega-embed");
  for (const name of ["pandas-frame", "html", "matplotlib", "error"]) expect(needsBrowser(captured(name))).toBe(false);
});
