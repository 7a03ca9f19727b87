import { markOf, scriptOf, symbolOf } from "./latex-symbols.ts";

/** Longer sources are shown as they are. */
const lengthMax = 50_000;
/** Deeper groups are shown as they are. */
const depthMax = 100;

/**
 * LaTeX mathematics as a person would type it in Unicode: `\frac{a}{b}` → a/b, `x_i^2` → xᵢ², `\mathbb{R}` → ℝ.
 * Rows of matrices and alignments become lines. Never fails: what is not known stays as it is written. Not yet sanitised.
 */
export function latexToText(source: string): string {
  if (source.length > lengthMax) return source;
  const text = new LatexReader(source).all();
  return text
    .split("\n")
    .map((line) => line.replace(/[ \t]+/g, " ").trim())
    .join("\n")
    .replace(/\n{2,}/g, "\n")
    .trim();
}

/** Commands that only say how something looks. */
const silent = new Set(
  "displaystyle textstyle scriptstyle limits nolimits left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr mathord mathop mathrel mathbin mathopen mathclose hline nonumber notag boldsymbol bm rm it bf sf tt cal operatorname* mathrm mathit mathsf mathtt textit textbf textsf texttt emph boxed mathstrut strut phantom ensuremath".split(
    " ",
  ),
);
/** Their argument is text: its blanks count. */
const textual = new Set(["text", "textrm", "mbox", "hbox", "operatorname", "label", "tag", "textnormal"]);
/** Alphabets that Unicode has as letters of their own. */
const alphabets = new Set(["mathbb", "mathcal", "mathfrak", "mathscr", "mathbf"]);
const fractions = new Set(["frac", "dfrac", "tfrac", "cfrac"]);
const matrices: { readonly [environment: string]: readonly [string, string] } = {
  matrix: ["", ""],
  smallmatrix: ["", ""],
  pmatrix: ["(", ")"],
  bmatrix: ["[", "]"],
  Bmatrix: ["{", "}"],
  vmatrix: ["|", "|"],
  Vmatrix: ["‖", "‖"],
  array: ["", ""],
  cases: ["{ ", ""],
};
const spaces = new Map([
  [",", " "],
  [";", " "],
  [":", " "],
  [">", " "],
  ["!", ""],
  [" ", " "],
  ["quad", "  "],
  ["qquad", "    "],
  ["/", ""],
]);
/** What unicodeit's tables lack or spell in a way of their own. */
const own = new Map([
  ["\\", "\n"],
  ["newline", "\n"],
  ["cr", "\n"],
  ["lbrace", "{"],
  ["rbrace", "}"],
  ["{", "{"],
  ["}", "}"],
  ["%", "%"],
  ["$", "$"],
  ["#", "#"],
  ["&", "&"],
  ["_", "_"],
  ["|", "‖"],
  ["dots", "…"],
  ["ldots", "…"],
  ["cdots", "⋯"],
  ["to", "→"],
  ["gets", "←"],
  ["implies", "⟹"],
  ["iff", "⟺"],
  ["land", "∧"],
  ["lor", "∨"],
  ["lnot", "¬"],
  ["mid", " | "],
  ["vert", "|"],
  ["Vert", "‖"],
  ["lvert", "|"],
  ["rvert", "|"],
  ["lVert", "‖"],
  ["rVert", "‖"],
  ["prime", "′"],
]);

class LatexReader {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  all(): string {
    let text = "";
    while (this.#at < this.#source.length) {
      text += this.#sequence();
      // A brace that closes nothing.
      if (this.#at < this.#source.length) this.#at += 1;
    }
    return text;
  }

  /** Up to a closing brace, or an `\end`, which are left. */
  #sequence(isText = false): string {
    let text = "";
    while (this.#at < this.#source.length) {
      const character = this.#source.charAt(this.#at);
      if (character === "}" || this.#source.startsWith("\\end{", this.#at)) break;
      if (character === "^" || character === "_") text = this.#script(text, character);
      else text += this.#atom(isText);
    }
    return text;
  }

  /** One character, group or command with its arguments. */
  #atom(isText = false): string {
    const character = this.#source.charAt(this.#at);
    if (character === "{") return this.#group(isText);
    if (character === "\\") return this.#command();
    this.#at += 1;
    if (character === "$") return "";
    if (character === "~") return " ";
    if (character === "&") return isText ? "&" : " ";
    if (character === "'" && !isText) return "′";
    if (character === "-" && !isText) return "−";
    if (character === "%") {
      const end = this.#source.indexOf("\n", this.#at);
      this.#at = end === -1 ? this.#source.length : end;
      return "";
    }
    return /\s/.test(character) ? " " : character;
  }

