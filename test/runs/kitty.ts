import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PNG } from "pngjs";
import { onTestFinished } from "vitest";
import { screenshot } from "./framebuffer.ts";

const root = join(import.meta.dirname, "../..");

interface Kitty {
  readonly launch?: {
    readonly program: string;
    readonly environment: { readonly [name: string]: string };
    readonly version: string;
  };
  readonly missing?: string;
}

/** `scripts/prepare-tests.mjs` writes this file; `npm test` runs it. */
function prepared(): Kitty {
  const file = join(root, ".cache/kitty.json");
  if (!existsSync(file)) return { missing: "not prepared yet: node scripts/prepare-tests.mjs" };
  return (JSON.parse(readFileSync(file, "utf8")) as { kitty: Kitty }).kitty;
}

const { launch, missing } = prepared();

/** Why there is no kitty, if there is none. */
export const whyNoKitty = missing;

/** A screen without a monitor, and the file that its pixels are in. */
async function openScreen(directory: string): Promise<{ readonly display: string; readonly file: string }> {
  // It finds a free number by itself, and tells it when it is ready.
  const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "900x700x24", "-fbdir", directory, "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  onTestFinished(async () => {
    server.kill();
    await once(server, "close");
  });
  const [number] = (await once(server.stdio[3] as NodeJS.ReadableStream, "data")) as [Buffer];
  return { display: `:${number.toString().trim()}`, file: join(directory, "Xvfb_screen0") };
}

/** The smallest rectangle with all pixels of a colour, and how many they are. */
export function extent({ data, width }: PNG, isWanted: (red: number, green: number, blue: number) => boolean) {
  const found = { count: 0, left: Infinity, right: -1, top: Infinity, bottom: -1 };
  for (let at = 0; at < data.length; at += 4) {
    if (!isWanted(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0)) continue;
    const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)];
    found.count += 1;
    found.left = Math.min(found.left, x);
    found.right = Math.max(found.right, x);
    found.top = Math.min(found.top, y);
    found.bottom = Math.max(found.bottom, y);
  }
  return found;
}

const options = [
  "font_family=DejaVu Sans Mono",
  "font_size=12",
  "remember_window_size=no",
  "initial_window_width=890",
  "initial_window_height=690",
  "env=PYTHONHOME",
  "update_check_interval=0",
];

/** A real kitty on a screen without a monitor, until the running test ends. Returns what is on the screen when it is called. */
export async function openKitty(
  place: { readonly cwd: string; readonly env: { readonly [name: string]: string | undefined } },
  command: readonly string[],
): Promise<() => PNG> {
  const { display, file } = await openScreen(dirname(place.cwd));
  const kitty = spawn(launch?.program ?? "", ["--config", "NONE", ...options.flatMap((option) => ["-o", option]), ...command], {
    cwd: place.cwd,
    env: { ...place.env, ...launch?.environment, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: "1", LC_ALL: "C.UTF-8" },
    stdio: "ignore",
  });
  onTestFinished(async () => {
    kitty.kill();
    await once(kitty, "close");
  });
  return () => screenshot(file);
}

/** Keeps a screenshot for people to look at. */
export function keepScreenshot(name: string, screen: PNG): void {
  const capture = join(root, `.cache/captures/kitty-${launch?.version}/${name}.png`);
  mkdirSync(dirname(capture), { recursive: true });
  writeFileSync(capture, PNG.sync.write(screen));
}

const near = (wanted: number) => (value: number) => Math.abs(value - wanted) < 12;
export const isWhite = (...color: readonly number[]) => color.every(near(255));
/** The first colour of matplotlib's cycle, #1f77b4. */
export const isCurve = (red: number, green: number, blue: number) => near(0x1f)(red) && near(0x77)(green) && near(0xb4)(blue);
