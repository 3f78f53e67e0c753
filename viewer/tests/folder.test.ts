/** Files of other discs, read in the page: however headers are written, and whatever is done to them. */

import { describe, expect, test } from "vitest";
import { CharacterSet } from "../src/source/folder/charset";
import { Codecs } from "../src/source/folder/codecs";
import { paletteOf, toRgb } from "../src/source/folder/colour";
import { spreadOf, statedContrast } from "../src/source/folder/contrast";
import { decodeFrame } from "../src/source/folder/decode";
import type { Description } from "../src/source/folder/description";
import { codedPlaces, nativePlace } from "../src/source/folder/fragments";
import { group } from "../src/source/folder/grouping";
import { readHeader } from "../src/source/folder/header";
import { Instance } from "../src/source/folder/instance";
import { decodeJpeg } from "../src/source/folder/jpeg";
import { nativeFrame, rleFrame, withoutUnusedBits } from "../src/source/folder/native";
import { displayOrder } from "../src/source/folder/order";
import { readFolder } from "../src/source/folder/reading";
import { TAG } from "../src/source/folder/tags";
import { Values } from "../src/source/folder/values";
import { type Field, fileOf, image, jpegLossless, UIDS } from "./dicom";

const bytes = (...values: number[]) => Uint8Array.from(values);

async function instance(fields: readonly Field[], options: Parameters<typeof fileOf>[1] = {}): Promise<Instance> {
  const file = fileOf(fields, options);
  const header = await readHeader(file);
  if (header === null) {
    throw new Error("no header");
  }
  return new Instance(1, file, header);
}

const describing = (over: Partial<Description> = {}): Description => ({
  syntax: UIDS.explicit,
  rows: 2,
  columns: 2,
  samples: 1,
  allocated: 16,
  stored: 16,
  highBit: 15,
  signed: false,
  floating: false,
  photometric: "MONOCHROME2",
  planar: false,
  bigEndian: false,
  swapped: false,
  halved: false,
  frameBits: 64,
  ...over,
});

describe("headers", () => {
  test.each([
    ["explicit", { syntax: UIDS.explicit }],
    ["implicit", { syntax: UIDS.implicit }],
    ["big-endian", { syntax: UIDS.big }],
    ["without a preamble", { syntax: UIDS.explicit, marked: false }],
    ["without anything before the data set", { syntax: UIDS.explicit, meta: false }],
    ["implicit, without anything before the data set", { syntax: UIDS.implicit, meta: false }],
  ])("are read, %s", async (_, options) => {
    const one = await instance(image(), options);
    expect(one.kind).toBe("images");
    expect(one.patient.name).toBe("DOE^JANE");
    expect([one.description?.rows, one.description?.columns, one.frames]).toEqual([2, 3, 1]);
    expect(one.values.numbers(TAG.position, 3)).toEqual([1, 2, 3.5]);
  });

  test("of what is no DICOM are not read", async () => {
    for (const junk of ["", "MZ", "x".repeat(5_000), "\u0008\0\u0005\0", `${"\0".repeat(128)}DICM`]) {
      expect(await readHeader(new Blob([junk]))).toBeNull();
    }
  });

  test("cut short anywhere end in something or nothing, and never in an error", async () => {
    const whole = fileOf(image(), { syntax: UIDS.explicit });
    for (let length = 0; length < whole.size; length += 7) {
      const header = await readHeader(whole.slice(0, length));
      expect(header === null || header.file.size === length).toBe(true);
    }
  });

  test("with bytes turned over end in something or nothing, and never in an error", async () => {
    const whole = new Uint8Array(await fileOf(image(), { syntax: UIDS.explicit }).arrayBuffer());
    for (let at = 132; at < whole.length; at++) {
      for (const value of [0, 0xff, (whole[at] ?? 0) ^ 0x20]) {
        const changed = whole.slice();
        changed[at] = value;
        const file = new File([changed], "x");
        const header = await readHeader(file);
        if (header !== null) {
          await new Instance(1, file, header).told();
        }
      }
    }
  });

  test("with sequences deeper than anybody writes do not use up the page", async () => {
    const deeper = [0x08, 0, 0x40, 0x11, 0x53, 0x51, 0, 0, 255, 255, 255, 255, 0xfe, 0xff, 0, 0xe0, 255, 255, 255, 255];
    const deep = Uint8Array.from(Array.from({ length: 5_000 }, () => deeper).flat());
    const header = await readHeader(new Blob([await fileOf([], { syntax: UIDS.explicit }).arrayBuffer(), deep]));
    expect(header?.truncated ?? true).toBe(true);
  });

  test("that claim gigabytes are read without them", async () => {
    const claimed = await instance(image({ pixelLength: 0xc0000000 }));
    expect(claimed.frames).toBe(1);
    const many = await instance([...image({ pixelLength: 0xc0000000 }), [0x00280008, "IS", "400000"]]);
    expect(many.frames).toBe(1);
    const large = await instance([...image(), [0x00280010, "US", 65_000], [0x00280011, "US", 65_000]]);
    expect(large.kind).toBe("other");
  });

  test("frames of enhanced objects say what they have of their own, before what they share", async () => {
    const position = (z: number): Field[] => [
      [0x00209113, "SQ", [[[0x00200032, "DS", `0\\0\\${z}`]]]],
      [
        0x00289145,
        "SQ",
        [
          [
            [0x00281052, "DS", "-1024"],
            [0x00281053, "DS", "2"],
          ],
        ],
      ],
    ];
    const shared: Field[] = [
      [0x00209116, "SQ", [[[0x00200037, "DS", "1\\0\\0\\0\\1\\0"]]]],
      [0x00289110, "SQ", [[[0x00280030, "DS", "0.5\\0.25"]]]],
    ];
    const one = await instance([
      ...image({ frames: 2 }),
      [0x52009229, "SQ", [shared]],
      [0x52009230, "SQ", [position(4), position(8)]],
    ]);
    const told = await one.told();
    expect(told.map(({ frame }) => frame.position?.[2])).toEqual([4, 8]);
    expect(told[1]?.frame).toMatchObject({ spacing: [0.5, 0.25], slope: 2, intercept: -1024, aspect: 2 });
  });
});

