import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandNames } from "../server/protocol/commands.ts";

const plugin = join(import.meta.dirname, "../clients/neovim");
const read = (path: string) => readFileSync(join(plugin, path), "utf8");

/** They mean a text besides a place, or are keys of their own: motions, lines of a selection. */
const withoutPlug = ["nextCell", "previousCell", "runLines", "selectKernel", "replyInput", "openAsText"];

test("each command of the server has a <Plug> key in Neovim, and each stands in the help", () => {
  const [, list = ""] = /local names = \[\[(.*?)\]\]/su.exec(read("plugin/nbls.lua")) ?? [];
  const names = list.trim().split(/\s+/u);
  const own = ["output", "kernel", "reply"];
  const ofServer = commandNames.map((name) => name.replace("nbls.", "")).filter((name) => !withoutPlug.includes(name));
  expect(names.filter((name) => !own.includes(name)).toSorted()).toEqual(ofServer.toSorted());
  const help = read("doc/nbls.txt");
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`, "u").test(help))).toEqual([]);
});

test("the adapter for Neovim has less than 1,000 lines", () => {
  const files = readdirSync(plugin, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".lua"));
  const lineCount = files.reduce((sum, name) => sum + read(name).split("\n").length - 1, 0);
  expect(files).toContain(join("lua", "nbls", "cells.lua"));
  expect(lineCount).toBeLessThan(1_000);
});
