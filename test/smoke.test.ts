import { expect, test } from "vitest";
import { TextLines } from "../server/base/text.ts";

test("a text comes back as it went in", () => {
  expect(new TextLines("a\r\nb\rc\n").toString()).toBe("a\r\nb\rc\n");
});
