/** Keeps the most recently used things within a number of bytes. */

interface Held<T> {
  value: T;
  bytes: number;
}

export class ByteBudget<T> {
  private readonly held = new Map<string, Held<T>>();
  private bytes = 0;
  private reserved = 0;
  private turns = 0;

  constructor(
    private readonly whole: number,
    private readonly dispose: (value: T) => void = () => undefined,
  ) {}

  /** Bytes that may be held: all of them, without those set aside. */
  get limit(): number {
    return Math.max(0, this.whole - this.reserved);
  }

  /** Bytes held, and set aside. */
  get used(): number {
    return this.bytes + this.reserved;
  }

  /** Another number whenever something came or went. */
  get turn(): number {
    return this.turns;
  }

  /** Sets bytes aside for what is held elsewhere, or gives them back (a negative number). */
  reserve(bytes: number): void {
    this.reserved = Math.max(0, this.reserved + bytes);
    this.fit();
  }

  has(key: string): boolean {
    return this.held.has(key);
  }

  /** The value, which thereby becomes the most recently used. */
  get(key: string): T | undefined {
    const entry = this.held.get(key);
    if (entry === undefined) {
      return undefined;
    }
    this.held.delete(key);
    this.held.set(key, entry);
    return entry.value;
  }

  /** Keeps a value; what was used longest ago goes until all fits. The new value itself stays, however large. */
  put(key: string, value: T, bytes: number): void {
    this.drop(key);
    this.held.set(key, { value, bytes });
    this.bytes += bytes;
    this.turns += 1;
    this.fit(key);
  }

  drop(key: string): void {
    const entry = this.held.get(key);
    if (entry !== undefined) {
      this.held.delete(key);
      this.bytes -= entry.bytes;
      this.turns += 1;
      this.dispose(entry.value);
    }
  }

  private fit(spared?: string): void {
    for (const oldest of this.held.keys()) {
      if (this.bytes <= this.limit || oldest === spared) {
        break;
      }
      this.drop(oldest);
    }
  }

  clear(): void {
    for (const key of [...this.held.keys()]) {
      this.drop(key);
    }
  }
}

export interface Device {
  /** GiB, as browsers tell it; undefined where they do not. */
  memory: number | undefined;
  /** A finger, and a screen of a phone's size. */
  smallTouch: boolean;
}

const MEGABYTE = 1 << 20;

/** How many bytes of decoded pictures a device may hold. */
export function pictureBudget(device: Device): number {
  return device.smallTouch || (device.memory !== undefined && device.memory <= 4) ? 120 * MEGABYTE : 512 * MEGABYTE;
}
