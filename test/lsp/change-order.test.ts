import { expect, test } from "vitest";
import { ChangeOrder } from "../../server/lsp/change-order.ts";

const uri = "file:///srv/a.py";

/** An order in which changes of these versions come, and the versions that were applied. */
function coming(...versions: readonly number[]): { readonly order: ChangeOrder; readonly applied: number[] } {
  const order = new ChangeOrder();
  const applied: number[] = [];
  order.opened(uri, 0);
  for (const version of versions) order.changed(uri, version, () => applied.push(version));
  return { order, applied };
}

test("letters that were typed fast in Helix 25.01 and came in another order are put in theirs", () => {
  const { applied } = coming(1, 2, 3, 4, 5, 10, 6, 7, 8, 11, 9, 12);
  expect(applied).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test("a version that never comes holds up the others only for a moment", async () => {
  const { order, applied } = coming(1, 4, 3);
  expect(applied).toEqual([1]);
  await new Promise<void>((resolve) => order.later(uri, resolve));
  expect(applied).toEqual([1, 3, 4]);
});

test("what waits when the client leaves is done before the rest ends", () => {
  const { order, applied } = coming(2);
  order.later(uri, () => applied.push(99));
  order.flush();
  expect(applied).toEqual([2, 99]);
});
