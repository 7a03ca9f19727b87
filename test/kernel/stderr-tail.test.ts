import { expect, test } from "vitest";
import { createStderrTail } from "../../server/kernel/stderr-tail.ts";

function tailOf(bytesMax: number, ...chunks: readonly (string | Buffer)[]): string {
  const tail = createStderrTail(bytesMax);
  for (const chunk of chunks) tail.add(Buffer.from(chunk));
  return tail.text();
}

test("the end is kept, whatever the chunks", () => {
  expect(tailOf(10, "0123456789", "abc")).toBe("3456789abc");
  expect(tailOf(10, "x".repeat(100_000), "y".repeat(5))).toBe("xxxxxyyyyy");
  expect(tailOf(10)).toBe("");
});

test("a character cut in half at the start is left out, one cut by a chunk is not", () => {
  expect(tailOf(4, "aéé")).toBe("éé");
  expect(tailOf(3, "aéé")).toBe("é");
  expect(tailOf(10, Buffer.from([0xc3]), Buffer.from([0xa9]))).toBe("é");
});

test("warnings that every ipykernel prints at start are left out, the user's own are not", () => {
  const text = tailOf(
    4_096,
    "0.00s - Debugger warning: It seems that frozen modules are being used, which may\n",
    "0.00s - make the debugger miss breakpoints. Please pass -Xfrozen_modules=off\n",
    "0.00s - to python to disable frozen modules.\n",
    "0.00s - Note: Debugging will proceed. Set PYDEVD_DISABLE_FILE_VALIDATION=1 to disable this validation.\n",
    "[IPKernelApp] WARNING | Kernel is running over TCP without encryption. All communication (including code and outputs)",
    " is sent in plain text and is susceptible to eavesdropping.\n",
    "0.00s - my own warning\nModuleNotFoundError: No module named 'spam'\n",
  );
  expect(text).toBe("0.00s - my own warning\nModuleNotFoundError: No module named 'spam'\n");
});

test("the warnings at start do not displace what follows", () => {
  const warning = `[IPKernelApp] WARNING | Kernel is running over TCP without encryption. ${"x".repeat(300)}\n`;
  expect(tailOf(100, "the reason\n", warning)).toBe("the reason\n");
});
