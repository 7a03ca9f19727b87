// @module-tag process
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { within } from "../../server/base/deferred.ts";
import type { KernelLaunch } from "../../server/kernel/provider.ts";
import { tempDirectory } from "../real-kernels.ts";
import { advancedChecks } from "./conformance-advanced.ts";
import { basicChecks } from "./conformance-basic.ts";
import { type Check, conformanceEnvironment, type Subject } from "./conformance-check.ts";
import { exceptions } from "./conformance-exceptions.ts";
import { interactiveChecks } from "./conformance-interactive.ts";
import { kernelsUnderTest } from "./conformance-kernels.ts";
import { richChecks } from "./conformance-rich.ts";
import { snippets } from "./conformance-snippets.ts";
import { conformanceTable, saveConformance } from "./conformance-table.ts";
import { RecordedSession } from "./recorded-session.ts";

const checks: readonly Check[] = [...basicChecks, ...interactiveChecks, ...richChecks, ...advancedChecks];
const checkTimeoutMs = 12_000;
/** What a kernel cannot do it often leaves without an answer. */
const exceptionTimeoutMs = 3_000;
const results: { [kernel: string]: { [check: string]: string } } = {};

for (const { name, launch, missing } of kernelsUnderTest()) {
  if (launch !== undefined) conformance(name, launch);
  else if (process.env["NBLS_REQUIRE_ALL"] === "1") {
    test(`${name} is there`, { tags: ["kernel"] }, () => expect.fail(missing));
  } else test.skip(`${name}: ${missing}`, { tags: ["kernel"] }, () => undefined);
}

function conformance(name: string, launch: KernelLaunch): void {
  describe(name, { tags: ["kernel"] }, () => {
    const own: { [check: string]: string } = {};
    let started: Subject | undefined;
    const directories: string[] = [];
    const directory = () => {
      directories.push(realpathSync(mkdtempSync(join(tmpdir(), "nbls-"))));
      return directories.at(-1) ?? "";
    };

    beforeAll(async () => {
      const code = snippets[launch.language];
      if (code === undefined) throw new Error(`no snippets for ${launch.language}`);
      const options = { cwd: directory(), runtimeDirectory: directory(), env: conformanceEnvironment, endWithTest: false };
      const shared = await new RecordedSession(launch, options).start();
      const fresh = () => new RecordedSession(launch, { runtimeDirectory: tempDirectory() }).start();
      started = { launch, snippets: code, shared, fresh };
    }, 60_000);

    afterAll(async () => {
      await started?.shared.session.shutdown();
      for (const path of directories) rmSync(path, { recursive: true, force: true });
      results[name] = own;
      saveConformance(results);
    });

    for (const check of checks) {
      test(`${check.tier}: ${check.name}`, async () => {
        const subject = started ?? expect.fail("the kernel did not start");
        const exception = exceptions[name]?.[check.name];
        own[check.name] = "fail";
        const failure = await within(
          failureOf(check, subject),
          exception === undefined ? checkTimeoutMs : exceptionTimeoutMs,
          new Error(`${check.name}: no end in sight`),
        );
        // What follows must not suffer from what went wrong here.
        if (failure !== undefined) await subject.shared.session.restart();
        if (exception === undefined && failure !== undefined) throw failure;
        expect(failure === undefined, `works by now, although: ${exception ?? ""}`).toBe(exception === undefined);
        own[check.name] = exception === undefined ? "pass" : `n/a: ${exception}`;
      });
    }
  });
}

async function failureOf(check: Check, subject: Subject): Promise<unknown> {
  try {
    await check.run(subject);
    return undefined;
  } catch (error) {
    return error;
  }
}

test("the table names every kernel and numbers the reasons", () => {
  const table = conformanceTable({ a: { stdout: "pass", history: "n/a: keeps none" }, b: { stdout: "fail", history: "pass" } });
  expect(table).toBe("| Check | a | b |\n| --- | --- | --- |\n| stdout | ✓ | fail |\n| history | n/a 1 | ✓ |\n\n1. keeps none\n");
});
