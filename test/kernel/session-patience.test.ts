import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { patience } from "../../server/kernel/patience.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("patience ends after its time, and never twice", () => {
  let expired = 0;
  patience(800, () => (expired += 1));
  vi.advanceTimersByTime(799);
  expect(expired).toBe(0);
  vi.advanceTimersByTime(5_000);
  expect(expired).toBe(1);
});

test("what still comes renews it, but not for ever", () => {
  let expired = 0;
  const waiting = patience(800, () => (expired += 1));
  for (let passedMs = 0; passedMs < 7_900; passedMs += 100) {
    waiting.renew();
    vi.advanceTimersByTime(100);
  }
  expect(expired).toBe(0);
  vi.advanceTimersByTime(200);
  expect(expired).toBe(1);
});

test("a wait that ended does not expire", () => {
  let expired = 0;
  patience(800, () => (expired += 1)).end();
  vi.advanceTimersByTime(10_000);
  expect(expired).toBe(0);
});
