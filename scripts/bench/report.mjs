const number = (value) => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0));

/** A target of a case as a reader sees it: the median is compared with that of the reference, or of the subject `of`. */
function verdict({ subjects, reference, unit }, { subject, of = reference, timesMax, overMax }) {
  const { p50 } = subjects[subject];
  const base = subjects[of].p50;
  const [bound, isMet] =
    timesMax === undefined ? [`+${overMax} ${unit}`, p50 <= base + overMax] : [`${timesMax} ×`, p50 <= timesMax * base];
  return `≤ ${bound}${of === reference ? "" : ` of ${of}`}: ${isMet ? "met" : "**missed**"}`;
}

/** A Markdown table of results as `bench.json` holds them. */
export function reportTable(results) {
  const lines = [
    "| measured | subject | p50 | p95 | to the reference | target |",
    "| --- | --- | --- | --- | --- | --- |",
    ...Object.values(results).flatMap((result) => {
      const { title, reference, unit, subjects, targets = [] } = result;
      return Object.entries(subjects).map(([name, { p50, p95 }], index) => {
        const base = subjects[reference].p50;
        const compared =
          name === reference
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