  #group(isText = false): string {
    this.#at += 1;
    if (this.#depth >= depthMax) return "{";
    this.#depth += 1;
    const text = this.#sequence(isText);
    this.#depth -= 1;
    if (this.#source.charAt(this.#at) === "}") this.#at += 1;
    return text;
  }

  /** What a command applies to: the next group, command or character. */
  #argument(isText = false): string {
    while (/\s/.test(this.#source.charAt(this.#at))) this.#at += 1;
    if (this.#at >= this.#source.length || this.#source.charAt(this.#at) === "}") return "";
    if (this.#depth >= depthMax) return this.#source.charAt(this.#at++);
    this.#depth += 1;
    const text = this.#atom(isText);
    this.#depth -= 1;
    return text;
  }

  /** What stands behind the slash in brackets, unless it is one factor: 1/2a would be read as half of a. */
  #denominator(): string {
    const start = this.#at;
    const text = bracketed(this.#argument());
    const isName = /^\s*\{?\s*\\(?:text\w*|math\w+|mbox|operatorname)\{[\w ]*\}\s*\}?$/.test(this.#source.slice(start, this.#at));
    return isName || text.startsWith("(") || oneFactor.test(text) ? text : `(${text})`;
  }

  #optional(): string | undefined {
    if (this.#source.charAt(this.#at) !== "[") return undefined;
    const end = this.#source.indexOf("]", this.#at);
    if (end === -1) return undefined;
    const text = this.#source.slice(this.#at + 1, end);
    this.#at = end + 1;
    return text;
  }

  #command(): string {
    const [whole = "\\", name = ""] = commandAt(this.#source, this.#at);
    this.#at += whole.length;
    const isWord = /[a-zA-Z]/.test(name);
    // Blanks behind a word only end it.
    if (isWord && !silent.has(name)) this.#skipBlanks();
    const known = spaces.get(name) ?? own.get(name);
    if (known !== undefined) return known;
    if (name === "(" || name === ")" || name === "[" || name === "]") return "";
    if (name === "begin") return this.#environment();
    if (name === "left" || name === "right") {
      // A point stands for no bracket.
      if (this.#source.charAt(this.#at) === ".") this.#at += 1;
      return "";
    }
    if (silent.has(name)) return "";
    if (fractions.has(name)) return `${bracketed(this.#argument())}/${this.#denominator()}`;
    if (name === "binom") return `(${this.#argument().trim()} choose ${this.#argument().trim()})`;
    if (name === "sqrt") return this.#root();
    if (textual.has(name)) return this.#argument(true);
    if (alphabets.has(name)) return lettersOf(name, this.#argument());
    const mark = markOf(whole);
    if (mark !== undefined) return marked(this.#argument(), mark);
    return symbolOf(whole) ?? (isWord ? unknownCommand(name) : name);
  }

  #skipBlanks(): void {
    const start = this.#at;
    while (/[ \t\n]/.test(this.#source.charAt(this.#at))) this.#at += 1;
    // One blank stays where a letter follows: `\alpha x` is read as "α x".
    if (this.#at > start) this.#at -= 1;
  }

  #root(): string {
    const degree = this.#optional();
    const sign = degree === undefined ? "√" : degree === "3" ? "∛" : degree === "4" ? "∜" : `${scriptOf("^", degree) ?? degree}√`;
    const body = this.#argument().trim();
    return sign + (/^[\p{L}\p{N}]*$/u.test(body) ? body : `(${body})`);
  }

  #script(before: string, direction: "^" | "_"): string {
    this.#at += 1;
    const text = this.#argument().trim();
    if (text === "") return before;
    if (text === "′" || /^′+$/.test(text)) return before + text;
    const ascii = text.replaceAll("−", "-");
    const script = scriptOf(direction, text) ?? scriptOf(direction, ascii);
    if (script !== undefined) return before.trimEnd() + script;
    return `${before.trimEnd()}${direction}${[...text].length === 1 ? text : `(${text})`}`;
  }

  #environment(): string {
    const name = this.#name();
    const [open, close] = matrices[name] ?? ["", ""];
    const isMatrix = Object.hasOwn(matrices, name);
    if (name === "array") this.#argument();
    let body = "";
    if (this.#depth < depthMax) {
      this.#depth += 1;
      // A brace too many must not end the whole.
      for (;;) {
        body += this.#sequence();
        if (this.#source.charAt(this.#at) !== "}") break;
        this.#at += 1;
      }
      this.#depth -= 1;
    }
    if (this.#source.startsWith("\\end{", this.#at)) {
      this.#at += "\\end".length;
      this.#name();
    }
    if (!isMatrix) return `\n${body}\n`;
    const rows = body
      .split("\n")
      .map((row) => row.trim().replace(/ {2,}/g, " "))
      .filter((row) => row !== "");
    return `${open}${rows.join(name === "cases" ? "; " : " ; ")}${close}`;
  }

  #name(): string {
    const end = this.#source.indexOf("}", this.#at);
    if (this.#source.charAt(this.#at) !== "{" || end === -1) return "";
    const name = this.#source.slice(this.#at + 1, end);
    this.#at = end + 1;
    return name.replace("*", "");
  }
}

function commandAt(source: string, at: number): readonly string[] {
  const pattern = /\\(?:([a-zA-Z]+\*?)|([\s\S]?))/y;
  pattern.lastIndex = at;
  const [whole = "\\", word, sign = ""] = pattern.exec(source) ?? [];
  return [whole, word ?? sign];
}

/** `\sin`, `\log`, `\mycommand`: the name, and a blank as between words. */
function unknownCommand(name: string): string {
  return functions.has(name) ? name : `\\${name}`;
}

const functions = new Set(
  "sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan exp log ln lg lim limsup liminf max min sup inf det dim ker deg gcd hom arg Pr mod bmod argmax argmin tr rank sgn".split(
    " ",
  ),
);

/** A number or a letter, or any other sign, with what hangs on it: 10, x, dx, xᵢ², n!, √2. */
const oneFactor = /^[√∛∜]?(?:\d+(?:[.,]\d+)?|[d∂]?\p{L}|[^\p{L}\d])?(?:[_^][\p{L}\p{N}]|[\p{No}\p{Lm}\p{M}′!⁺⁻⁽⁾₊₋₍₎])*$/u;

function bracketed(text: string): string {
  const body = text.trim();
  return /^[^\s+\-−*/=<>()]*$/.test(body) || /^\([^()]*\)$/.test(body) ? body : `(${body})`;
}

function lettersOf(alphabet: string, text: string): string {
  let letters = "";
  for (const letter of text) letters += symbolOf(`\\${alphabet}{${letter}}`) ?? letter;
  return letters;
}

function marked(text: string, mark: string): string {
  let result = "";
  for (const character of text) result += character === " " ? character : character + mark;
  return result.normalize("NFC");
}
