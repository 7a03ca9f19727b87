/** Where text goes that is too much for memory: blocks, written once and read again whole. */
export interface TextStore {
  /** Returns a handle for `read`. */
  append(text: string): number;
  read(handle: number): string;
}

interface Block {
  readonly firstLine: number;
  readonly lineCount: number;
  /** As they came: joining them is left to who reads. `undefined`: they are in the store. */
  parts: readonly string[] | undefined;
  /** UTF-16 units. */
  readonly length: number;
  handle: number | undefined;
}

/** Small enough to search a line in, large enough that there are few. In UTF-16 units. */
const blockLength = 65_536;

/** Lines that will not change any more. Appending costs what is appended; a line is found by its number in O(log n). */
export class TextLog {
  lineCount = 0;
  /** UTF-16 units, line ends included. */
  length = 0;
  readonly #blocks: Block[] = [];
  readonly #store: TextStore | undefined;
  readonly #keptLength: number;
  /** What is not yet a block. */
  #parts: string[] = [];
  #partsLength = 0;
  #partsLines = 0;
  #inMemory = 0;
  #firstInMemory = 0;

  /** Of what exceeds `keptLength` UTF-16 units, the oldest blocks move to `store`. */
  constructor(store?: TextStore, keptLength = 1_048_576) {
    this.#store = store;
    this.#keptLength = keptLength;
  }

  /** Whole lines, each with its `\n`. */
  append(text: string, lineCount: number): void {
    this.#parts.push(text);
    this.#partsLength += text.length;
    this.#partsLines += lineCount;
    this.lineCount += lineCount;
    this.length += text.length;
    if (this.#partsLength >= blockLength) this.#closeBlock();
  }

  /** Whole lines from `line` on: all of them, or as many blocks as it takes to reach `lengthMax` UTF-16 units. */
  textFrom(line: number, lengthMax = Infinity): string {
    if (line >= this.lineCount) return "";
    const parts = this.#parts.join("");
    const firstOfParts = this.lineCount - this.#partsLines;
    if (line >= firstOfParts) return skipLines(parts, line - firstOfParts);
    let index = this.#blockOf(line);
    let text = skipLines(this.#read(index), line - (this.#blocks[index]?.firstLine ?? 0));
    for (index += 1; index < this.#blocks.length && text.length < lengthMax; index += 1) text += this.#read(index);
    return text.length < lengthMax ? text + parts : text;
  }

  #closeBlock(): void {
    const length = this.#partsLength;
    let firstLine = this.lineCount - this.#partsLines;
    if (length < 2 * blockLength)
      this.#blocks.push({ firstLine, lineCount: this.#partsLines, length, parts: this.#parts, handle: undefined });
    else {
      // What came in one piece is cut, so that a page of it can be read without the rest.
      const text = this.#parts.join("");
      for (let from = 0; from < text.length;) {
        const to = text.length - from < 2 * blockLength ? text.length : text.indexOf("\n", from + blockLength) + 1;
        const block = text.slice(from, to);
        const lineCount = to === text.length ? this.lineCount - firstLine : countLines(block);
        this.#blocks.push({ firstLine, lineCount, length: block.length, parts: [block], handle: undefined });
        firstLine += lineCount;
        from = to;
      }
    }
    this.#inMemory += length;
    this.#parts = [];
    this.#partsLength = 0;
    this.#partsLines = 0;
    if (this.#store === undefined) return;
    while (this.#inMemory > this.#keptLength) {
      const block = this.#blocks[this.#firstInMemory];
      if (block?.parts === undefined) return;
      block.handle = this.#store.append(block.parts.join(""));
      this.#inMemory -= block.length;
      block.parts = undefined;
      this.#firstInMemory += 1;
    }
  }

  #read(index: number): string {
    const block = this.#blocks[index];
    if (block?.parts !== undefined) return block.parts.join("");
    return block?.handle === undefined ? "" : (this.#store?.read(block.handle) ?? "");
  }

  #blockOf(line: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#blocks[middle]?.firstLine ?? 0) <= line) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** `text` without its first `count` lines. */
export function skipLines(text: string, count: number): string {
  let from = 0;
  for (let skipped = 0; skipped < count; skipped += 1) {
    const end = text.indexOf("\n", from);
    if (end < 0) return "";
    from = end + 1;
  }
  return from === 0 ? text : text.slice(from);
}

/** How many `\n` a text has. */
export function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
