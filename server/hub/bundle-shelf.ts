import type { Limits } from "../base/limits.ts";
import type { JsonObject } from "../jupyter/message.ts";
import { joinMultiline, type MimeBundle } from "../jupyter/nbformat.ts";
import { dataLength } from "../outputs/fold.ts";
import type { BlobStore } from "./blobs.ts";

/** How a value becomes the bytes of a blob; `base64 line`: with the line end that some kernels put behind it. */
type Form = "base64" | "base64 line" | "text" | "json";

/** Where large data lies. */
interface Shelf {
  readonly blob: string;
  readonly form: Form;
  /** Of the value, in UTF-16 units. */
  readonly length: number;
}

/** A bundle as a journal holds it: `shelved` names the types whose value in `data` is a `Shelf`. */
export interface StoredBundle {
  readonly data: JsonObject;
  readonly shelved: readonly string[];
}

interface Shelved extends StoredBundle {
  /** As readers see it: what lies in blobs is read when it is looked at. */
  readonly bundle: MimeBundle;
  readonly length: number;
}

const base64 = /^[A-Za-z0-9+/]+={0,2}\n?$/;
/** UTF-8 has no place for half a character. */
const loneSurrogate = /\p{Surrogate}/u;

/** Large data of outputs, kept in blobs and read when somebody looks at them: memory holds what was looked at last. */
export class BundleShelf {
  readonly #blobs: BlobStore;
  readonly #limits: Pick<Limits, "inlineDataMax" | "blobCacheMax">;
  readonly #problem: (sentence: string) => void;
  /** By the data as they came in: folding and journalling shelve them once. */
  readonly #known = new WeakMap<object, Shelved>();
  /** The one looked at longest ago first. */
  readonly #cache = new Map<string, { readonly value: unknown; readonly length: number }>();
  #cachedLength = 0;

  /** `problem` is told what cannot be stored, or is gone. */
  constructor(blobs: BlobStore, limits: Pick<Limits, "inlineDataMax" | "blobCacheMax">, problem: (sentence: string) => void) {
    this.#blobs = blobs;
    this.#limits = limits;
    this.#problem = problem;
  }

  /** The bundle that a kernel sent, or `restore` gave. `length`: of all its data, in UTF-16 units. */
  readonly shelve = (data: unknown): { readonly data: MimeBundle; readonly length: number } => {
    const { bundle, length } = this.#shelved(data);
    return { data: bundle, length };
  };

  /** The same for the journal: without the large data. */
  stored(data: unknown): StoredBundle & { readonly length: number } {
    const { data: small, shelved, length } = this.#shelved(data);
    return { data: small, shelved, length };
  }

  /** What `shelve` takes for the bundle that was `stored`. A journal is read as untrusted: what does not fit is left out. */
  restore({ data, shelved }: StoredBundle): object {
    const bundle: { [mediaType: string]: unknown } = {};
    let length = 0;
    for (const [mediaType, value] of Object.entries(data)) {
      if (!shelved.includes(mediaType)) {
        put(bundle, mediaType, { value });
        length += dataLength(value);
      } else if (isShelf(value)) {
        put(bundle, mediaType, { get: () => this.#read(value) });
        length += value.length;
      }
    }
    const key = {};
    this.#known.set(key, { bundle, length, data, shelved }).set(bundle, { bundle, length, data, shelved });
    return key;
  }

  #shelved(data: unknown): Shelved {
    if (typeof data !== "object" || data === null || Array.isArray(data)) return { bundle: {}, length: 0, data: {}, shelved: [] };
    const known = this.#known.get(data);
    if (known !== undefined) return known;
    const bundle: { [mediaType: string]: unknown } = {};
    const small: { [mediaType: string]: unknown } = {};
    const shelved: string[] = [];
    let length = 0;
    for (const [mediaType, raw] of Object.entries(data)) {
      const value: unknown = joinMultiline(raw) ?? raw;
      const ownLength = dataLength(value);
      length += ownLength;
      const shelf = ownLength > this.#limits.inlineDataMax ? this.#put(value, ownLength) : undefined;
      if (shelf === undefined) {
        put(bundle, mediaType, { value });
        put(small, mediaType, { value });
      } else {
        put(bundle, mediaType, { get: () => this.#read(shelf) });
        put(small, mediaType, { value: shelf });
        shelved.push(mediaType);
      }
    }
    const result = { bundle, length, data: small, shelved };
    // What a reader sees may be stored once more.
    this.#known.set(data, result).set(bundle, result);
    return result;
  }

  /** `undefined`: it could not be stored, and stays in memory. */
  #put(value: unknown, length: number): Shelf | undefined {
    const { form, bytes } = encoded(value);
    try {
      return { blob: this.#blobs.put(bytes), form, length };
    } catch (error) {
      this.#problem(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #read({ blob, form }: Shelf): unknown {
    const key = `${form} ${blob}`;
    const known = this.#cache.get(key);
    if (known !== undefined) {
      // At the end again: looked at last.
      this.#cache.delete(key);
      this.#cache.set(key, known);
      return known.value;
    }
    const bytes = this.#blobs.read(blob);
    const value = bytes === undefined ? undefined : decoded(bytes, form);
    if (value === undefined) this.#problem(`data of an output are gone: the file ${blob} of the state directory`);
    else this.#remember(key, value, bytes?.length ?? 0);
    return value;
  }

  #remember(key: string, value: unknown, length: number): void {
    this.#cache.set(key, { value, length });
    this.#cachedLength += length;
    for (const [oldest, { length: oldLength }] of this.#cache) {
      if (this.#cachedLength <= this.#limits.blobCacheMax) return;
      this.#cache.delete(oldest);
      this.#cachedLength -= oldLength;
    }
  }
}

/** By definition and not by assignment: a media type may be called `__proto__`. */
function put(object: object, key: string, property: { readonly value: unknown } | { get(): unknown }): void {
  Object.defineProperty(object, key, { ...property, enumerable: true, configurable: true });
}

function encoded(value: unknown): { readonly form: Form; readonly bytes: Buffer } {
  if (typeof value !== "string" || loneSurrogate.test(value))
    return { form: "json", bytes: Buffer.from(JSON.stringify(value) ?? "null") };
  if (base64.test(value)) {
    const bytes = Buffer.from(value, "base64");
    const again = bytes.toString("base64");
    // Whatever could be read in another spelling stays in its own.
    if (again === value) return { form: "base64", bytes };
    if (`${again}\n` === value) return { form: "base64 line", bytes };
  }
  return { form: "text", bytes: Buffer.from(value) };
}

function decoded(bytes: Buffer, form: Form): unknown {
  switch (form) {
    case "base64":
      return bytes.toString("base64");
    case "base64 line":
      return `${bytes.toString("base64")}\n`;
    case "text":
      return bytes.toString("utf8");
    case "json":
      return JSON.parse(bytes.toString("utf8")) as unknown;
  }
}

const forms: readonly unknown[] = ["base64", "base64 line", "text", "json"] satisfies readonly Form[];

function isShelf(value: unknown): value is Shelf {
  return (
    typeof value === "object" &&
    value !== null &&
    "blob" in value &&
    "form" in value &&
    "length" in value &&
    typeof value.blob === "string" &&
    typeof value.length === "number" &&
    forms.includes(value.form)
  );
}

/** The blobs that a stored bundle refers to. */
export function blobsOf({ data, shelved }: StoredBundle): readonly string[] {
  return shelved.flatMap((mediaType) => {
    const value = data[mediaType];
    return isShelf(value) ? [value.blob] : [];
  });
}
