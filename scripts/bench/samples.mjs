import { performance } from "node:perf_hooks";

/** The value below which the share `p` of the samples lies. */
export function quantile(samples, p) {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = p * (sorted.length - 1);
  const below = Math.floor(rank);
  return sorted[below] + ((sorted[Math.ceil(rank)] ?? sorted[below]) - sorted[below]) * (rank - below);
}

export function summary(samples) {
  return { p50: quantile(samples, 0.5), p95: quantile(samples, 0.95), count: samples.length };
}

/**
 * Runs the subjects in turn, round after round, so that a slow minute of the machine falls on all of them.
 * A subject returns a number, or a list of them. The first round warms caches and is thrown away.
 */
export async function interleaved(rounds, subjects) {
  const samples = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, subject] of Object.entries(subjects)) {
      const values = [await subject()].flat();
      if (round >= 0) samples[name].push(...values);
    }
  }
  return samples;
}

/** How long `work` takes, which returns when it is done, in milliseconds. */
export function elapsed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** How long `work` takes, in milliseconds. */
export async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
