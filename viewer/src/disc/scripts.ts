/** Data that come as classic scripts: a page opened from a file may load nothing else from beside it. */

/** What scripts beside the page call: chunks of the data, the lock of sealed ones, codecs, the reader of other discs. */
const CALLED = ["undisc", "undiscKey", "undiscCodec", "undiscFolder"] as const;

export type Called = (typeof CALLED)[number];

/** Loads a script by its path: what it called the function with; null where it called nothing; "missing" without one. */
export type LoadScript = (path: string, called: Called) => Promise<readonly unknown[] | null | "missing">;

const said = new WeakMap<Element, { called: Called; words: readonly unknown[] }>();

/** From beside the page. */
export function scriptsOfPage(): LoadScript {
  for (const called of CALLED) {
    (globalThis as Record<string, unknown>)[called] = (...words: readonly unknown[]) => {
      const { currentScript } = document;
      if (currentScript !== null) {
        said.set(currentScript, { called, words });
      }
    };
  }
  return (path, called) =>
    new Promise((done) => {
      const script = document.createElement("script");
      script.async = true;
      script.onerror = () => {
        script.remove();
        done("missing");
      };
      script.onload = () => {
        script.remove();
        const found = said.get(script);
        done(found?.called === called ? found.words : null);
      };
      script.src = path;
      document.head.append(script);
    });
}
