import { expectTypeOf, test } from "vitest";
import type { ExecutionReason, ExecutionState } from "../../server/engine/execution.ts";
import type { CellState } from "../../server/protocol/cells.ts";
import type * as protocol from "../../server/protocol/execution.ts";

// Neither layer may import the other. `npm run check` fails where they differ.
test("the engine and the protocol know the same states and reasons", () => {
  expectTypeOf<ExecutionReason>().toEqualTypeOf<protocol.ExecutionReason>();
  expectTypeOf<ExecutionState>().toEqualTypeOf<Exclude<CellState, "idle">>();
});
