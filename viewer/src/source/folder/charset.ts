/** Text in DICOM: from Specific Character Set and bytes to characters (PS3.5 6.1.2, PS3.3 C.12.1.1.2). Never throws. */

/** Turns bytes without escape sequences into characters. */
type Decode = (bytes: Uint8Array<ArrayBuffer>) => string;

const ESCAPE = 0x1b;

/** Every byte has a character, declared or not. */
const latin: Decode = (bytes) => {
  let found = "";
  for (const byte of bytes) {
    found += String.fromCharCode(byte);
  }
  return found;
};

const named = (label: string): Decode => {
  let decoder: TextDecoder | null = null;
  return (bytes) => {
    try {
      decoder ??= new TextDecoder(label);
      return decoder.decode(bytes);
    } catch {
      return latin(bytes);
    }
  };
};

const withHighBits = (bytes: Uint8Array) => bytes.map((byte) => (byte > 0x20 ? byte | 0x80 : byte));
const eucJp = named("euc-jp");
/** JIS X 0208 in seven bits. */
const kanji: Decode = (bytes) => eucJp(new Uint8Array(withHighBits(bytes)));
/** JIS X 0212 in seven bits: its characters have a byte of their own before them in EUC-JP. */
const moreKanji: Decode = (bytes) => {
  const found: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    found.push(0x8f, (bytes[at] ?? 0) | 0x80, (bytes[at + 1] ?? 0) | 0x80);
  }
  return eucJp(Uint8Array.from(found));
};
const katakana = named("shift_jis");
const korean = named("euc-kr");
const chinese = named("gb18030");

const REGISTERED: Readonly<Record<string, readonly [sequence: string, Decode]>> = {
  "6": ["(B", latin],
  "13": [")I", katakana],
  "58": ["$)A", chinese],
  "87": ["$B", kanji],
  "100": ["-A", latin],
  "101": ["-B", named("iso-8859-2")],
  "109": ["-C", named("iso-8859-3")],
  "110": ["-D", named("iso-8859-4")],
  "126": ["-F", named("iso-8859-7")],
  "127": ["-G", named("iso-8859-6")],
  "138": ["-H", named("iso-8859-8")],
  "144": ["-L", named("iso-8859-5")],
  "148": ["-M", named("windows-1254")],
  "149": ["$)C", korean],
  "159": ["$(D", moreKanji],
  "166": ["-T", named("windows-874")],
  "203": ["-b", named("iso-8859-15")],
};
const ESCAPES: ReadonlyMap<string, Decode> = new Map([
  ["(J", katakana],
  ...Object.values(REGISTERED).map(([sequence, decode]) => [sequence, decode] as const),
]);

const STAND_ALONE: Readonly<Record<string, Decode>> = {
  "ISO_IR 192": named("utf-8"),
  "UTF-8": named("utf-8"),
  UTF8: named("utf-8"),
  GB18030: chinese,
  GBK: chinese,
  "ISO 2022 GBK": chinese,
};

function decodeOf(term: string): Decode {
  const known = STAND_ALONE[term];
  if (known !== undefined) {
    return known;
  }
  const number = /^ISO[ _-]?(?:2022[ _-]?)?(?:IR[ _-]?)?([0-9]{1,3})$/i.exec(term)?.[1] ?? "";
  if (number === "192") {
    return STAND_ALONE["ISO_IR 192"] ?? latin;
  }
  // By itself, kanji is what is escaped to; the first set is then that of ASCII.
  return number === "87" || number === "159" ? latin : (REGISTERED[number]?.[1] ?? latin);
}

export class CharacterSet {
  private readonly first: Decode;

  constructor(terms: readonly string[]) {
    this.first = decodeOf((terms[0] ?? "").trim());
  }

  /** All values of an element at once: they are parted at backslashes afterwards, which may be halves of characters. */
  decode(bytes: Uint8Array<ArrayBuffer>): string {
    if (!bytes.includes(ESCAPE)) {
      return this.first(bytes);
    }
    let found = "";
    let at = 0;
    let decode = this.first;
    while (at < bytes.length) {
      const next = bytes.indexOf(ESCAPE, at);
      const end = next === -1 ? bytes.length : next;
      found += this.part(bytes.slice(at, end), decode);
      if (next === -1) {
        break;
      }
      const long = latin(bytes.slice(next + 1, next + 4));
      const sequence = ESCAPES.has(long) ? long : long.slice(0, 2);
      decode = ESCAPES.get(sequence) ?? this.first;
      at = next + 1 + (ESCAPES.has(sequence) ? sequence.length : 0);
    }
    return found;
  }

  /** After a control character or a delimiter of names and values the first set is in force again (PS3.5 6.1.2.5.3). */
  private part(bytes: Uint8Array<ArrayBuffer>, decode: Decode): string {
    if (decode === this.first || decode === latin || decode === katakana) {
      return decode(bytes);
    }
    const twoBytes = decode === kanji || decode === moreKanji;
    const stop = bytes.findIndex(
      (byte) => byte < 0x20 || (!twoBytes && (byte === 0x5c || byte === 0x5e || byte === 0x3d)),
    );
    return stop === -1 ? decode(bytes) : decode(bytes.slice(0, stop)) + this.first(bytes.slice(stop));
  }
}