describe("text", () => {
  const decode = (terms: string, ...codes: number[]) => new CharacterSet(terms.split("\\")).decode(bytes(...codes));

  test("comes in the character set that is declared", () => {
    expect(decode("ISO_IR 192", 0xe5, 0xb1, 0xb1)).toBe("山");
    expect(decode("ISO_IR 144", 0xb8, 0xd2, 0xd0, 0xdd)).toBe("Иван");
    expect(decode("ISO_IR 13", 0xd4, 0xcf, 0xc0, 0xde)).toBe("ﾔﾏﾀﾞ");
    expect(decode("GB18030", 0xcd, 0xf5)).toBe("王");
    expect(decode("", 0xe9)).toBe("é");
    expect(decode("what nobody knows", 0x41)).toBe("A");
  });

  test("changes its set by escape sequences, and back at delimiters", () => {
    // Yamada^Tarou=山田^太郎, as PS3.5 H.3.1 has it.
    const kanji = [0x1b, 0x24, 0x42, 0x3b, 0x33, 0x45, 0x44, 0x1b, 0x28, 0x42, 0x5e, 0x1b, 0x24, 0x42, 0x42, 0x40];
    expect(decode("\\ISO 2022 IR 87", ...kanji, 0x4f, 0x3a, 0x1b, 0x28, 0x42)).toBe("山田^太郎");
    // Hong^Gildong=洪^吉洞 (PS3.5 I.2): the first set is in force again behind the ^.
    const korean = [0x1b, 0x24, 0x29, 0x43, 0xfb, 0xf3, 0x5e, 0x1b, 0x24, 0x29, 0x43, 0xd1, 0xce, 0xd4, 0xd7];
    expect(decode("\\ISO 2022 IR 149", ...korean)).toBe("洪^吉洞");
  });
});

