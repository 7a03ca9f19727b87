/** Collects what a kernel writes to stderr and keeps its end. */
export interface StderrTail {
  add(chunk: Buffer): void;
  /** The last bytes as text, from a whole character on, without the warnings that every ipykernel prints. */
  text(): string;
}

/** Said at each start by debugpy (frozen modules of Python ≥ 3.11) and by ipykernel ≥ 7.3 (TCP): nothing a user can act on. */
const harmless = [
  /^\d+\.\d+s - (?:Debugger warning: It seems that frozen modules|make the debugger miss breakpoints|to python to disable frozen modules|Note: Debugging will proceed)/,
  /Kernel is running over TCP without encryption/,
];

export function createStderrTail(bytesMax: number): StderrTail {
  // More than is asked for, so that the warnings at the start do not displace what matters.
  const keptMax = bytesMax + 2_048;
  let kept: Buffer = Buffer.alloc(0);
  return {
    add(chunk) {
      kept = chunk.length >= keptMax ? chunk.subarray(-keptMax) : Buffer.concat([kept, chunk]).subarray(-keptMax);
    },
    text() {
      const lines = wholeCharacters(kept).toString().split("\n");
      const told = lines.filter((line) => !harmless.some((pattern) => pattern.test(line))).join("\n");
      return wholeCharacters(Buffer.from(told).subarray(-bytesMax)).toString();
    },
  };
}

function wholeCharacters(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start);
}
