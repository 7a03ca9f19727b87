/**
 * Validators for what comes over a wire: each takes an unknown value and returns it typed, or throws `InvalidParams`
 * naming the field. Unknown fields are ignored, never rejected.
 */
export type Validator<T> = (value: unknown, path: string) => T;

export class InvalidParams extends Error {
  constructor(path: string, expected: string) {
    super(`${path || "params"}: expected ${expected}`);
    this.name = "InvalidParams";
  }
}

export const string: Validator<string> = (value, path) => {
  if (typeof value !== "string") throw new InvalidParams(path, "a string");
  return value;
};

export const boolean: Validator<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw new InvalidParams(path, "true or false");
  return value;
};

/** LSP's `uinteger`: 0 to 2^31 - 1. */
export const uinteger: Validator<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 0x7fffffff)
    throw new InvalidParams(path, "a whole number from 0");
  return value;
};

export const integer: Validator<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isInteger(value)) throw new InvalidParams(path, "a whole number");
  return value;
};

export function oneOf<const T extends string>(...values: readonly T[]): Validator<T> {
  return (value, path) => {
    const found = values.find((known) => known === value);
    if (found === undefined) throw new InvalidParams(path, `one of ${values.join(", ")}`);
    return found;
  };
}

export function array<T>(item: Validator<T>): Validator<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new InvalidParams(path, "a list");
    return value.map((entry, index) => item(entry, `${path}[${index}]`));
  };
}

export function nullable<T>(inner: Validator<T>): Validator<T | null> {
  return (value, path) => (value === null ? null : inner(value, path));
}

/** A field that may be missing. `null` counts as missing: editors that build JSON by hand send it. */
export function optional<T>(inner: Validator<T>): Validator<T | undefined> {
  return (value, path) => (value === undefined || value === null ? undefined : inner(value, path));
}

type Fields = { readonly [key: string]: Validator<unknown> };
type OptionalKeys<F extends Fields> = { [K in keyof F]: undefined extends ReturnType<F[K]> ? K : never }[keyof F];
type ObjectOf<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: ReturnType<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: Exclude<ReturnType<F[K]>, undefined>;
};

export function object<F extends Fields>(fields: F): Validator<ObjectOf<F>> {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new InvalidParams(path, "an object");
    const result: { [key: string]: unknown } = {};
    for (const [key, validator] of Object.entries(fields)) {
      const checked = validator((value as { [key: string]: unknown })[key], path === "" ? key : `${path}.${key}`);
      if (checked !== undefined) result[key] = checked;
    }
    return result as ObjectOf<F>;
  };
}

export const position = object({ line: uinteger, character: uinteger });
export const range = object({ start: position, end: position });
export const textDocument = object({ uri: string });
export const documentParams = object({ textDocument });

/** Params of any shape: for methods that take none. */
export const anything: Validator<unknown> = (value) => value;
