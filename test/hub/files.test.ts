import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeTextAtomically } from "../../server/hub/files.ts";
import { tempDirectory } from "../real-kernels.ts";
import { openStore, stdout } from "./open-store.ts";

/** Characters of two units, one of which lies across each boundary of a part, whatever its length. */
const long = (first: string) => first + "😀".repeat(1_100_000);

test.each(["", "a"])("a long text is written part by part, and no character is cut in two (begins with %j)", async (first) => {
  const path = join(tempDirectory(), "a.ipynb");
  await writeTextAtomically(path, long(first));
  expect(readFileSync(path, "utf8") === long(first)).toBe(true);
});

test.each(["", "a"])("a long message is logged part by part, and no character is cut in two (begins with %j)", (first) => {
  const { stateDirectory, store, start } = openStore();
  start("1").message(...stdout(long(first)));
  store.close();
  const [output] = openStore(stateDirectory).folds.stored("1")().outputs();
  expect(output?.output_type === "stream" && output.text === long(first)).toBe(true);
});
