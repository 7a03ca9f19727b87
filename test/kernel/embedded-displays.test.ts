// @module-tag process
import { expect, test } from "vitest";
import { embeddedLaunch } from "../../server/kernel/embedded.ts";
import { pythonWith, whyMissing } from "../real-kernels.ts";
import { bundle, describeEmbedded, launchWith, resultText, startEmbedded, summary } from "./embedded-session.ts";

/** Without installed packages: there is no IPython that could stand in for ours. */
const bare = launchWith(["-S"]);

describeEmbedded("displays of the embedded kernel", () => {
  test("every way to represent an object is used", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute(`
class Rich:
    def _repr_html_(self): return '<b>'
    def _repr_markdown_(self): return '**'
    def _repr_svg_(self): return '<svg/>'
    def _repr_png_(self): return b'\\x89PNG', {'width': 3}
    def _repr_jpeg_(self): return None
    def _repr_latex_(self): return '$x$'
    def _repr_json_(self): return {'n': float('nan'), 'l': (1, 2)}
    def __repr__(self): return 'plain'
Rich()`);
    const [result] = kernel.outputs(id, "execute_result");
    expect(result?.content["data"]).toEqual({
      "text/html": "<b>",
      "text/markdown": "**",
      "image/svg+xml": "<svg/>",
      "image/png": "iVBORw==",
      "text/latex": "$x$",
      "application/json": { n: null, l: [1, 2] },
      "text/plain": "plain",
    });
    expect(result?.content["metadata"]).toEqual({ "image/png": { width: 3 } });
  });

  test("a mime bundle comes first, and one failing representation costs only itself", async () => {
    const kernel = await startEmbedded();
    const { id, end } = await kernel.execute(`
class Rich:
    def _repr_mimebundle_(self, include=None, exclude=None): return {'text/html': 'mine', 'text/plain': 'plain'}, {'text/html': {'a': 1}}
    def _repr_html_(self): return 'other'
    def _repr_svg_(self): raise ValueError('no svg')
Rich()`);
    expect(end.type).toBe("succeeded");
    expect(bundle(kernel, id, "execute_result")).toEqual({ "text/html": "mine", "text/plain": "plain" });
    expect(kernel.stream(id, "stderr")).toContain("ValueError");
  });

  test("classes and objects that answer to every name are shown by their repr", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("class Rich:\n    def _repr_html_(self): return '<b>'\nRich");
    expect(Object.keys(bundle(kernel, id, "execute_result") ?? {})).toEqual(["text/plain"]);
    const every = await kernel.execute("from unittest.mock import MagicMock\nMagicMock(name='any')");
    expect(Object.keys(bundle(kernel, every.id, "execute_result") ?? {})).toEqual(["text/plain"]);
  });

  test("_ipython_display_ shows the object itself", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("class Own:\n    def _ipython_display_(self): print('own')\ndisplay(Own())\nOwn()");
    expect(summary(kernel, id)).toBe("stdout: own\nown\n");
  });

  test("a display can be replaced by its id, and outputs cleared", async () => {
    const kernel = await startEmbedded(bare);
    const { id } = await kernel.execute(
      "from IPython.display import *\nh = display('a', display_id=True)\nh.update('b')\nclear_output(wait=True)",
    );
    const [shown, updated, cleared] = kernel.outputs(id).map((message) => message.content);
    expect(updated).toMatchObject({ data: { "text/plain": "'b'" }, transient: shown?.["transient"] });
    expect(cleared).toEqual({ wait: true });
    const later = await kernel.execute("update_display(3, display_id=h.display_id)");
    expect(bundle(kernel, later.id, "update_display_data")).toEqual({ "text/plain": "3" });
  });

  test("IPython.display is there where IPython is not", async () => {
    const kernel = await startEmbedded(bare);
    const { id } = await kernel.execute(`
import IPython
from IPython.display import HTML, Markdown, SVG, Latex, Math, JSON, Image, display
display(HTML('<b>'), Markdown('# m'), SVG('<svg/>'), Latex('$l$'), Math('x'), JSON({'a': 1}), Image(b'\\x89PNG', width=5))
display(Image(url='https://example.org/a.png'))
IPython.get_ipython()`);
    const shown = kernel.outputs(id, "display_data").map(({ content }) => {
      const data = Object.entries(content["data"] as object).find(([mime]) => mime !== "text/plain");
      return data;
    });
    expect(shown).toEqual([
      ["text/html", "<b>"],
      ["text/markdown", "# m"],
      ["image/svg+xml", "<svg/>"],
      ["text/latex", "$l$"],
      ["text/latex", "$\\displaystyle x$"],
      ["application/json", { a: 1 }],
      ["image/png", "iVBORw=="],
      ["text/html", '<img src="https://example.org/a.png"/>'],
    ]);
    const { end } = await kernel.execute("from IPython.display import Audio");
    expect(end).toMatchObject({ type: "failed", ename: "ImportError" });
  });
});

const interpreter = pythonWith("ipykernel7");
const packages = { tags: ["kernel"], skip: interpreter === undefined };
const scientific = () => startEmbedded(embeddedLaunch(interpreter ?? "", "for a test"));

describeEmbedded(
  `displays of packages in the embedded kernel (${interpreter === undefined ? whyMissing("ipykernel7") : "prepared"})`,
  () => {
    test("figures are shown once, as PNG, by show() or at the end of the cell", packages, async () => {
      const kernel = await scientific();
      const { id } = await kernel.execute(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('between')\nplt.plot([2, 1]);",
      );
      expect(summary(kernel, id)).toBe("display_data|stdout: between\n|display_data");
      expect(String(bundle(kernel, id, "display_data")?.["image/png"])).toMatch(/^iVBORw0KGgo/);
      const value = await kernel.execute("fig, ax = plt.subplots()\nfig");
      expect(summary(kernel, value.id)).toBe("execute_result");
      expect((await kernel.execute("1")).id && summary(kernel, value.id)).toBe("execute_result");
    });

    test("figures of a cell that fails are shown", packages, async () => {
      const kernel = await scientific();
      const { id } = await kernel.execute("import matplotlib.pyplot as plt\nplt.plot([1])\n1/0");
      expect(summary(kernel, id)).toBe("display_data|error");
    });

    test("child processes are not told of our figures' backend", packages, async () => {
      const kernel = await scientific();
      const code =
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import matplotlib.pyplot as p; print(p.get_backend())']);";
      expect(await kernel.stdout(`import matplotlib.pyplot\n${code}`)).toMatch(/^agg\n$/i);
    });

    test("IPython's own display functions reach the cell where IPython is installed", packages, async () => {
      const kernel = await scientific();
      const { id } = await kernel.execute("from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>'))");
      expect(bundle(kernel, id, "display_data")).toMatchObject({ "text/html": "<b>x</b>" });
    });

    test("tables have HTML", packages, async () => {
      const kernel = await scientific();
      const { id } = await kernel.execute("import pandas as pd\nframe = pd.DataFrame({'first': [1]})\nframe");
      expect(bundle(kernel, id, "execute_result")?.["text/html"]).toContain("<table");
      expect(resultText(kernel, id)).toBe("   first\n0      1");
      const keys = await kernel.session.complete("frame['f", 8, 10_000);
      expect(keys?.matches.map((match) => match.text)).toEqual(["first"]);
    });
  },
);
