import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { lstat, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { IpynbFile } from "../formats/ipynb.ts";
import { extensionFor, scriptLanguage } from "../formats/languages.ts";
import { percent } from "../formats/percent.ts";
import { sameJson } from "../notebook/same-json.ts";
import { NblsError } from "../protocol/errors.ts";
import { fileStampNow, readText, reasonOf, writeTextAtomically } from "./files.ts";
import type { LiveNotebook } from "./live-notebook.ts";
import { textForm } from "./saving.ts";

/** `analysis.nbls.py` beside `analysis.ipynb`. */
const pairedName = /^(.+)\.nbls\.(?!ipynb$)\w+$/;
const headerPattern =
  /^(?:#|\/\/) ---\r?\n(?:#|\/\/) jupyter:\r?\n(?:#|\/\/) {3}nbls:\r?\n(?:#|\/\/) {5}text: "?([0-9a-f]+)"?\r?\n(?:#|\/\/) ---\r?\n/;
const headerBytesMax = 256;

/** Where the text of a notebook in that language stands. */
export function pairedPath(notebookPath: string, languageId: string): string {
  return `${notebookPath.slice(0, -".ipynb".length)}.nbls${extensionFor(languageId)}`;
}

/** The notebook that a text of ours beside it stands for, which may not be there yet; `undefined` for every other path. */
export function pairedNotebook(path: string, text?: string): string | undefined {
  const name = pairedName.exec(basename(path))?.[1];
  if (name === undefined || !headerPattern.test(text ?? beginningOf(path))) return undefined;
  return join(dirname(path), `${name}.ipynb`);
}

function beginningOf(path: string): string {
  try {
    return readFileSync(path).subarray(0, headerBytesMax).toString("utf8");
  } catch {
    return "";
  }
}

/** A text beside a notebook, by which editors that know only text show it. */
export interface PairedText {
  readonly path: string;
  /** Something that its user should know: a sentence. */
  readonly warning?: string;
  /** It has edits that the notebook has not, which did not change meanwhile. */
  readonly hasEdits?: true;
}

/**
 * Puts the notebook's text beside it, or finds the one that is there. Never writes over a file that is not ours, nor over
 * edits that are not in the notebook. `path` is the notebook's as its user names it: the text stands beside that.
 * Throws `unreadable`, `unsupported_format` and `conflict`.
 */
export async function openPairedText(
  live: LiveNotebook,
  path: string,
  isOpen: (path: string) => boolean,
  bytesMax: number,
): Promise<PairedText> {
  const notebookName = basename(path);
  if (!live.file.isIpynb)
    throw new NblsError("unsupported_format", `${notebookName} is text already; only an .ipynb is opened as another one`);
  await live.loaded;
  await live.refreshFile();
  const { ipynb } = live.file;
  if (ipynb?.isWritable !== true) {
    const reason = ipynb?.problems[0]?.message ?? "it is no notebook";
    throw new NblsError("unreadable", `${notebookName} cannot be opened as text: ${reason}`);
  }
  const paired = pairedPath(path, ipynb.language);
  if (isOpen(paired)) return { path: paired };
  const { text, languageId } = textForm(path, ipynb);
  const whole = `${header(languageId, text)}\n${text}`;
  const there = await ownText(paired, bytesMax);
  if (there === undefined) {
    await create(paired, whole);
    return { path: paired };
  }
  if (holds(ipynb, path, there)) return { path: paired };
  const name = basename(paired);
  const written = headerPattern.exec(there)?.[1];
  if (written === hashOf(text))
    return {
      path: paired,
      warning: `${name} holds edits that are not in ${notebookName} yet; saving it puts them there`,
      hasEdits: true,
    };
  if (written === hashOf(there.replace(headerPattern, "").replace(/^\r?\n/, ""))) {
    // Nobody edited it: the notebook went on.
    await writeTextAtomically(paired, whole);
    return { path: paired };
  }
  const kept = basename(await moveAside(paired));
  await create(paired, whole);
  return {
    path: paired,
    warning: `${name} and ${notebookName} were both changed: ${name} shows the notebook, the edits of before are in ${kept}`,
  };
}

/** How the files were when the notebook had all that its text says. */
export interface Agreement {
  readonly text: string;
  readonly textStamp: string;
  readonly notebookStamp: string;
}

/** `undefined` where the notebook lacks something that its text says. */
export async function agreementOf(live: LiveNotebook, path: string, bytesMax: number): Promise<Agreement | undefined> {
  const textStamp = fileStampNow(path);
  const notebookStamp = live.file.stamp;
  const { ipynb } = live.file;
  const text = await ownText(path, bytesMax).catch(() => undefined);
  if (textStamp === undefined || notebookStamp === undefined || ipynb === undefined || text === undefined) return undefined;
  return holds(ipynb, live.path, text) ? { text, textStamp, notebookStamp } : undefined;
}

/**
 * Removes the text if both files are as they were when they agreed. Before it returns: an editor that quits may kill its
 * server in the next moment (Helix).
 */
export function removeAgreed(live: LiveNotebook, path: string, agreement: Agreement | undefined): boolean {
  if (agreement === undefined || fileStampNow(path) !== agreement.textStamp) return false;
  if (fileStampNow(live.path) !== agreement.notebookStamp) return false;
  rmSync(path, { force: true });
  return true;
}

/**
 * Removes the text, if the notebook has all that it says. Never rejects: what stays is found again by who opens the notebook
 * next. Answers with a sentence for people if it stays.
 */
export async function closePairedText(live: LiveNotebook, path: string, bytesMax: number): Promise<string | undefined> {
  try {
    await live.refreshFile();
    const { ipynb } = live.file;
    const text = await ownText(path, bytesMax);
    if (text === undefined) return undefined;
    if (ipynb !== undefined && holds(ipynb, live.path, text)) {
      await rm(path);
      return undefined;
    }
  } catch (error) {
    return `${basename(path)} was not removed: ${reasonOf(error)}`;
  }
  return `${basename(path)} holds edits that are not in ${basename(live.path)}, and was kept`;
}

/** Whether the notebook has the text's cells. */
export function holds(ipynb: IpynbFile, notebookPath: string, text: string): boolean {
  const { cells, languageId } = textForm(notebookPath, ipynb);
  const read = percent.parse(text, { path: notebookPath, languageId }).notebook.cells;
  return (
    read.length === cells.length &&
    read.every(({ kind, source, metadata }, index) => {
      const cell = cells[index];
      return cell?.kind === kind && cell.source === source && sameJson(cell.metadata, metadata);
    })
  );
}

/** The text of a file of ours; `undefined` where there is none. Throws `conflict` for what is not ours. */
async function ownText(path: string, bytesMax: number): Promise<string | undefined> {
  const info = await lstat(path).catch(() => undefined);
  if (info === undefined) return undefined;
  const text = info.isFile() ? (await readText(path, bytesMax)).text : "";
  if (headerPattern.test(text)) return text;
  const what = info.isSymbolicLink() ? "is a symbolic link" : "was not made by nbls";
  throw new NblsError("conflict", `${path} ${what} and was left as it is; rename it to open the notebook as text`);
}

async function create(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new NblsError("unreadable", `the notebook cannot be opened as text: ${path} was not written, ${reasonOf(error)}`);
  }
}

async function moveAside(path: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const kept = path.replace(/\.nbls(?=\.\w+$)/, `.nbls-kept${count === 1 ? "" : `-${count}`}`);
    if ((await lstat(kept).catch(() => undefined)) !== undefined) continue;
    await rename(path, kept);
    return kept;
  }
}

/** Says whose text it is, and which text of the notebook it was when it was written. */
function header(languageId: string, text: string): string {
  const { comment } = scriptLanguage("", languageId);
  return ["---", "jupyter:", "  nbls:", `    text: "${hashOf(text)}"`, "---"].map((line) => `${comment} ${line}\n`).join("");
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
