/** Packages made for tests, open and sealed, as the scripts that they consist of. */

import { sumOf } from "../src/disc/bytes";
import type { Called, LoadScript } from "../src/disc/scripts";

export const NAME = "0123456789abcdef0123456789abcdef";
export const PASSPHRASE = "orbit velvet cactus";
const CHUNK = 786_432;
const ROUNDS = 600_000;

/** What each script calls its function with. */
export type Scripts = Map<string, readonly unknown[] | null>;

export const chunkPath = (chunk: number): string => `DATA/C${String(chunk).padStart(7, "0")}.JS`;

export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}

/** As in a link. */
export const base64url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function gzip(value: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

interface PartMade {
  name: string;
  bytes: Uint8Array;
  flag?: "gzip";
}

export const packed = async (name: string, value: unknown): Promise<PartMade> => ({
  name,
  bytes: await gzip(value),
  flag: "gzip",
});

async function laidOut(parts: readonly PartMade[]): Promise<{ index: Uint8Array; chunks: Uint8Array[] }> {
  const stream = new Uint8Array(await new Blob(parts.map(({ bytes }) => new Uint8Array(bytes))).arrayBuffer());
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += CHUNK) {
    chunks.push(stream.subarray(at, at + CHUNK));
  }
  let offset = 0;
  const places: Record<string, [number, number, string]> = {};
  for (const { name, bytes, flag } of parts) {
    places[name] = [offset, bytes.length, flag ?? ""];
    offset += bytes.length;
  }
  const index = {
    v: 1,
    package: NAME,
    chunks: chunks.length,
    bytes: stream.length,
    parts: places,
    files: { 7: "DICOM/A" },
  };
  return { index: await gzip(index), chunks };
}

export async function openPackage(...parts: readonly PartMade[]): Promise<Scripts> {
  const { index, chunks } = await laidOut(parts);
  return new Map(
    [index, ...chunks].map((bytes, number) => [
      chunkPath(number),
      [number, base64(bytes), sumOf(bytes).toString(16).padStart(8, "0")],
    ]),
  );
}

async function sealed(key: CryptoKey, nonce: Uint8Array<ArrayBuffer>, bytes: Uint8Array, words: string) {
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: bytesOf(words) };
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key, new Uint8Array(bytes)));
}

/** With its key as a link carries it. */
export async function sealedPackage(...parts: readonly PartMade[]): Promise<{ scripts: Scripts; fragment: string }> {
  const { index, chunks } = await laidOut(parts);
  const raw = new Uint8Array(32).map((_, at) => at * 7);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  const scripts: Scripts = new Map();
  for (const [number, bytes] of [index, ...chunks].entries()) {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(8, number);
    const words = `undisc chunk 1 ${NAME} ${number} ${chunks.length}`;
    scripts.set(chunkPath(number), [number, base64(await sealed(key, nonce, bytes, words))]);
  }
  const salt = new Uint8Array(16).fill(9);
  const nonce = new Uint8Array(12).fill(5);
  const typed = await crypto.subtle.importKey("raw", bytesOf(PASSPHRASE), "PBKDF2", false, ["deriveKey"]);
  const wrapping = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS },
    typed,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const wrapped = await sealed(wrapping, nonce, raw, `undisc key 1 ${NAME}`);
  scripts.set("DATA/KEY.JS", [
    {
      v: 1,
      package: NAME,
      chunks: chunks.length,
      kdf: "PBKDF2-SHA256",
      rounds: ROUNDS,
      salt: base64(salt),
      nonce: base64(nonce),
      wrapped: base64(wrapped),
    },
  ]);
  return { scripts, fragment: `#key=${base64url(raw)}` };
}

/** Loads from a map; what is asked for is written down. */
export function loading(scripts: Scripts, asked: string[] = []): LoadScript {
  return async (path: string, _called: Called) => {
    asked.push(path);
    const [plain = ""] = path.split("?");
    return scripts.has(plain) ? (scripts.get(plain) ?? null) : "missing";
  };
}
