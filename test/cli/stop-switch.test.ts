import { expect, test } from "vitest";
import { deferred } from "../../server/base/deferred.ts";
import type { SignalName } from "../../server/cli/context.ts";
import { StopSwitch } from "../../server/cli/stop-switch.ts";

function open() {
  const exits: number[] = [];
  let listener: ((name: SignalName) => void) | undefined;
  const context = {
    onSignal: (heard: (name: SignalName) => void) => {
      listener = heard;
      return () => {
        listener = undefined;
      };
    },
    exitNow: (status: number) => void exits.push(status),
  };
  const stop = new StopSwitch(context, (reason) => (reason === "interrupted" ? 130 : 143));
  return { stop, exits, signal: (name: SignalName) => listener?.(name) };
}

test("the first signal asks to stop, the second ends the process", async () => {
  const { stop, exits, signal } = open();
  signal("SIGINT");
  expect(await stop.stopped).toBe("interrupted");
  expect(exits).toEqual([]);
  signal("SIGINT");
  expect(exits).toEqual([130]);
});

test("a second ^C while a file is written waits until it is written", async () => {
  const { stop, exits, signal } = open();
  const written = deferred<string>();
  const held = stop.hold(written.promise);
  signal("SIGINT");
  signal("SIGINT");
  expect(exits).toEqual([]);
  written.resolve("all of it");
  expect(await held).toBe("all of it");
  expect(exits).toEqual([130]);
});

test("after a timeout two ^C still end the process", () => {
  const { stop, exits, signal } = open();
  stop.stop("timedOut");
  signal("SIGINT");
  expect(exits).toEqual([]);
  expect(stop.reason).toBe("timedOut");
  signal("SIGINT");
  expect(exits).toEqual([130]);
});

test("what was raced is left when the run is to stop, and its failure is nobody's", async () => {
  const { stop } = open();
  const never = deferred<number>();
  const raced = stop.race(never.promise);
  stop.stop("interrupted");
  expect(await raced).toBeUndefined();
  never.reject(new Error("too late"));
  expect(await stop.race(Promise.resolve(1))).toBeUndefined();
});

test("a released switch hears nothing more", () => {
  const { stop, signal } = open();
  stop.release();
  signal("SIGINT");
  expect(stop.reason).toBeUndefined();
});
