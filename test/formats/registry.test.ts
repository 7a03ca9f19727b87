import { expect, test } from "vitest";
import { openIpynb } from "../../server/formats/ipynb.ts";
import { convert, formatFor } from "../../server/formats/registry.ts";
import { fixture } from "./fixtures.ts";

test.each([
  ["a.py", undefined, "percent"],
  ["/x/a.R", undefined, "percent"],
  ["C:\\x\\a.JL", undefined, "percent"],
  ["a.ipynb", undefined, "ipynb"],
  ["a.ipynb", '\n{"cells": []}', "ipynb"],
  ["a.ipynb", "", "ipynb"],
  ["a.ipynb", "# %%\n1\n", "percent"],
  ["a.txt", "# %%", undefined],
  ["folder.py/a", undefined, undefined],
  [".py", undefined, undefined],
])("%s with %j is %s", (path, text, id) => {
  expect(formatFor(path, text)?.id).toBe(id);
});

test("a notebook becomes a script and a notebook again, without outputs", () => {
  const script = convert(fixture("jupyter.ipynb"), { path: "a.ipynb" }, { path: "a.py" });
  expect(script?.problems).toEqual([]);
  const back = convert(script?.text ?? "", { path: "a.py" }, { path: "b.ipynb" });
  expect(back?.problems).toEqual([]);
  const [before, after] = [openIpynb(fixture("jupyter.ipynb")).notebook, openIpynb(back?.text ?? "").notebook];
  expect(after.cells.map(({ kind, source }) => [kind, source.trimEnd()])).toEqual(
    before.cells.map(({ kind, source }) => [kind, source.trimEnd()]),
  );
  expect(after.metadata["kernelspec"]).toEqual(before.metadata["kernelspec"]);
});

test("a notebook in R becomes a script in R, and its kernel comes along", () => {
  const { text } = convert(fixture("hand-written.ipynb"), { path: "a.ipynb" }, { path: "a.R" }) ?? { text: "" };
  expect(text).toContain("#     name: ir\n");
  expect(openIpynb(convert(text, { path: "a.R" }, { path: "b.ipynb" })?.text ?? "").language).toBe("r");
});

test("what cannot be read is told, and what is no notebook's ending is refused", () => {
  expect(convert("{", { path: "a.ipynb" }, { path: "a.py" })?.problems[0]?.severity).toBe("error");
  expect(convert("", { path: "a.py" }, { path: "a.txt" })).toBeUndefined();
});
