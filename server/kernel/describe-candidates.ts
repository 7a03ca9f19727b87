import type { Candidates } from "./candidates.ts";

/** One line for each candidate, then for each broken kernelspec: `*` marks the one that would be started, `!` what cannot. */
export function describeCandidates(found: Candidates): string[] {
  const rows = found.candidates.map((candidate) => {
    const mark = candidate.name === found.chosen?.name ? "*" : candidate.problem === undefined ? " " : "!";
    const why = candidate.problem === undefined ? candidate.reason : `${candidate.problem} (${candidate.reason})`;
    const title = [candidate.displayName, ...(candidate.interpreter === undefined ? [] : [candidate.interpreter])];
    return { mark, name: candidate.name, title: [...new Set(title)].join(", "), why };
  });
  const nameWidth = Math.max(0, ...rows.map(({ name }) => name.length));
  const titleWidth = Math.max(0, ...rows.map(({ title }) => title.length));
  return [
    ...rows.map(({ mark, name, title, why }) => `${mark} ${name.padEnd(nameWidth)}  ${title.padEnd(titleWidth)}  ${why}`),
    ...found.kernelspecProblems.map(({ path, reason }) => `! ${path}: ${reason}`),
    ...(found.problem === undefined ? [] : [found.problem]),
  ];
}