describe("pixels", () => {
  test("of 12 bits lose what lies above them, and carry their sign", () => {
    const twelve = describing({ stored: 12, highBit: 11, signed: true });
    const values = nativeFrame(bytes(0xff, 0xff, 0x01, 0xf0, 0xff, 0x07, 0, 0x08), 0, twelve);
    expect([...withoutUnusedBits(values, twelve)]).toEqual([-1, 1, 2047, -2048]);
  });

  test("come in either byte order, plane by plane, one bit each, and with what is missing as zero", () => {
    expect([...nativeFrame(bytes(1, 2, 3, 4, 5, 6, 7, 8), 0, describing({ bigEndian: true }))]).toEqual([
      0x102, 0x304, 0x506, 0x708,
    ]);
    expect([...nativeFrame(bytes(1, 2), 0, describing())]).toEqual([0x201, 0, 0, 0]);
    const planes = describing({ samples: 3, allocated: 8, stored: 8, planar: true, photometric: "RGB", frameBits: 96 });
    expect([...nativeFrame(bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 0, planes)]).toEqual([
      1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12,
    ]);
    const bits = describing({ allocated: 1, stored: 1, frameBits: 4 });
    expect([...nativeFrame(bytes(0b01010000), 4, bits)]).toEqual([1, 0, 1, 0]);
    const halved = describing({ samples: 3, allocated: 8, stored: 8, halved: true, frameBits: 64 });
    expect([...nativeFrame(bytes(1, 2, 8, 9, 3, 4, 18, 19), 0, halved)]).toEqual([
      1, 8, 9, 2, 8, 9, 3, 18, 19, 4, 18, 19,
    ]);
  });

  test("in runs are unpacked, and damaged runs end", () => {
    const head = new Uint8Array(64);
    const view = new DataView(head.buffer);
    view.setUint32(0, 2, true);
    view.setUint32(4, 64, true);
    view.setUint32(8, 66, true);
    const coded = bytes(...head, 253, 1, 3, 10, 20, 30, 40);
    expect([...rleFrame(coded, describing({ syntax: UIDS.rle }))]).toEqual([0x10a, 0x114, 0x11e, 0x128]);
    expect([...rleFrame(bytes(...head, 253), describing({ syntax: UIDS.rle }))].length).toBe(4);
    expect(() => rleFrame(bytes(...head), describing({ allocated: 8 }))).toThrow();
  });

  test("in lossless JPEG come out as they went in", () => {
    const values = [100, 101, 99, 4000, 0, 4095];
    const coded = jpegLossless(2, 3, 12, values);
    expect([...decodeJpeg(coded, { rows: 2, columns: 3, samples: 1 }).values]).toEqual(values);
    expect(() => decodeJpeg(coded, { rows: 3, columns: 3, samples: 1 })).toThrow();
    for (let length = 0; length < coded.length; length++) {
      try {
        decodeJpeg(coded.slice(0, length), { rows: 2, columns: 3, samples: 1 });
      } catch (error) {
        expect(String(error)).toContain("frame");
      }
    }
  });

  test("take their colours from tables, plain and in segments", () => {
    const words = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
    const plain = [[4, 10, 8], words(0, 50, 100, 255), false] as const;
    const palette = paletteOf([plain, plain, plain], false, true);
    expect(palette?.first).toBe(10);
    expect([...toRgb(bytes(9, 11, 14), "PALETTE COLOR", describing(), palette)]).toEqual([
      0, 0, 0, 50, 50, 50, 255, 255, 255,
    ]);
    const ramp = [[5, 0, 8], words(0, 1, 0, 1, 4, 200), true] as const;
    expect([...(paletteOf([ramp, ramp, ramp], false, true)?.table.filter((_, at) => at % 3 === 0) ?? [])]).toEqual([
      0, 50, 100, 150, 200,
    ]);
    const endless = [[5, 0, 8], words(2, 1, 0, 0), true] as const;
    expect(paletteOf([endless, endless, endless], false, true)).toBeNull();
    expect(() => toRgb(bytes(1), "PALETTE COLOR", describing(), null)).toThrow();
  });

  test("lie where offsets and fragments say", async () => {
    const item = (...content: number[]) => [0xfe, 0xff, 0, 0xe0, content.length, 0, 0, 0, ...content];
    const start = (...rest: number[]) => [0xff, 0xd8, ...rest];
    const at = (fragments: number[], frames: number) =>
      instance(image({ frames, syntax: UIDS.jpeg, fragments }), { syntax: UIDS.jpeg });
    const places = async (one: Instance) =>
      (await codedPlaces(one.header, one.frames, one.values)).map(({ stretches }) =>
        stretches.map(({ length }) => length),
      );
    expect(await places(await at([...item(), ...item(1, 2), ...item(3, 4)], 2))).toEqual([[2], [2]]);
    expect(await places(await at([...item(), ...item(1, 2), ...item(3, 4)], 1))).toEqual([[2, 2]]);
    const table = [...item(0, 0, 0, 0, 20, 0, 0, 0), ...item(1, 2), ...item(3, 4), ...item(5, 6, 7, 8)];
    expect(await places(await at(table, 2))).toEqual([[2, 2], [4]]);
    const untold = [...item(), ...item(...start(1, 2)), ...item(3, 4), ...item(...start(5, 6))];
    expect(await places(await at(untold, 2))).toEqual([[4, 2], [4]]);
    const native = await instance(image({ frames: 2 }));
    expect(
      native.description === null ? null : nativePlace(native.header, native.description, 1)?.stretches[0]?.length,
    ).toBe(12);
  });

  test("say how bright they are where headers do not, padding left out", () => {
    const values = Int16Array.from({ length: 1_000 }, (_, at) => (at < 500 ? -2000 : at));
    const spread = spreadOf([values], [-2000, -2000]);
    expect([spread.min, spread.max]).toEqual([-2000, 999]);
    expect(spread.low).toBeCloseTo(505, -1);
    expect(spread.high).toBeCloseTo(994, -1);
    expect(spreadOf([], null)).toEqual({ low: 0, high: 1, min: 0, max: 1 });
  });

  test("that a table gives a meaning have that meaning", async () => {
    const words = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
    const table: Field[] = [
      [0x00283002, "US", words(3, 2, 16)],
      [0x00283006, "OW", words(5, 60, 700)],
    ];
    const one = await instance([...image(), [0x00283000, "SQ", [table]]]);
    const [told] = await one.told();
    expect(told?.frame).toMatchObject({ format: "u2", slope: 1, intercept: 0 });
    const place = await one.place(0);
    const at = place?.stretches[0] ?? { at: 0, length: 0 };
    const raw = await one.original.slice(at.at, at.at + at.length).arrayBuffer();
    const job = { bytes: raw, skip: 0, coded: false, palette: null, modality: await one.modalityTable() };
    const codecs = new Codecs(() => Promise.reject(new Error("none is wanted")));
    const description = one.description ?? describing();
    // 0, 2, 4 and so on: below the first entry, the first, the last, and beyond.
    expect([...(await decodeFrame({ ...job, description }, codecs))]).toEqual([5, 5, 700, 700, 700, 700]);
  });

  test("have the window that their header states", async () => {
    const one = await instance([...image(), [0x00281050, "DS", "40\\50"], [0x00281051, "DS", "400\\0"]]);
    expect(statedContrast(one.values, [])).toEqual({ low: -160, high: 239, curve: "linear" });
    expect((await one.told())[0]?.frame.window).toEqual([[40, 400, ""]]);
  });
});

