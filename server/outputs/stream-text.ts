/** An SGR escape sequence: the only one that text may keep; it moves nothing. */
const sgr = /\u001b\[[0-9;:]*m/y;

/**
 * The text of one stream as a growing list of lines. `\r` and `\b` move a cursor within the last line and later text
 * overwrites from there, as on a terminal of unlimited width; complete lines never change. Costs per chunk, never per text.
 */
export class StreamText {
  /** Complete lines without their `\n`. */
  readonly lines: string[] = [];
  /** The line that is still open. */
  #open = "";
  /**
   * The open line as cells (escapes before their character), only while the cursor stands inside of it.
   * Appending to a string is the common case and needs none of this.
   */
  #cells: string[] | undefined;
  #cursor = 0;
  /** A `\r` at the end of a chunk may be half of a `\r\n`. */
  #pendingReturn = false;
  /** UTF-16 units held, for the limit of an execution's text. */
  length = 0;

  get open(): string {
    return this.#cells === undefined ? this.#open : this.#cells.join("");
  }

  /** Lines that a reader sees: the open one counts when it holds anything. */
  get lineCount(): number {
    return this.lines.length + (this.open === "" ? 0 : 1);
  }

  append(chunk: string): void {
    this.length += chunk.length;
    let rest = chunk;
    if (this.#pendingReturn && rest !== "") {
      this.#pendingReturn = false;
      if (!rest.startsWith("\n")) this.#moveTo(0);
    }
    const control = /\r\n|[\n\r\b]/g;
    let from = 0;
    for (let match = control.exec(rest); match !== null; match = control.exec(rest)) {
      this.#write(rest.slice(from, match.index));
      from = control.lastIndex;
      switch (match[0]) {
        case "\n":
        case "\r\n":
          this.#endLine();
          break;
        case "\r":
          if (from === rest.length) this.#pendingReturn = true;
          else this.#moveTo(0);
          break;
        default:
          this.#moveTo(Math.max(0, this.#column() - 1));
      }
    }
    rest = rest.slice(from);
    this.#write(rest);
  }

  /** Lines from `line` on, as text; complete lines end with `\n`. */
  textFrom(line = 0): string {
    const complete = line === 0 ? this.lines : this.lines.slice(line);
    const body = complete.length === 0 ? "" : `${complete.join("\n")}\n`;
    return line > this.lines.length ? "" : body + this.open;
  }

  #endLine(): void {
    this.lines.push(this.open);
    this.#open = "";
    this.#cells = undefined;
  }

  #column(): number {
    return this.#cells === undefined ? cellsOf(this.#open).length : this.#cursor;
  }

  #moveTo(column: number): void {
    this.#cells ??= cellsOf(this.#open);
    this.#cursor = column;
  }

  #write(text: string): void {
    if (text === "") return;
    if (this.#cells === undefined) {
      this.#open += text;
      return;
    }
    for (const cell of cellsOf(text)) {
      this.#cells[this.#cursor] = cell;
      this.#cursor += 1;
    }
    if (this.#cursor >= this.#cells.length) {
      this.#open = this.#cells.join("");
      this.#cells = undefined;
    }
  }
}

/** Characters (by code point) with the escapes that stand before them; escapes at the end form a cell of their own. */
function cellsOf(text: string): string[] {
  const cells: string[] = [];
  let prefix = "";
  for (let index = 0; index < text.length;) {
    sgr.lastIndex = index;
    const escape = sgr.exec(text);
    if (escape !== null) {
      prefix += escape[0];
      index = sgr.lastIndex;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
    cells.push(prefix + character);
    prefix = "";
    index += character.length;
  }
  if (prefix !== "") {
    const last = cells.length - 1;
    if (last >= 0) cells[last] += prefix;
    else cells.push(prefix);
  }
  return cells;
}
