/** The canvas: draws what is shown once per screen refresh, by WebGL2 where it can, plainly where it cannot. */

import { UPRIGHT } from "../geometry/view";
import { CanvasRenderer } from "../render/canvas2d";
import type { drawGraphics } from "../render/graphics";
import type { Renderer } from "../render/picture";
import { takeDrawing } from "../render/prepare";
import type { Viewing } from "./viewing";

/** More device pixels than this are not worth the heat on a phone. */
const MOST_RATIO = 2;
const MOST_LOSSES = 3;

export class Stage {
  private canvas: HTMLCanvasElement;
  private renderer: Renderer | null;
  private scheduled = 0;
  /** What lies over the picture is drawn here; made when first needed, and so is the part that draws. */
  private over: HTMLCanvasElement | null = null;
  private drawOver: typeof drawGraphics | null = null;
  private asked = false;
  /** Contexts lost so far; a chip that keeps letting go is not asked again. */
  private losses = 0;
  private readonly unlisten: () => void;
  private readonly observer: ResizeObserver;

  constructor(
    private readonly host: HTMLElement,
    private readonly viewing: Viewing,
  ) {
    const drawing = takeDrawing();
    this.canvas = this.lay(drawing.canvas);
    this.renderer = drawing.renderer;
    if (this.renderer === null) {
      this.drawPlainly();
    }
    this.canvas.addEventListener("webglcontextlost", this.lost);
    document.addEventListener("visibilitychange", this.seenAgain);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(host);
    this.unlisten = viewing.listen(() => this.schedule());
    this.measure();
  }

  dispose(): void {
    cancelAnimationFrame(this.scheduled);
    this.observer.disconnect();
    document.removeEventListener("visibilitychange", this.seenAgain);
    this.unlisten();
    this.canvas.removeEventListener("webglcontextlost", this.lost);
    this.renderer?.dispose();
    this.canvas.remove();
    this.over?.remove();
  }

  private lay(canvas: HTMLCanvasElement): HTMLCanvasElement {
    canvas.className = "canvas";
    canvas.setAttribute("aria-hidden", "true");
    this.host.prepend(canvas);
    return canvas;
  }

  private readonly lost = (event: Event): void => {
    event.preventDefault();
    this.losses += 1;
    this.drawPlainly();
    this.measure();
  };

  /** Phones take the graphics away from pages in the background, and give them back to those that ask. */
  private readonly seenAgain = (): void => {
    if (document.visibilityState !== "visible" || this.losses === 0 || this.losses > MOST_LOSSES) {
      return;
    }
    const drawing = takeDrawing();
    if (this.renderer?.name === "2d" && drawing.renderer !== null) {
      this.renderer.dispose();
      this.canvas.remove();
      this.canvas = this.lay(drawing.canvas);
      this.renderer = drawing.renderer;
      this.canvas.addEventListener("webglcontextlost", this.lost);
      this.measure();
    }
  };

  /** A canvas keeps its first kind of context for life, so the plain one needs a new canvas. */
  private drawPlainly(): void {
    this.canvas.removeEventListener("webglcontextlost", this.lost);
    this.canvas.remove();
    this.canvas = this.lay(document.createElement("canvas"));
    this.renderer = CanvasRenderer.on(this.canvas);
  }

  private measure(): void {
    const width = Math.max(1, this.host.clientWidth);
    const height = Math.max(1, this.host.clientHeight);
    const ratio = Math.min(MOST_RATIO, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.renderer?.resize(this.canvas.width, this.canvas.height, ratio);
    this.viewing.resize({ width, height });
    // A resized canvas is blank: draw before the browser paints it.
    this.draw();
  }

  private schedule(): void {
    if (this.viewing.fidelity !== "full") {
      // What is no longer shown in full must not be called so until the next drawing.
      this.host.dataset.fidelity = this.viewing.fidelity;
    }
    if (this.scheduled === 0) {
      this.scheduled = requestAnimationFrame(() => {
        this.scheduled = 0;
        this.draw();
      });
    }
  }

  private draw(): void {
    const { viewing } = this;
    const nothing = {
      placement: { x: 0, y: 0, scaleX: 1, scaleY: 1, turn: UPRIGHT },
      range: { low: 0, high: 1 },
      invert: false,
    };
    const picture = viewing.picture;
    const showing = viewing.look.showing ?? nothing;
    const drawn = this.renderer?.draw(picture, showing) ?? false;
    if (!drawn && this.renderer?.name === "webgl2") {
      // Too large for the graphics chip, or its context is gone without a word: not worth asking it again.
      this.losses = 0;
      this.drawPlainly();
      this.measure();
      return;
    }
    this.drawGraphics();
    this.host.dataset.fidelity = viewing.fidelity;
    this.host.dataset.series = String(viewing.entry?.id ?? "");
    this.host.dataset.renderer = this.renderer?.name ?? "none";
  }
  private drawGraphics(): void {
    const { placement, picture } = this.viewing;
    const { graphics } = this.viewing.look;
    if (graphics !== null && this.drawOver === null) {
      if (!this.asked) {
        this.asked = true;
        void import("../render/graphics").then((part) => {
          this.drawOver = part.drawGraphics;
          this.schedule();
        });
      }
      return;
    }
    if (graphics === null && this.over === null) {
      return;
    }
    if (this.over === null) {
      this.over = document.createElement("canvas");
      this.over.className = "canvas canvas-over";
      this.over.setAttribute("aria-hidden", "true");
    }
    if (this.over.previousSibling !== this.canvas) {
      this.canvas.after(this.over);
    }
    // Setting a size clears, too.
    this.over.width = this.canvas.width;
    this.over.height = this.canvas.height;
    const context = this.over.getContext("2d");
    const drawn = graphics !== null && placement !== null && picture !== null && context !== null;
    if (drawn) {
      this.drawOver?.(context, graphics, placement, this.canvas.width / Math.max(1, this.host.clientWidth));
    }
    this.host.dataset.graphics = drawn ? "drawn" : "";
  }
}
