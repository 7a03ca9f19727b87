import type { HubClient } from "../hub/hub.ts";
import type { Output } from "../jupyter/nbformat.ts";
import { sanitize } from "../render/ansi.ts";
import { mimeSource } from "../render/bundle-text.ts";
import { documentOf, readableNotebook, withClient } from "./attach.ts";
import { cellNamed } from "./cell-choice.ts";
import type { CliContext } from "./context.ts";
import { exitStatus } from "./exit-status.ts";
import { OutputText } from "./output-text.ts";
import { lookOf, Sink } from "./sink.ts";
import { UsageError, type Verb } from "./verb.ts";

/** Without --full, the last lines of a long output: what one looks for after a run. */
const linesMax = 100;

export const outputVerb: Verb = {
  name: "output",
  usage: "FILE CELL [--full] [--mime M]",
  summary: "show what a cell printed",
  details: "CELL is an id, a 1-based number, a tag or a title.",
  options: {
    full: { type: "boolean", description: `all lines, not only the last ${linesMax}` },
    mime: { type: "string", value: "M", description: "the data of this media type, as it is: image/png, text/html …" },
  },
  positionals: [2, 2],
  async run(args, context) {
    const [file = "", word = ""] = args.positionals;
    const mime = args.text("mime");
    const outputs = await withClient(context, {}, async (client) => await outputsOf(client, documentOf(context, file), word));
    if (mime === undefined) await show(outputs, args.flag("full") ? Infinity : linesMax, context);
    else await writeRaw(outputs, mime, context);
    return exitStatus.ok;
  },
};

async function outputsOf(client: HubClient, textDocument: { readonly uri: string }, word: string): Promise<readonly Output[]> {
  await readableNotebook(client, textDocument);
  const { cells } = await client.cells({ textDocument });
  const { id } = cellNamed(word, cells);
  return (await client.outputWindow({ textDocument, cellId: id })).outputs;
}

async function show(outputs: readonly Output[], lines: number, context: CliContext): Promise<void> {
  const sink = new Sink(context.stdout);
  const { color } = lookOf(context.stdout, context.env);
  const { text, hiddenLineCount } = await new OutputText(context, color).text(outputs, lines, lines === Infinity);
  if (hiddenLineCount > 0) context.stderr.write(`… ${hiddenLineCount} lines above; --full shows them\n`);
  await sink.write(text);
}

/** The first output that has the type. Binary data goes out as bytes; to a terminal text goes sanitised, bytes not at all. */
async function writeRaw(outputs: readonly Output[], mime: string, { stdout }: CliContext): Promise<void> {
  const bundles = outputs.flatMap((output) => ("data" in output ? [output.data] : []));
  const text = bundles.map((bundle) => mimeSource(bundle, mime)).find((data) => data !== undefined);
  if (text === undefined) {
    const types = [...new Set(bundles.flatMap((bundle) => Object.keys(bundle)))];
    throw new UsageError(`no output is of type ${mime}${types.length > 0 ? `; there is ${types.join(", ")}` : ""}`);
  }
  const isBinary = /^(?:image|audio|video)\/(?!svg)|^application\/(?:pdf|octet-stream|zip)/.test(mime);
  if (isBinary && stdout.isTTY === true) throw new UsageError(`${mime} is no text: send it into a file with > FILE`);
  if (isBinary) stdout.write(Buffer.from(text, "base64"));
  else stdout.write(stdout.isTTY === true ? `${sanitize(text)}\n` : text);
}
