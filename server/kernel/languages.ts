/**
 * The one place where names of languages meet: LSP says `r`, IRkernel's kernelspec `R`, the `kernelspec` of old
 * notebooks `ipython`.
 */
const aliases: { readonly [name: string]: string } = {
  ipython: "python",
  python2: "python",
  python3: "python",
  ir: "r",
  js: "javascript",
  ts: "typescript",
};

const titles: { readonly [language: string]: string } = {
  python: "Python",
  r: "R",
  julia: "Julia",
  javascript: "JavaScript",
  typescript: "TypeScript",
};

/** The LSP identifier of a language that a kernelspec or a notebook's metadata names. */
export function languageOf(name: string): string {
  const lower = name.trim().toLowerCase();
  return aliases[lower] ?? lower;
}

/** The language's name for people. */
export function languageTitle(language: string): string {
  return titles[languageOf(language)] ?? language;
}

/** Whether a kernel of one language runs cells of another: JavaScript is TypeScript, not the other way round. */
export function serves(kernelLanguage: string, cellLanguage: string): boolean {
  const kernel = languageOf(kernelLanguage);
  const cell = languageOf(cellLanguage);
  return kernel === cell || (kernel === "typescript" && cell === "javascript");
}
