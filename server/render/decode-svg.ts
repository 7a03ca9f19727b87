import { initWasm, Resvg } from "@resvg/resvg-wasm";
import type { Raster } from "./raster.ts";

export interface SvgResources {
  /** The bytes of `@resvg/resvg-wasm/index_bg.wasm`. */
  module(): Promise<Uint8Array>;
  /** Fonts for what an SVG writes; without any its texts are missing. */
  fonts(): Promise<readonly Uint8Array[]>;
}

/** Draws SVGs by resvg, which loads nothing from anywhere and runs no script. */
export class SvgDecoder {
  readonly #resources: SvgResources;
  #ready: Promise<readonly Uint8Array[]> | undefined;

  constructor(resources: SvgResources) {
    this.#resources = resources;
  }

  /** The picture on white, within the given size. Throws where the source is no SVG. */
  async decode(source: string, widthMax: number, heightMax: number): Promise<Raster> {
    this.#ready ??= this.#prepare();
    const fonts = await this.#ready;
    const options = { background: "white", font: { fontBuffers: [...fonts], loadSystemFonts: false } };
    const natural = new Resvg(source, options);
    const scale = Math.min(widthMax / natural.width, heightMax / natural.height);
    const [width, height] = [natural.width * scale, natural.height * scale];
    natural.free();
    if (!(width >= 1 && height >= 1)) throw new Error("an SVG without a size");
    const image = new Resvg(source, { ...options, fitTo: { mode: "width", value: Math.round(width) } });
    try {
      const rendered = image.render();
      const raster = { width: rendered.width, height: rendered.height, data: new Uint8Array(rendered.pixels) };
      rendered.free();
      return raster;
    } finally {
      image.free();
    }
  }

  async #prepare(): Promise<readonly Uint8Array[]> {
    await initWasm(await this.#resources.module());
    return await this.#resources.fonts();
  }
}
