/** Notes on their way to the server, for links that let their holder keep them with the pictures. */

import type { Measurement, PictureName } from "./model";
import type { Values } from "./results";

const isKept = ({ instance }: PictureName) => instance >= 0;

/** As the server takes them. It does not have the pictures cut out of volumes, whose numbers are below zero. */
export function bodyOf(
  measurements: readonly Measurement[],
  stars: readonly PictureName[],
  lines: ReadonlyMap<string, readonly string[]>,
  values: ReadonlyMap<string, Values> = new Map(),
): string {
  const told = measurements
    .filter(({ on }) => isKept(on))
    .map(({ id, kind, on, points, text }) => ({
      kind,
      on,
      points,
      words: text === "" ? (lines.get(id) ?? []).join("\n") : text,
      values: values.get(id) ?? null,
    }));
  return JSON.stringify({ measurements: told, stars: stars.filter(isKept) });
}

/** True once the notes are kept as safely as the pictures are. */
export async function send(base: string, body: string): Promise<boolean> {
  try {
    const answer = await fetch(`${base.replace(/\/+$/, "")}/annotations`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      credentials: "same-origin",
      redirect: "error",
      referrerPolicy: "no-referrer",
      body,
    });
    return answer.ok;
  } catch {
    return false;
  }
}
