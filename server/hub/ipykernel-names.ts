/** Multiplier of MurmurHash2. */
const multiplier = 0x5bd1e995;
const seed = 0xc70f6907;

/**
 * The number by which ipykernel (from 6.0 on) names the file of a cell, `/tmp/ipykernel_PID/NUMBER.py`: MurmurHash2 of its
 * source in UTF-8 (ipykernel/compiler.py, `murmur2_x86`).
 */
export function ipykernelFileNumber(source: string): string {
  const bytes = Buffer.from(source, "utf8");
  const rounded = bytes.length & ~3;
  let hash = seed ^ bytes.length;
  for (let index = 0; index < rounded; index += 4) {
    let word = Math.imul(bytes.readInt32LE(index), multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const rest = bytes.subarray(rounded);
  if (rest.length > 0) {
    for (const [index, byte] of rest.entries()) hash ^= byte << (8 * index);
    hash = Math.imul(hash, multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return String((hash ^ (hash >>> 15)) >>> 0);
}
