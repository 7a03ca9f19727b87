import { constants, realpathSync, statSync } from "node:fs";
import { access, chmod, open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { randomBytes } from "node:crypto";
import { fileURLToPath, pathToFileURL } from "node:url";
import { NblsError } from "../protocol/errors.ts";

/** The path behind a `file:` URI, or the path itself. Other schemes are no files of ours. */
export function pathOf(uri: string): string {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(uri) || /^[a-z]:[\\/]/i.test(uri)) return resolve(uri);
  if (!uri.startsWith("file:"))
    throw new NblsError("unsupported_format", `${uri}: only files can be notebooks (a file: URI is needed)`);
  try {
    return fileURLToPath(uri);
  } catch {
    throw new NblsError("unreadable", `${uri}: not a usable file URI`);
  }
}

export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}

/**
 * The key of a notebook: its real path; of a file that does not exist yet, that of its folder with its name.
 * Synchronous, so that notifications of a client stay in order.
 */
export function realPathOf(path: string): string {
  for (const [existing, rest] of [
    [path, ""],
    [dirname(path), basename(path)],
  ] as const) {
    try {
      return join(realpathSync.native(existing), rest);
    } catch {
      // Not there (yet): try the folder, then take the path as it is.
    }
  }
  return path;
}

/** UTF-16 units that are written at once. */
const partLength = 1_048_576;

export interface FileText {
  readonly text: string;
  /** To see whether the file is still the one that was read. */
  readonly stamp: string;
}

/** Reads a text file, or says in a sentence why it cannot be read. */
export async function readText(path: string, bytesMax: number): Promise<FileText> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw new NblsError("unreadable", `${path} is a directory, not a notebook`);
    if (!info.isFile()) throw new NblsError("unreadable", `${path} is not a regular file`);
    if (info.size > bytesMax) {
      throw new NblsError(
        "limit_exceeded",
        `${path} has ${Math.round(info.size / 1_048_576)} MB; files up to ${Math.round(bytesMax / 1_048_576)} MB can be opened`,
      );
    }
    const bytes = await readFile(path);
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), stamp: stampOf(info) };
  } catch (error) {
    if (error instanceof NblsError) throw error;
    if (error instanceof TypeError)
      throw new NblsError("unreadable", `${path} is not UTF-8 text; convert it first (for example with iconv)`);
    throw unreadable(path, error);
  }
}

/** The stamp of the file as it is now; `undefined` if there is none. */
export async function fileStamp(path: string): Promise<string | undefined> {
  try {
    return stampOf(await stat(path));
  } catch {
    return undefined;
  }
}

/** The same, for who has no time to wait. */
export function fileStampNow(path: string): string | undefined {
  try {
    return stampOf(statSync(path));
  } catch {
    return undefined;
  }
}

/** When the file was last written, in milliseconds since the epoch; `undefined` if there is none. */
export async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}

function stampOf(info: { readonly mtimeMs: number; readonly size: number; readonly ino: number }): string {
  return `${info.mtimeMs}-${info.size}-${info.ino}`;
}

/**
 * Writes the whole file or nothing: a new file beside it, synced, then renamed over it. Keeps the file's permissions;
 * refuses one that is read-only, which a rename would replace silently.
 */
export async function writeTextAtomically(path: string, text: string): Promise<string> {
  const target = realPathOf(path);
  const before = await stat(target).catch(() => undefined);
  if (before?.isDirectory() === true) throw new NblsError("unreadable", `${path} is a directory`);
  if (before !== undefined && (before.mode & 0o222) === 0) {
    throw new NblsError(
      "unreadable",
      `${path} is read-only and was not changed; make it writable (chmod u+w) or save under another name`,
    );
  }
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString("hex")}.tmp`);
  try {
    if (before !== undefined) await access(target, constants.W_OK);
    const file = await open(temporary, "wx", before === undefined ? 0o666 : before.mode & 0o777);
    try {
      // One buffer for all of them: a megabyte of UTF-16 is at most three of UTF-8.
      const space = Buffer.allocUnsafe(3 * Math.min(partLength, text.length));
      for (const part of partsOf(text)) await file.writeFile(space.subarray(0, space.write(part)));
      await file.sync();
    } finally {
      await file.close();
    }
    if (before !== undefined) await chmod(temporary, before.mode & 0o777);
    await rename(temporary, target);
    return stampOf(await stat(target));
  } catch (error) {
    await rm(temporary, { force: true });
    throw new NblsError("unreadable", `${path} was not written: ${reasonOf(error)}`);
  }
}

/** A long text is encoded part by part. */
function* partsOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const isInCharacter = (text.charCodeAt(from + partLength - 1) & 0xfc00) === 0xd800;
    const to = from + partLength - (isInCharacter ? 1 : 0);
    yield text.slice(from, to);
    from = to;
  }
}

function unreadable(path: string, error: unknown): NblsError {
  return new NblsError("unreadable", `${path}: ${reasonOf(error)}`);
}

/** Why the system refused, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file or folder";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOSPC":
      return "the disk is full";
    case "EROFS":
      return "the file system is read-only";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
