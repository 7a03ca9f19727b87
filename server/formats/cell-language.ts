/** Cell magics that say which language the cell is in (IPython's and jupytext's list): `%%bash`, `%%R`, `%%sql` … */
export const magicLanguages: ReadonlySet<string> = new Set([
  ..."R bash sh python python2 python3 coconut javascript js perl html latex markdown pypy ruby script svg matlab octave".split(
    " ",
  ),
  ..."idl robotframework sas spark sql cython haskell tcl gnuplot julia c++ scheme clojure powershell q typescript scala".split(
    " ",
  ),
  ..."rust csharp fsharp sos java groovy sage ocaml maxima stata jenner xonsh logtalk lua go c# f# cs fs".split(" "),
  "wolfram language",
]);

/** The language and the arguments of a cell magic that stands alone on the first line; `undefined` for other lines. */
export function magicLanguage(firstLine: string): { readonly name: string; readonly args: string } | undefined {
  if (!firstLine.startsWith("%%")) return undefined;
  const space = firstLine.indexOf(" ");
  const name = space < 0 ? firstLine.slice(2) : firstLine.slice(2, space);
  return magicLanguages.has(name) ? { name, args: space < 0 ? "" : firstLine.slice(space + 1) } : undefined;
}
