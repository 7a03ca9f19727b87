import { splice } from "../base/splice.ts";
import type { LineChange, TextLines } from "../base/text.ts";
import type { ScriptLanguage } from "./languages.ts";
import type { MarkerReader } from "./marker.ts";
import { type StringState, stringStateAfter } from "./string-state.ts";

/** Lines `[start, end)`, in the text as it is now, whose markers may be others than before. */
export interface DirtyLines {
  readonly start: number;
  readonly end: number;
}

/**
 * What is kept for each line, in one number so that a pass over a long text costs a table look-up for each line:
 * the string state at its start, the state after it for each of the three states before it, and six flags.
 */
const stateMask = 0b11;
const afterShift = [2, 4, 6] as const;
const isComment = 1 << 8;
const hasMarkerForm = 1 << 9;
const isProseMarker = 1 << 10;
const looksLikeFence = 1 << 11;
const isFenced = 1 << 12;
const marks = 1 << 13;

const codeFence = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const proseMarker = /\[(?:markdown|md|raw)\]|<markdowncell>/;

/**
 * Which lines are markers, kept up to date as the text changes.
 * A line has to look like a marker, must not lie in a multi-line string, and must not lie in a fenced block of a
 * Markdown cell's comment. While a string is open to the end of the text, somebody is typing it: then no line counts as
 * inside of one, so that the cells behind it do not vanish.
 */
export class MarkerLines {
  readonly #text: TextLines;
  readonly #language: ScriptLanguage;
  readonly #reader: MarkerReader;
  readonly #knowsStrings: boolean;
  readonly #flags: number[] = [];
  #stringIsOpen = false;

  constructor(text: TextLines, language: ScriptLanguage, reader: MarkerReader, knowsStrings: boolean) {
    this.#text = text;
    this.#language = language;
    this.#reader = reader;
    this.#knowsStrings = knowsStrings && language.hasLongStrings;
    this.update({ start: 0, removed: 0, inserted: text.lineCount });
  }

  isMarker(line: number): boolean {
    return ((this.#flags[line] ?? 0) & marks) !== 0;
  }

  /** To be called after each change of the text. */
  update(change: LineChange): DirtyLines {
    const read: number[] = [];
    const changedEnd = change.start + change.inserted;
    for (let line = change.start; line < changedEnd; line += 1) read.push(this.#readLine(this.#text.line(line)));
    this.#splice(change, read);
    const comments = this.#findFences(change.start, changedEnd);
    const wasOpen = this.#stringIsOpen;
    const strings = this.#spreadStrings(change.start, changedEnd);
    if (this.#stringIsOpen !== wasOpen) return this.#mark(0, this.#flags.length, change.start, changedEnd);
    return this.#mark(Math.min(comments.start, change.start), Math.max(comments.end, strings), change.start, changedEnd);
  }

  #readLine(line: string): number {
    const { comment } = this.#language;
    let flags = 0;
    for (const state of [0, 1, 2] as const) {
      const after: StringState = this.#knowsStrings ? stringStateAfter(line, state, comment) : 0;
      flags |= after << afterShift[state];
    }
    if (!line.trimStart().startsWith(comment)) return flags;
    flags |= isComment;
    if (this.#reader.test(line)) flags |= hasMarkerForm | (proseMarker.test(line) ? isProseMarker : 0);
    else if (line.includes("```") || line.includes("~~~")) flags |= looksLikeFence;
    return flags;
  }

  #splice(change: LineChange, read: number[]): void {
    if (change.removed === change.inserted) {
      for (const [index, flags] of read.entries()) this.#flags[change.start + index] = flags;
    } else splice(this.#flags, change.start, change.removed, read);
  }

  /** Finds fenced blocks in the runs of comment lines that lines `[from, to)` touch. A fence ends with its run at the latest. */
  #findFences(from: number, to: number): DirtyLines {
    let start = from;
    let end = to;
    while (start > 0 && this.#has(start - 1, isComment)) start -= 1;
    while (end < this.#flags.length && this.#has(end, isComment)) end += 1;
    let inProse = false;
    let fence: Fence | undefined;
    for (let line = start; line < end; line += 1) {
      if (!this.#has(line, isComment)) {
        inProse = false;
        fence = undefined;
      }
      this.#set(line, isFenced, fence !== undefined);
      if (fence !== undefined) {
        if (this.#has(line, looksLikeFence) && closes(this.#prose(line), fence)) fence = undefined;
      } else if (this.#has(line, hasMarkerForm)) inProse = this.#has(line, isProseMarker);
      else if (inProse && this.#has(line, looksLikeFence)) {
        const opened = opens(this.#prose(line));
        if (opened !== undefined && this.#isClosed(opened, line + 1, end)) fence = opened;
      }
    }
    return { start, end };
  }

  #isClosed(fence: Fence, from: number, to: number): boolean {
    for (let line = from; line < to && this.#has(line, isComment); line += 1) {
      if (this.#has(line, looksLikeFence) && closes(this.#prose(line), fence)) return true;
    }
    return false;
  }

  #prose(line: number): string {
    const text = this.#text.line(line);
    const { comment } = this.#language;
    if (text.startsWith(`${comment} `)) return text.slice(comment.length + 1);
    return text.startsWith(comment) ? text.slice(comment.length) : text;
  }

  /** Carries string states from `from` on until they are what they were, at `to` at the earliest. Answers with where it ended. */
  #spreadStrings(from: number, to: number): number {
    let state = from === 0 ? 0 : this.#after(from - 1);
    for (let line = from; line < this.#flags.length; line += 1) {
      const flags = this.#flags[line] ?? 0;
      if (line >= to && (flags & stateMask) === state) return line;
      this.#flags[line] = (flags & ~stateMask) | state;
      state = this.#after(line);
    }
    this.#stringIsOpen = state !== 0;
    return this.#flags.length;
  }

  #after(line: number): number {
    const flags = this.#flags[line] ?? 0;
    return (flags >> (2 + 2 * (flags & stateMask))) & stateMask;
  }

  /** Decides on the lines `[from, to)`; those that changed their meaning are dirty, and the changed ones in any case. */
  #mark(from: number, to: number, changedStart: number, changedEnd: number): DirtyLines {
    let start = changedStart;
    let end = changedEnd;
    for (let line = from; line < to; line += 1) {
      const flags = this.#flags[line] ?? 0;
      const is = (flags & (hasMarkerForm | isFenced)) === hasMarkerForm && (this.#stringIsOpen || (flags & stateMask) === 0);
      if (is === ((flags & marks) !== 0)) continue;
      this.#flags[line] = flags ^ marks;
      if (line < start) start = line;
      if (line >= end) end = line + 1;
    }
    return { start, end };
  }

  #has(line: number, flag: number): boolean {
    return ((this.#flags[line] ?? 0) & flag) !== 0;
  }

  #set(line: number, flag: number, value: boolean): void {
    const flags = this.#flags[line] ?? 0;
    this.#flags[line] = value ? flags | flag : flags & ~flag;
  }
}

interface Fence {
  readonly char: string;
  readonly length: number;
}

function opens(text: string): Fence | undefined {
  const match = codeFence.exec(text);
  const mark = match?.[1] ?? "";
  const char = mark[0];
  if (char === undefined || (char === "`" && match?.[2]?.includes("`"))) return undefined;
  return { char, length: mark.length };
}

function closes(text: string, fence: Fence): boolean {
  const match = codeFence.exec(text);
  const mark = match?.[1] ?? "";
  return mark[0] === fence.char && mark.length >= fence.length && match?.[2]?.trim() === "";
}
