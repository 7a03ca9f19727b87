const number = (value) => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0));

/** What a subject is compared with: one subject is the reference of all, or an object names one for each. */
const referenceOf = (reference, subject) => (typeof reference === "string" ? reference : (reference[subject] ?? subject));

/**
 * A target of a case as a reader sees it: the median, or the quantile `at`, is compared with that of the reference, or of the
 * subject `of`.
 */
function verdict({ subjects, reference, unit }, { subject, of, at = "p50", timesMax, overMax }) {
  const usual = referenceOf(reference, subject);
  const value = subjects[subject][at];
  const base = subjects[of ?? usual][at];
  const [bound, isMet] =
    timesMax === undefined ? [`+${overMax} ${unit}`, value <= base + overMax] : [`${timesMax} ×`, value <= timesMax * base];
  const quantile = at === "p50" ? "" : `${at} `;
  return `${quantile}≤ ${bound}${(of ?? usual) === usual ? "" : ` of ${of}`}: ${isMet ? "met" : "**missed**"}`;
}

/** A Markdown table of results as `bench.json` holds them. */
export function reportTable(results) {
  const lines = [
    "| measured | subject | p50 | p95 | to the reference | target |",
    "| --- | --- | --- | --- | --- | --- |",
    ...Object.values(results).flatMap((result) => {
      const { title, reference, unit, subjects, targets = [] } = result;
      return Object.entries(subjects).map(([name, { p50, p95 }], index) => {
        const base = subjects[referenceOf(reference, name)].p50;
        const compared =
          name === referenceOf(reference, name)
            ? "reference"
            : `${(p50 / base).toFixed(2)} ×, ${p50 < base ? "−" : "+"}${number(Math.abs(p50 - base))} ${unit}`;
        const verdicts = targets.filter(({ subject }) => subject === name).map((target) => verdict(result, target));
        const cells = [index === 0 ? title : "", name, `${number(p50)} ${unit}`, `${number(p95)} ${unit}`, compared];
        return `| ${[...cells, verdicts.join("; ")].join(" | ")} |`;
      });
    }),
  ];
  return `${lines.join("\n")}\n`;
}
