/** Sealed packages: their lock, the key of their content, and chunks that open in their own place alone. */

import { list, number, object, text } from "../source/json";
import { bytesOf, bytesOfUrl } from "./bytes";

/** What DATA/KEY.JS says. */
export interface Lock {
  package: string;
  /** How many chunks there are besides the index. */
  chunks: number;
  /** How a passphrase opens it; null where a link alone has the key. */
  wrapped: {
    rounds: number;
    salt: Uint8Array<ArrayBuffer>;
    nonce: Uint8Array<ArrayBuffer>;
    key: Uint8Array<ArrayBuffer>;
  } | null;
}

const FEWEST_ROUNDS = 600_000;
const MOST_ROUNDS = 10_000_000;
const KEY_BYTES = 32;
const TAG = 16;

/** Null where there is no lock that is known here. */
export function readLock(words: unknown): Lock | null {
  const json = object(list(words)[0]);
  const name = text(json.package);
  const chunks = number(json.chunks, 0);
  if (json.v !== 1 || !/^[0-9a-f]{32}$/.test(name) || !(Number.isInteger(chunks) && chunks > 0)) {
    return null;
  }
  if (json.wrapped === undefined) {
    return { package: name, chunks, wrapped: null };
  }
  const rounds = number(json.rounds, 0);
  const [salt, nonce, key] = [json.salt, json.nonce, json.wrapped].map((one) => bytesOf(text(one)));
  if (!salt || nonce?.length !== 12 || key?.length !== KEY_BYTES + TAG || json.kdf !== "PBKDF2-SHA256") {
    return null;
  }
  // Fewer rounds would be somebody's wish to guess the passphrase; more would only stop the page.
  return rounds >= FEWEST_ROUNDS && rounds <= MOST_ROUNDS
    ? { package: name, chunks, wrapped: { rounds, salt, nonce, key } }
    : null;
}

/** Browsers give it to pages from files and from https, and to no others. */
export const canUnseal = (): boolean => globalThis.crypto?.subtle !== undefined;

const bound = (words: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(words);

const imported = (key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);

/** How words are spaced makes no difference, nor how letters are composed. */
const plain = (passphrase: string): string =>
  passphrase
    .normalize("NFKC")
    .replace(/[ \t\r\n]+/g, " ")
    .replace(/^ | $/g, "");

/** The key of the content; null where this passphrase does not open it. */
export async function unlock(lock: Lock, passphrase: string): Promise<CryptoKey | null> {
  if (lock.wrapped === null) {
    return null;
  }
  const { rounds, salt, nonce, key } = lock.wrapped;
  const typed = await crypto.subtle.importKey("raw", bound(plain(passphrase)), "PBKDF2", false, ["deriveKey"]);
  const wrapping = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds },
    typed,
    { name: "AES-GCM", length: 256 },
    false,
    ["decrypt"],
  );
  const opened = await decrypted(wrapping, nonce, key, `undisc key 1 ${lock.package}`);
  return opened === null ? null : imported(opened);
}

/** The key that a link carries behind its #, as `key=…`; null where there is none. */
export async function keyOfFragment(fragment: string): Promise<CryptoKey | null> {
  const found = /^#?key=([A-Za-z0-9_-]+)$/.exec(fragment)?.[1];
  const key = found === undefined ? null : bytesOfUrl(found);
  return key?.length === KEY_BYTES ? imported(key) : null;
}

/** The bytes of a chunk; null unless they are what was sealed under this number in this package. */
export function openChunk(
  key: CryptoKey,
  lock: Lock,
  chunk: number,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(8, chunk);
  return decrypted(key, nonce, sealed, `undisc chunk 1 ${lock.package} ${chunk} ${lock.chunks}`);
}

async function decrypted(
  key: CryptoKey,
  nonce: Uint8Array<ArrayBuffer>,
  sealed: Uint8Array<ArrayBuffer>,
  words: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData: bound(words) }, key, sealed),
    );
  } catch {
    return null;
  }
}
