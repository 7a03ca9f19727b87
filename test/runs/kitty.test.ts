// @module-tag process
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PNG } from "pngjs";
import { expect, onTestFinished, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { kernelArguments, missing, placeWith } from "./real-notebook.ts";
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

const { launch, missing: noKitty } = prepared();
const noScript = spawnSync("script", ["--version"]).status === 0 ? undefined : "no util-linux script";
const why = noKitty ?? missing("ipykernel7") ?? noScript;

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
function extent({ data, width }: PNG, isWanted: (red: number, green: number, blue: number) => boolean) {
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

const near = (wanted: number) => (value: number) => Math.abs(value - wanted) < 12;
const isWhite = (...color: readonly number[]) => color.every(near(255));
/** The first colour of matplotlib's cycle, #1f77b4. */
const isCurve = (red: number, green: number, blue: number) => near(0x1f)(red) && near(0x77)(green) && near(0xb4)(blue);

test.skipIf(why !== undefined)(
  `in a real kitty a plot of nbls run is on the screen${why === undefined ? "" : ` (${why})`}`,
  { tags: ["kernel"], timeout: 60_000 },
  async () => {
    const program = await buildProgram("kitty");
    const place = placeWith("plot.py", "ipykernel7");
    const { display, file } = await openScreen(dirname(place.cwd));
    const nbls = [process.execPath, program, "run", "plot.py", ...kernelArguments("ipykernel7")].map((word) => `'${word}'`);
    // What reaches the terminal is kept beside being drawn.
    const shell = ["/bin/sh", "-c", `script -qefc "${nbls.join(" ")}" bytes; touch over; exec sleep 60`];
    const options = [
      "--config",
      "NONE",
      "-o",
      "font_family=DejaVu Sans Mono",
      "-o",
      "font_size=12",
      "-o",
      "remember_window_size=no",
      "-o",
      "initial_window_width=890",
    ];
    const kitty = spawn(
      launch?.program ?? "",
      [...options, "-o", "initial_window_height=690", "-o", "env=PYTHONHOME", "-o", "update_check_interval=0", ...shell],
      {
        cwd: place.cwd,
        env: { ...place.env, ...launch?.environment, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: "1", LC_ALL: "C.UTF-8" },
        stdio: "ignore",
      },
    );
    onTestFinished(async () => {
      kitty.kill();
      await once(kitty, "close");
    });
    await expect.poll(() => existsSync(join(place.cwd, "over")), { timeout: 40_000 }).toBe(true);
    const bytes = readFileSync(join(place.cwd, "bytes"), "utf8");

    // The picture is sent as it is, in pieces, without asking for an answer, to be shown where its placeholders stand.
    const [first = "", ...rest] = bytes.match(/\u001b_G[^\u001b]*\u001b\\/g) ?? [];
    const fields = /^\u001b_G([^;]*);/.exec(first)?.[1]?.split(",") ?? [];
    expect(fields).toEqual(expect.arrayContaining(["U=1", "f=100", "q=2"]));
    const data = [first, ...rest].map((piece) => /;([^\u001b]*)/.exec(piece)?.[1] ?? "").join("");
    const sent = PNG.sync.read(Buffer.from(data, "base64"));
    const [columns, rows] = ["c", "r"].map((name) => Number(fields.find((field) => field.startsWith(`${name}=`))?.slice(2)));
    const lines = bytes.split("\n").filter((line) => line.includes("\u{10eeee}"));
    expect(lines).toHaveLength(rows ?? 0);
    for (const line of lines) expect(line.match(/\u{10eeee}/gu)).toHaveLength(columns ?? 0);
    expect(bytes).toContain("after the plot");

    // kitty draws when it likes, and tells nobody.
    await expect.poll(() => extent(screenshot(file), isCurve).count, { timeout: 15_000, interval: 100 }).toBeGreaterThan(200);
    const screen = screenshot(file);
    const paper = extent(screen, isWhite);
    const curve = extent(screen, isCurve);
    const [width, height] = [paper.right - paper.left, paper.bottom - paper.top];
    expect(width / height).toBeGreaterThan((sent.width / sent.height) * 0.9);
    expect(width / height).toBeLessThan((sent.width / sent.height) * 1.1);
    expect(curve.left).toBeGreaterThan(paper.left);
    expect(curve.right).toBeLessThan(paper.right);
    const capture = join(root, `.cache/captures/kitty-${launch?.version}/plot.png`);
    mkdirSync(dirname(capture), { recursive: true });
    writeFileSync(capture, PNG.sync.write(screen));
  },
);
