/** A workspace over a source made by hand, as tests want it. */

import { DecodePool } from "../src/decode/pool";
import { ByteBudget } from "../src/loading/memory";
import type { Held } from "../src/loading/series";
import type { FrameSource, Opening, StripImage } from "../src/source/frame-source";
import { readStudy } from "../src/source/manifest";
import type { Frame, SeriesManifest, StudyManifest } from "../src/source/model";
import { Workspace } from "../src/viewer/workspace";
import { frameOf } from "./frames";

/** The only thing of a browser that loading needs: a bitmap that knows its size. */
export function pretendBitmaps(): void {
  globalThis.createImageBitmap = (async () => ({ width: 2, height: 2, close() {} })) as never;
}

const AXIAL = [1, 0, 0, 0, 1, 0] as const;
const SAGITTAL = [0, 1, 0, 0, 0, -1] as const;

/** Series 1 and 2 lie in one space with other gaps, 3 is sagittal in it, 4 in another space, 5 has no places. */
function seriesOf(id: number): SeriesManifest {
  const gap = id === 2 ? 6 : 3;
  const count = id === 2 ? 10 : 20;
  const frames = Array.from({ length: count }, (_, at) =>
    frameOf({
      i: id * 100 + at,
      rows: 50,
      columns: 50,
      bytes: 5000,
      spacing: [4, 4],
      position: id === 5 ? null : id === 3 ? [-90 + at * 9, -90, 60] : [-90, -90, at * gap],
      orientation: id === 5 ? null : id === 3 ? SAGITTAL : AXIAL,
    }),
  );
  return { id, modality: "MR", title: `Series ${id}`, unit: "", reference: id < 4 ? "1.2" : `1.${id}`, frames };
}

export class FakeSource implements FrameSource {
  readonly asked: string[] = [];
  async open(): Promise<Opening> {
    return { outcome: "closed" };
  }
  async study(): Promise<StudyManifest> {
    return readStudy({});
  }
  async series(id: number): Promise<SeriesManifest> {
    this.asked.push(`series ${id}`);
    return seriesOf(id);
  }
  async *strip(id: number): AsyncGenerator<StripImage> {
    this.asked.push(`strip ${id}`);
    for (let index = 0; index < 20; index++) {
      yield { index, bytes: new Uint8Array(100) };
    }
  }
  async frame(frame: Frame): Promise<ArrayBuffer> {
    this.asked.push(`frame ${frame.i}`);
    return new ArrayBuffer(5000);
  }
  async preview(): Promise<Blob> {
    return new Blob([Uint8Array.from([1])]);
  }
  thumbnailAddress = () => "";
  documentAddress = () => "";
  downloadAddress = () => "";
  forget(): void {}
}

export const PERSON = { name: "DOE^JANE", id: "1", birth_date: "19700101", sex: "F" };
const STUDY = readStudy({
  patient: PERSON,
  studies: [
    {
      id: 1,
      date: "20260101",
      patient: PERSON,
      series: [1, 2, 3, 5].map((id) => ({ id, kind: "images", modality: "MR", count: 20, title: `Series ${id}` })),
    },
    {
      id: 2,
      date: "20250101",
      patient: { ...PERSON, name: "ROE^RITA", birth_date: "19800202" },
      series: [{ id: 4, kind: "images", modality: "MR", count: 20, title: "Series 1" }],
    },
  ],
});

export function open(bytes = 1 << 20) {
  const source = new FakeSource();
  const memory = new ByteBudget<Held>(bytes);
  const workspace = new Workspace(STUDY, { source, pool: new DecodePool(1), memory, frugal: false, closed() {} });
  const entry = (id: number) => workspace.entries.find((one) => one.id === id) ?? null;
  const cell = (at: number) => {
    const found = workspace.cells[at];
    if (found === undefined) {
      throw new Error(`there is no cell ${at}`);
    }
    return found;
  };
  return { source, memory, workspace, entry, cell };
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export const shown = (workspace: Workspace) => workspace.cells.map(({ entry }) => entry?.id ?? null);
