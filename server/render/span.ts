/** How a piece of text looks. Absent fields mean the terminal's own default. */
export interface Style {
  /** `#rrggbb`, or an ANSI colour number 0 to 255. */
  readonly fg?: string | number;
  readonly bg?: string | number;
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly dim?: boolean;
}

/** A piece of one line in one style, free of control characters. The same shape as the protocol's. */
export interface Span extends Style {
  readonly text: string;
}

/** Lines as bare text, without any style. */
export function plainText(lines: readonly (readonly Span[])[]): string {
  return lines.map(lineText).join("\n");
}

/** One line as bare text. */
export function lineText(line: readonly Span[]): string {
  let text = "";
  for (const span of line) text += span.text;
  return text;
}
