/** Mouse, touch and wheel on the picture. */

import { isKind, type PointerKind } from "./hand";
import type { Tool, Viewing } from "./viewing";

const LONG_PRESS = 450;
const DOUBLE_TAP = 350;
/** A finger that moved less has not moved. */
const STILL = 8;
/** Wheels with notches report at least this much a notch; touchpads report less, and often. */
const NOTCH = 50;

interface Contact {
  x: number;
  y: number;
}

/** Screen pixels of a drag that turn to the next picture: the screen's height is about the whole series. */
export function pixelsPerSlice(height: number, count: number): number {
  return Math.max(3, Math.min(28, (height * 0.9) / Math.max(1, count)));
}

/** How many pictures to turn for a wheel movement; what is left over is kept for the next one. */
export function wheelSteps(left: number, delta: number): { steps: number; left: number } {
  if (Math.abs(delta) >= NOTCH) {
    return { steps: Math.sign(delta) * Math.max(1, Math.round(Math.abs(delta) / 120)), left: 0 };
  }
  const sum = left + delta;
  const steps = Math.trunc(sum / NOTCH);
  return { steps, left: sum - steps * NOTCH };
}

export class Gestures {
  private readonly contacts = new Map<number, Contact>();
  private tool: Tool = "scroll";
  private dragLeft = 0;
  private wheelLeft = 0;
  private moved = 0;
  private reading = false;
  private longPress: ReturnType<typeof setTimeout> | undefined;
  private lastTap: { at: number; x: number; y: number } | null = null;
  private readonly stop = new AbortController();

  constructor(
    private readonly host: HTMLElement,
    private readonly viewing: Viewing,
  ) {
    const { signal } = this.stop;
    host.addEventListener("pointerdown", (event) => this.down(event), { signal });
    host.addEventListener("pointermove", (event) => this.move(event), { signal });
    host.addEventListener("pointerup", (event) => this.up(event), { signal });
    host.addEventListener("pointercancel", (event) => this.up(event), { signal });
    host.addEventListener("pointerleave", (event) => this.leave(event), { signal });
    host.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    host.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    host.addEventListener("dblclick", () => !isKind(viewing.tool) && viewing.look.fit(), { signal });
  }

  dispose(): void {
    clearTimeout(this.longPress);
    this.stop.abort();
  }

