/** `make()`, called when it is first wanted and once: for what costs time to make and may never be needed. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
