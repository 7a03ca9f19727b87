import { createHmac, createSecretKey, getHashes, type Hmac } from "node:crypto";

/** Starts the signature of one message; `undefined` where the connection has no key and messages are not signed. */
export type Signer = () => Hmac | undefined;

/** Python's names of digests that Node spells differently. */
const nodeNames: { readonly [python: string]: string } = { blake2b: "blake2b512", blake2s: "blake2s256" };

/**
 * A signer for a connection file's `signature_scheme` (`hmac-sha256`, `hmac-sha512`, `hmac-md5`, …) and `key`;
 * `undefined` for a scheme this Node does not know.
 */
export function createSigner(scheme: string, key: string): Signer | undefined {
  if (key === "") return () => undefined;
  const name = /^hmac-(.+)$/.exec(scheme.toLowerCase())?.[1]?.replaceAll("_", "-");
  if (name === undefined) return undefined;
  const digest = nodeNames[name] ?? name;
  if (!getHashes().includes(digest)) return undefined;
  const secret = createSecretKey(key, "utf8");
  return () => createHmac(digest, secret);
}
