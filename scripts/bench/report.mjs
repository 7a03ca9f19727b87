const number = (value) => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0));

/** A Markdown table of results as `bench.json` holds them. */
export function reportTable(results) {
  const lines = [
    "| measured | subject | p50 | p95 | to the reference |",
    "| --- | --- | --- | --- | --- |",
    ...Object.values(results).flatMap(({ title, reference, unit, subjects }) =>
      Object.entries(subjects).map(([name, { p50, p95 }], index) => {
        const base = subjects[reference].p50;
        const compared =
          name === reference
            ? "reference"
            : `${(p50 / base).toFixed(2)} ×, ${p50 < base ? "−" : "+"}${number(Math.abs(p50 - base))} ${unit}`;
        return `| ${index === 0 ? title : ""} | ${name} | ${number(p50)} ${unit} | ${number(p95)} ${unit} | ${compared} |`;
      }),
    ),
  ];
  return `${lines.join("\n")}\n`;
}
