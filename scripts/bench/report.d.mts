export interface BenchResult {
  readonly title: string;
  readonly reference: string | { readonly [subject: string]: string };
  readonly unit: string;
  readonly subjects: { readonly [name: string]: { readonly p50: number; readonly p95: number } };
  readonly targets?: readonly {
    readonly subject: string;
    readonly of?: string;
    readonly at?: "p50" | "p95";
    readonly timesMax?: number;
    readonly overMax?: number;
  }[];
}

export function reportTable(results: { readonly [name: string]: BenchResult }): string;
