/** One `[table]` or one entry of `[[tables]]`, with its values as they are written. */
export interface TomlTable {
  /** The name as dotted keys, without quotes; `""` for what stands above the first table. */
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

const header = /^\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$/;
const pair = /^("(?:[^"\\]|\\.)*"|'[^']*'|[\w.-]+)\s*=\s*(.*)$/;

/**
 * The tables of a TOML file, as far as a look at somebody's configuration needs them: what is no table and no pair is passed
 * over, values are not parsed. Never throws.
 */
export function tomlTables(text: string): readonly TomlTable[] {
  const tables: { readonly name: string; readonly values: Map<string, string> }[] = [{ name: "", values: new Map() }];
  let open: { readonly key: string; text: string } | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    const values = tables.at(-1)?.values;
    if (open !== undefined) {
      open.text += `\n${line}`;
      values?.set(open.key, open.text);
      if (isClosed(open.text)) open = undefined;
      continue;
    }
    const name = header.exec(line)?.[1];
    if (name !== undefined) tables.push({ name: name.replaceAll(/["'\s]/g, ""), values: new Map() });
    const [, key, value] = pair.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const plainKey = key.replace(/^(["'])(.*)\1$/, "$2");
    values?.set(plainKey, value);
    if (!isClosed(value)) open = { key: plainKey, text: value };
  }
  return tables;
}

/** Whether every bracket outside of strings and comments is closed. */
function isClosed(value: string): boolean {
  const bare = value.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'|#.*$/gm, "");
  return (bare.match(/[[{]/g)?.length ?? 0) <= (bare.match(/[\]}]/g)?.length ?? 0);
}
