/**
 * A pen: the style in which text is written, as the canonical escape sequence that sets it from the default; `""` is the
 * default. Canonical, so that two pens are the same style if they are the same string.
 */
export type Pen = string;

export const resetStyle = "\u001b[0m";

interface Style {
  /** SGR numbers of the attributes that are on. */
  readonly on: ReadonlySet<string>;
  readonly fg: string;
  readonly bg: string;
}

/** Attribute → the numbers that turn it off (ECMA-48 8.3.117; 21 is double underline on most terminals). */
const offNumbers: { readonly [off: string]: readonly string[] } = {
  "22": ["1", "2"],
  "23": ["3"],
  "24": ["4", "21"],
  "25": ["5", "6"],
  "27": ["7"],
  "28": ["8"],
  "29": ["9"],
  "55": ["53"],
};
const onNumbers = new Set(Object.values(offNumbers).flat());

/** The pen after an SGR sequence with these parameters (`"1;31"`, `"38;2;1;2;3"`, `"38:5:9"`). Unknown numbers do nothing. */
export function applySgr(pen: Pen, parameters: string): Pen {
  let { on, fg, bg } = styleOf(pen);
  const numbers = parameters.split(";");
  for (let index = 0; index < numbers.length; index += 1) {
    const number = (numbers[index] ?? "").replace(/^0+(?=\d)/, "") || "0";
    if (number === "0") [on, fg, bg] = [new Set(), "", ""];
    else if (onNumbers.has(number)) on = new Set([...on, number]);
    else if (number in offNumbers) on = new Set([...on].filter((attribute) => !offNumbers[number]?.includes(attribute)));
    else if (number === "39") fg = "";
    else if (number === "49") bg = "";
    else if (/^(?:3[0-7]|9[0-7])$/.test(number)) fg = number;
    else if (/^(?:4[0-7]|10[0-7])$/.test(number)) bg = number;
    else if (number === "38" || number === "48") {
      const count = numbers[index + 1] === "5" ? 2 : numbers[index + 1] === "2" ? 4 : 0;
      const values = numbers.slice(index + 1, index + 1 + count);
      index += count;
      if (values.length === count && count > 0 && values.every((value) => /^\d{1,3}$/.test(value))) {
        const colour = [number, ...values].join(";");
        if (number === "38") fg = colour;
        else bg = colour;
      }
    } else {
      const colon = /^(38|48):(?:(5):(\d{1,3})|2:(?:\d*:)?(\d{1,3}):(\d{1,3}):(\d{1,3}))$/.exec(number);
      if (colon === null) continue;
      const [, which = "", five, index256 = "", red = "", green = "", blue = ""] = colon;
      const colour = five === undefined ? `${which};2;${red};${green};${blue}` : `${which};5;${index256}`;
      if (which === "38") fg = colour;
      else bg = colour;
    }
  }
  const parts = [...[...on].sort(), fg, bg].filter((part) => part !== "");
  return parts.length === 0 ? "" : `\u001b[${parts.join(";")}m`;
}

function styleOf(pen: Pen): Style {
  if (pen === "") return { on: new Set(), fg: "", bg: "" };
  const numbers = pen.slice(2, -1).split(";");
  const on = new Set<string>();
  let [fg, bg] = ["", ""];
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] ?? "";
    if (onNumbers.has(number)) on.add(number);
    else if (number === "38" || number === "48") {
      const count = numbers[index + 1] === "5" ? 2 : 4;
      const colour = numbers.slice(index, index + 1 + count).join(";");
      index += count;
      if (number === "38") fg = colour;
      else bg = colour;
    } else if (number.startsWith("4") || number.startsWith("10")) bg = number;
    else fg = number;
  }
  return { on, fg, bg };
}
