/** Values out of JSON that nobody vouches for; what is of another kind becomes what shows nothing wrong. */

export type Json = Record<string, unknown>;

export const object = (value: unknown): Json =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Json) : {};
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
export const number = (value: unknown, otherwise: number): number =>
  typeof value === "number" && Number.isFinite(value) ? value : otherwise;
export const numberOrNull = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

/** Exactly `length` finite numbers, or null. */
export function vector<T extends readonly number[]>(value: unknown, length: number): T | null {
  const items = list(value);
  return items.length === length && items.every((item) => typeof item === "number" && Number.isFinite(item))
    ? (items as unknown as T)
    : null;
}

/** Empty where the text is not base64. */
export function bytesOfBase64(value: string): Uint8Array<ArrayBuffer> {
  let binary = "";
  try {
    binary = atob(value);
  } catch {
    return new Uint8Array(0);
  }
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) {
    bytes[at] = binary.charCodeAt(at);
  }
  return bytes;
}
