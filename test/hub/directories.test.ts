import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { privateDirectory, stateFolders } from "../../server/hub/directories.ts";
import { tempDirectory } from "../real-kernels.ts";

/** A path that no directory can be made at, whoever asks, and a folder of temporary files. */
function unusable() {
  const base = tempDirectory();
  const shared = join(base, "tmp");
  mkdirSync(shared);
  writeFileSync(join(base, "file"), "");
  return { path: join(base, "file", "state"), shared, fallback: join(shared, `nbls-${process.getuid?.()}`) };
}

test("a directory that is missing is made, for its user alone, and one that is there is closed to others", () => {
  const path = join(tempDirectory(), "new", "state");
  expect(privateDirectory(path)).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  chmodSync(path, 0o755);
  privateDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

describe.skipIf(process.platform === "win32")("where the directory cannot be used", () => {
  test("every run finds the same one instead, and says so: none is left behind", () => {
    const { path, shared, fallback } = unusable();
    const warnings: string[] = [];
    const used = [1, 2, 3].map(() => privateDirectory(path, (message) => warnings.push(message), shared));
    expect(used).toEqual([fallback, fallback, fallback]);
    expect(readdirSync(shared).length).toBe(1);
    expect(statSync(fallback).mode & 0o777).toBe(0o700);
    expect(warnings[0]).toMatch(/state cannot be used \(.+\); .*nbls-\d+ is used instead$/);
  });

  test("one that others may open is not used", () => {
    const { path, shared, fallback } = unusable();
    mkdirSync(fallback);
    chmodSync(fallback, 0o777);
    expect(() => privateDirectory(path, undefined, shared)).toThrow(/state cannot be used.*nbls-\d+ \(others may open it/);
  });

  test("a link that somebody laid is not followed", () => {
    const { path, shared, fallback } = unusable();
    symlinkSync(tempDirectory(), fallback);
    expect(() => privateDirectory(path, undefined, shared)).toThrow("it is no directory");
  });

  test.skipIf(process.getuid?.() !== 0)("one of another user's is not used", () => {
    const { path, shared, fallback } = unusable();
    mkdirSync(fallback, { mode: 0o700 });
    chownSync(fallback, 12_345, 12_345);
    expect(() => privateDirectory(path, undefined, shared)).toThrow("belongs to another user");
  });

  test.each(["notebooks", "blobs", "sequences"])(
    "a link in the place of %s leads nowhere: no file of ours lands there",
    (part) => {
      const { shared, fallback } = unusable();
      const [path, victim] = [tempDirectory(), tempDirectory()];
      chmodSync(victim, 0o755);
      symlinkSync(victim, join(path, part));
      const warnings: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      expect(privateDirectory(path, warn, shared, stateFolders)).toBe(fallback);
      expect(warnings).toEqual([expect.stringMatching(new RegExp(`/${part}: it is no directory.*is used instead`))]);
      expect(statSync(victim).mode & 0o777).toBe(0o755);
    },
  );

  test("a folder in it that others may open is closed", () => {
    const path = tempDirectory();
    mkdirSync(join(path, "blobs"));
    chmodSync(join(path, "blobs"), 0o755);
    expect(privateDirectory(path, undefined, undefined, stateFolders)).toBe(path);
    expect(statSync(join(path, "blobs")).mode & 0o777).toBe(0o700);
  });

  // Node's own recursive mkdir turned at full speed here, deaf to signals.
  test.skipIf(!existsSync("/proc/self"))("a place where the system makes no directory (/proc) is left at once", () => {
    const { shared, fallback } = unusable();
    for (const path of ["/proc/nope", "/proc/nope/deep/er"]) expect(privateDirectory(path, undefined, shared)).toBe(fallback);
  });
});
