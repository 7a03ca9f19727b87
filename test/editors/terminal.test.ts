// @module-tag editor
import { describe, expect, test } from "vitest";
import { deskWith, openEditor } from "./desk.ts";
import { realEditors } from "./real-editors.ts";

const editors = (["helix", "neovim", "emacs"] as const).flatMap((editor) => realEditors(editor));

describe.for(editors)("$name", ({ launch, missing }) => {
  test("shows a file and what is typed, and ends with its terminal", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = deskWith({ program: "nbls.cjs" }, { "project/a.txt": "it's a file\n" });
    const terminal = openEditor(launch, desk, ["a.txt"]);
    await terminal.until(/it's a file/u);
    if (launch.editor !== "emacs") await terminal.keys("i");
    await terminal.type("'more' ");
    expect((await terminal.until(/'more' it's a file/u)).length).toBe(40);
    await terminal.capture(`${launch.editor}-${launch.version}/typed`);
    await terminal.close();
  });
});
