/**
 * Where messages for people go. stdout belongs to the protocol, so every line ends on stderr or in a log file.
 *
 * error = a function is lost; warn = may be a problem; info = an event the user would notice (kernel started,
 * notebook saved); debug = the rest. Never info per cell.
 */
export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

export const logLevels = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** A log that writes whole lines through `write`, leaving out what is less important than `level`. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const shown = logLevels.indexOf(level);
  const at = (own: LogLevel) => (message: string) => {
    if (logLevels.indexOf(own) <= shown) write(`${new Date().toISOString()} ${own} ${message}\n`);
  };
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
}

/** A log for tests and for callers that have no use for one. */
export const silentLog: Log = { error() {}, warn() {}, info() {}, debug() {} };
