import type { HubClient } from "../hub/hub.ts";
import { outputPages } from "../hub/output-pages.ts";
import { sanitize } from "../render/ansi.ts";
import { mimeSource } from "../render/bundle-text.ts";
import { documentOf, readableNotebook, withClient } from "./attach.ts";
import { cellNamed } from "./cell-choice.ts";
import type { CliContext } from "./context.ts";
import { exitStatus } from "./exit-status.ts";
import { OutputPump } from "./output-pump.ts";
import { OutputText } from "./output-text.ts";
import { lookOf, Sink } from "./sink.ts";
import { TextWriter } from "./text-writer.ts";
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
    const textDocument = documentOf(context, file);
    const mime = args.text("mime");
    await withClient(context, {}, async (client) => {
      const cellId = await cellOf(client, textDocument, word);
      const sink = new Sink(context.stdout);
      const look = lookOf(context.stdout, context.env);
      const whole = args.flag("full");
      const outputText = new OutputText(context, look.color, { whole });
      if (mime !== undefined) await writeRaw(client, textDocument, cellId, mime, context);
      else if (whole) {
        const writer = new TextWriter(
          sink,
          async () => outputText,
          look,
          () => {},
        );
        await new OutputPump(client, textDocument, writer).all(cellId);
      } else await showLast(client, textDocument, cellId, outputText, sink, context.stderr);
    });
    return exitStatus.ok;
  },
};

type TextDocument = { readonly uri: string };

async function cellOf(client: HubClient, textDocument: TextDocument, word: string): Promise<string> {
  await readableNotebook(client, textDocument);
  return cellNamed(word, (await client.cells({ textDocument })).cells).id;
}

async function showLast(
  client: HubClient,
  textDocument: TextDocument,
  cellId: string,
  outputText: OutputText,
  sink: Sink,
  stderr: CliContext["stderr"],
): Promise<void> {
  const window = await client.outputWindow({ textDocument, cellId, tailLines: linesMax });
  const { text, hiddenLineCount } = await outputText.text(window.outputs, linesMax);
  const hidden = hiddenLineCount + window.hiddenLineCount;
  if (hidden > 0) stderr.write(`… ${hidden} lines above; --full shows them\n`);
  await sink.write(text);
}

/** The first output that has the type. Binary data goes out as bytes; to a terminal text goes sanitised, bytes not at all. */
async function writeRaw(
  client: HubClient,
  textDocument: TextDocument,
  cellId: string,
  mime: string,
  { stdout }: CliContext,
): Promise<void> {
  const types = new Set<string>();
  let text: string | undefined;
  for await (const { outputs } of outputPages(client, { textDocument, cellId })) {
    const bundles = outputs.flatMap((output) => ("data" in output ? [output.data] : []));
    text ??= bundles.map((bundle) => mimeSource(bundle, mime)).find((data) => data !== undefined);
    for (const bundle of bundles) for (const type of Object.keys(bundle)) types.add(type);
  }
  if (text === undefined)
    throw new UsageError(`no output is of type ${mime}${types.size > 0 ? `; there is ${[...types].join(", ")}` : ""}`);
  const isBinary = /^(?:image|audio|video)\/(?!svg)|^application\/(?:pdf|octet-stream|zip)/.test(mime);
  if (isBinary && stdout.isTTY === true) throw new UsageError(`${mime} is no text: send it into a file with > FILE`);
  if (isBinary) stdout.write(Buffer.from(text, "base64"));
  else stdout.write(stdout.isTTY === true ? `${sanitize(text)}\n` : text);
}