  private at(event: MouseEvent): Contact {
    const box = this.host.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private down(event: PointerEvent): void {
    if (event.target instanceof Element && event.target.closest("button, a, input, select") !== null) {
      return;
    }
    this.host.setPointerCapture(event.pointerId);
    const contact = this.at(event);
    this.contacts.set(event.pointerId, contact);
    clearTimeout(this.longPress);
    this.reading = false;
    if (this.contacts.size > 1) {
      this.moved = Number.POSITIVE_INFINITY;
      this.viewing.hand?.callOff();
      this.viewing.pointAt(null);
      return;
    }
    this.tool = event.button === 2 ? "contrast" : event.button === 1 ? "move" : this.viewing.tool;
    this.dragLeft = 0;
    this.moved = 0;
    if (event.button === 1) {
      event.preventDefault();
    }
    if (isKind(this.tool)) {
      const pointer: PointerKind = event.pointerType === "touch" ? "touch" : "mouse";
      this.viewing.hand?.down(contact, pointer);
      return;
    }
    if (event.pointerType !== "mouse") {
      this.longPress = setTimeout(() => {
        this.reading = true;
        this.viewing.pointAt(contact);
      }, LONG_PRESS);
    }
  }

  private move(event: PointerEvent): void {
    const now = this.at(event);
    const before = this.contacts.get(event.pointerId);
    if (before === undefined || event.pointerType === "mouse") {
      this.viewing.pointAt(now);
    }
    if (before === undefined) {
      this.viewing.hand?.move(now);
      return;
    }
    if (this.contacts.size >= 2) {
      this.pinch(event.pointerId, before, now);
      this.contacts.set(event.pointerId, now);
      return;
    }
    if (this.reading) {
      this.contacts.set(event.pointerId, now);
      this.viewing.pointAt(now);
      return;
    }
    if (isKind(this.tool)) {
      this.contacts.set(event.pointerId, now);
      this.draw(now);
      return;
    }
    const dx = now.x - before.x;
    const dy = now.y - before.y;
    if (this.moved < STILL && event.pointerType !== "mouse") {
      const far = Math.hypot(dx, dy);
      this.moved = far;
      if (far < STILL) {
        return;
      }
    }
    this.moved = Math.max(this.moved, STILL);
    clearTimeout(this.longPress);
    this.contacts.set(event.pointerId, now);
    this.drag(dx, dy, now);
  }

  private drag(dx: number, dy: number, now: Contact): void {
    const { viewing } = this;
    switch (this.tool) {
      case "scroll": {
        const perSlice = pixelsPerSlice(viewing.screen.height, viewing.count);
        this.dragLeft += dy;
        const steps = Math.trunc(this.dragLeft / perSlice);
        this.dragLeft -= steps * perSlice;
        viewing.step(steps);
        return;
      }
      case "contrast":
        viewing.look.adjustContrast(dx, dy);
        return;
      case "zoom":
        viewing.look.zoom(Math.exp(-dy * 0.008), viewing.screen.width / 2, viewing.screen.height / 2);
        return;
      case "move":
        viewing.look.pan(dx, dy);
        viewing.pointAt(now);
    }
  }

  /** A second finger that left, or came, has ended the drawing. */
  private draw(now: Contact): void {
    if (this.moved !== Number.POSITIVE_INFINITY) {
      this.viewing.hand?.move(now);
    }
  }

  private pinch(moving: number, before: Contact, now: Contact): void {
    const other = [...this.contacts].find(([id]) => id !== moving)?.[1];
    if (other === undefined) {
      return;
    }
    const span = (contact: Contact) => Math.max(20, Math.hypot(contact.x - other.x, contact.y - other.y));
    this.viewing.look.zoom(span(now) / span(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
    this.viewing.look.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  }

  private up(event: PointerEvent): void {
    if (!this.contacts.delete(event.pointerId)) {
      return;
    }
    clearTimeout(this.longPress);
    if (isKind(this.tool)) {
      if (event.type === "pointercancel") {
        this.viewing.hand?.callOff();
      } else if (this.moved !== Number.POSITIVE_INFINITY) {
        this.viewing.hand?.up(this.at(event));
      }
      return;
    }
    if (event.pointerType !== "mouse") {
      if (this.contacts.size === 0) {
        this.viewing.pointAt(null);
      }
      if (this.moved < STILL && !this.reading && event.type === "pointerup") {
        this.tap(event);
      }
    }
  }

  private tap(event: PointerEvent): void {
    const { x, y } = this.at(event);
    const last = this.lastTap;
    if (last !== null && event.timeStamp - last.at < DOUBLE_TAP && Math.hypot(x - last.x, y - last.y) < 40) {
      this.lastTap = null;
      this.viewing.look.fit();
    } else {
      this.lastTap = { at: event.timeStamp, x, y };
    }
  }

  private leave(event: PointerEvent): void {
    if (event.pointerType === "mouse" && this.contacts.size === 0) {
      this.viewing.pointAt(null);
    }
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const delta = event.deltaY * (event.deltaMode === 1 ? 40 : event.deltaMode === 2 ? 400 : 1);
    const { x, y } = this.at(event);
    if (event.ctrlKey || event.metaKey) {
      this.viewing.look.zoom(Math.exp(-Math.max(-100, Math.min(100, delta)) * 0.004), x, y);
      return;
    }
    const { steps, left } = wheelSteps(this.wheelLeft, delta);
    this.wheelLeft = left;
    if (steps !== 0) {
      this.viewing.step(steps);
    }
  }
}
