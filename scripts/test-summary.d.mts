interface TestReport {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}
export function summarise(report: TestReport): { readonly line: string; readonly ok: boolean };
