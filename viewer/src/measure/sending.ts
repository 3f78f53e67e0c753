/** Notes on their way to the server, for links that let their holder keep them with the pictures. */

import type { Measurement, PictureName } from "./model";

/** As the server takes them. */
export function bodyOf(
  measurements: readonly Measurement[],
  stars: readonly PictureName[],
  lines: ReadonlyMap<string, readonly string[]>,
): string {
  const told = measurements.map(({ id, kind, on, points, text }) => ({
    kind,
    on,
    points,
    words: text === "" ? (lines.get(id) ?? []).join("\n") : text,
  }));
  return JSON.stringify({ measurements: told, stars });
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
