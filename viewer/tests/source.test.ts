/** What the server sends is read as it is meant, and what is no such thing is refused. */

import { describe, expect, test } from "vitest";
import { blobOfDataAddress, readSeries, readStudy } from "../src/source/manifest";
import { StripMalformed, StripParser } from "../src/source/strip";

function stripOf(images: readonly number[][]): Uint8Array {
  const bytes = [...new TextEncoder().encode("USTRIP1\0")];
  const u32 = (value: number) => bytes.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
  u32(images.length);
  for (const image of images) {
    u32(image.length);
  }
  return Uint8Array.from([...bytes, ...images.flat()]);
}

describe("preview strip", () => {
  const images = [[1, 2, 3], [], [4], [5, 6]];

  test.each([1, 2, 3, 7, 1000])("pieces of %i bytes give the same images", (size) => {
    const strip = stripOf(images);
    const parser = new StripParser();
    const found: number[][] = [];
    for (let at = 0; at < strip.length; at += size) {
      for (const image of parser.push(strip.slice(at, at + size))) {
        expect(image.index).toBe(found.length);
        found.push(Array.from(image.bytes));
      }
    }
    expect(found).toEqual(images);
    expect(parser.complete).toBe(true);
    expect(parser.count).toBe(4);
  });

  test("an image comes out before the next has arrived", () => {
    const strip = stripOf(images);
    const parser = new StripParser();
    expect(parser.push(strip.slice(0, 8 + 4 + 16 + 3)).map((image) => image.index)).toEqual([0, 1]);
    expect(parser.complete).toBe(false);
  });

  test("something else is no strip", () => {
    expect(() => new StripParser().push(new TextEncoder().encode("<!doctype html>"))).toThrow(StripMalformed);
  });

  test("claimed sizes are not believed", () => {
    const many = stripOf([]);
    many.set([255, 255, 255, 255], 8);
    expect(() => new StripParser().push(many)).toThrow(StripMalformed);
    const large = stripOf([[1]]);
    large.set([255, 255, 255, 255], 12);
    expect(() => new StripParser().push(large)).toThrow(StripMalformed);
  });
});

describe("manifest", () => {
  test("what all frames share is given back to each", () => {
    const series = readSeries({
      id: 12,
      modality: "MR",
      title: "Axial",
      unit: "",
      common: { rows: 256, columns: 256, format: "i2", wire: "htj2k", samples: 1, spacing: [0.5, 0.5] },
      frames: [
        { i: 1, n: 0 },
        { i: 2, n: 0, columns: 128 },
      ],
    });
    expect(series.frames.map((frame) => [frame.i, frame.columns, frame.wire])).toEqual([
      [1, 256, "htj2k"],
      [2, 128, "htj2k"],
    ]);
    expect(series.frames[0]).toMatchObject({ slope: 1, intercept: 0, aspect: 1, orientation: null, damage: "" });
  });

  test("vectors of a wrong length and windows of no width are left out", () => {
    const [frame] = readSeries({
      frames: [
        {
          orientation: [1, 0, 0],
          spacing: [0, 1],
          window: [
            [40, 0, "x"],
            [40, 80, "y"],
          ],
          format: "i9",
          wire: "raw",
        },
      ],
    }).frames;
    expect(frame).toMatchObject({ orientation: null, spacing: null, window: [[40, 80, "y"]], wire: "" });
  });

  test("nothing at all is read as an empty study", () => {
    expect(readStudy(null)).toMatchObject({ from: "", studies: [], first: null, series: null, mayDownload: false });
  });

  test("the preview that comes along becomes a blob", async () => {
    const study = readStudy({
      may_download: true,
      patient: { name: "DOE^JANE", birth_date: "19700101" },
      first: { series: 3, index: 7, preview: "data:image/webp;base64,AQID" },
      studies: [
        {
          id: 1,
          series: [
            { id: 3, kind: "images" },
            { id: 4, kind: "strange" },
          ],
        },
      ],
    });
    expect(study.mayDownload).toBe(true);
    expect(study.patient.birthDate).toBe("19700101");
    expect(study.studies[0]?.series.map((entry) => entry.kind)).toEqual(["images", "other"]);
    expect(study.first?.index).toBe(7);
    const bytes = await study.first?.preview?.arrayBuffer();
    expect(Array.from(new Uint8Array(bytes ?? new ArrayBuffer(0)))).toEqual([1, 2, 3]);
  });

  test("only base64 pictures are taken from an address", () => {
    expect(blobOfDataAddress("data:text/html;base64,AAAA")).toBeNull();
    expect(blobOfDataAddress("https://elsewhere.example/x.webp")).toBeNull();
  });
});