describe("a disc", () => {
  const many = async (...all: (readonly Field[])[]) => {
    const picked = all.map((fields, at) => ({ path: `IM${at}`, file: fileOf(fields, {}) }));
    return readFolder(picked, () => undefined, new AbortController().signal);
  };

  test("is sorted by patient, study and series, the newest study first", async () => {
    const { instances, found } = await many(
      image({ uid: "1", study: "1.1", date: "20200101" }),
      image({ uid: "2", study: "1.2", date: "20210101" }),
      image({ uid: "3", study: "1.3", date: "20190101", name: "ROE^RICHARD", id: "9" }),
    );
    const { studies } = group(instances);
    expect(studies.map(({ date, patient }) => [date, patient?.name])).toEqual([
      ["20210101", "DOE^JANE"],
      ["20200101", "DOE^JANE"],
      ["20190101", "ROE^RICHARD"],
    ]);
    expect(found.people).toBe(2);
  });

  test("counts what is left aside, what is there twice, and what its index misses", async () => {
    const good = image({ uid: "1" });
    const index: Field[] = [[0x00041220, "SQ", [[[0x00041500, "CS", "A\\IM0"]], [[0x00041500, "CS", "A\\IM7"]]]]];
    const picked = [
      { path: "DICOMDIR", file: fileOf(index, {}) },
      { path: "a/im0.;1", file: fileOf(good, {}) },
      { path: "B/IM0", file: fileOf(good, {}) },
      { path: "VIEWER.EXE", file: new File(["MZ".repeat(100)], "VIEWER.EXE") },
    ];
    const { found } = await readFolder(picked, () => undefined, new AbortController().signal);
    expect(found).toMatchObject({ pictures: 1, repeated: 1, aside: 1, missing: 1, unreadable: 0 });
  });

  test("can be called off", async () => {
    const control = new AbortController();
    control.abort();
    const picked = [{ path: "A", file: fileOf(image(), {}) }];
    await expect(readFolder(picked, () => undefined, control.signal)).rejects.toThrow();
  });

  test("slices go along their normal from the first acquired, everything else by number", () => {
    const place = (z: number | null, number: number) => ({
      position: z === null ? null : ([0, 0, z] as const),
      orientation: z === null ? null : ([1, 0, 0, 0, 1, 0] as const),
      number,
      frame: 0,
    });
    expect(displayOrder([place(0, 3), place(10, 1), place(5, 2)])).toEqual([1, 2, 0]);
    expect(displayOrder([place(0, 3), place(0, 1), place(5, 2)])).toEqual([1, 2, 0]);
    expect(displayOrder([place(null, 2), place(null, 1)])).toEqual([1, 0]);
  });

  test("values that are of another kind than they should be are not there", () => {
    const element = (vr: string, ...content: number[]) => ({
      vr,
      at: 0,
      length: content.length,
      bytes: bytes(...content),
      items: [],
    });
    const values = new Values(
      [
        new Map([
          [TAG.rows, element("US", 1)],
          [TAG.slope, element("DS", 0x31, 0x5f)],
        ]),
      ],
      true,
    );
    expect(values.whole(TAG.rows)).toBeNull();
    expect(values.number(TAG.slope)).toBeNull();
    expect(values.texts(TAG.kernel)).toEqual([]);
  });
});
