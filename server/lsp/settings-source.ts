import { defaultSettings, readSettings, type Settings } from "../protocol/settings.ts";

/**
 * The settings in force: what the client gave last, by `initializationOptions`, `workspace/didChangeConfiguration` or as
 * an answer to `workspace/configuration`.
 */
export class SettingsSource {
  #settings: Settings = defaultSettings;
  readonly #report: (problem: string) => void;
  readonly #reported = new Set<string>();

  constructor(report: (problem: string) => void) {
    this.#report = report;
  }

  get current(): Settings {
    return this.#settings;
  }

  /** Takes the section `nbls`. Each problem in it is reported once, however often an editor sends it. */
  take(section: unknown): void {
    const { settings, problems } = readSettings(section);
    this.#settings = settings;
    for (const problem of problems) {
      if (this.#reported.has(problem)) continue;
      this.#reported.add(problem);
      this.#report(problem);
    }
  }
}
