/** Pictures behind a link `/s/<id>#<secret>`. The secret goes into one POST body, never into an address. */

import {
  type Answer,
  type CodeWay,
  type DocumentSource,
  type FrameSource,
  type Locked,
  NotAvailable,
  type Opening,
  type Priority,
  type Question,
  SourceClosed,
  SourceUnreachable,
  type StripImage,
} from "./frame-source";
import { readSeries, readStudy } from "./manifest";
import type { Frame, SeriesManifest, StudyManifest } from "./model";
import { notesKey } from "./notes";
import { StripParser } from "./strip";

/** Where the tab remembers that its cookie opens this link: sessionStorage, or a fake of it. */
export interface Memory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PATIENCE = 30_000;

export class HttpFrameSource implements FrameSource {
  private readonly remembered: string;
  /** Where the secret waits while somebody signs in: the page they come back from knows none. */
  private readonly kept: string;
  private readonly secret: string;
  /** Tells another secret pasted into the tab from the one that opened the link. */
  private readonly trace: string;

  constructor(
    /** `/s/<id>`, without a slash at its end. */
    private readonly base: string,
    secret: string,
    private readonly memory: Memory | null,
  ) {
    this.remembered = `opened ${base}`;
    this.kept = `signing in ${base}`;
    this.secret = secret || (memory?.getItem(this.kept) ?? "");
    this.trace = checksum(this.secret);
  }

  async open(passcode: string | null, signal?: AbortSignal): Promise<Opening> {
    return this.outcome(async () => {
      // On a reload the cookie still opens the link: no second passcode, no try counted.
      if (passcode === null && (this.secret === "" || this.memory?.getItem(this.remembered) === this.trace)) {
        const study = await this.study(signal).catch(whenClosed);
        if (study !== null) {
          return { outcome: "opened", study };
        }
        // Notes wait for the passcode: nobody sees them without it.
        this.memory?.removeItem(this.remembered);
      }
      return this.secret === "" ? { outcome: "closed" } : this.prove(passcode === null ? {} : { passcode }, signal);
    });
  }

  async answer(answer: Answer, signal?: AbortSignal): Promise<Opening> {
    return this.outcome(() => this.prove(answer, signal));
  }

  private async outcome(ask: () => Promise<Opening>): Promise<Opening> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof SourceClosed || error instanceof NotAvailable) {
        return { outcome: "closed" };
      }
      if (error instanceof SourceUnreachable) {
        return { outcome: "unreachable" };
      }
      throw error;
    }
  }

  private async prove(said: Answer | object, signal?: AbortSignal): Promise<Opening> {
    const answer = await this.ask("open", signal, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ secret: this.secret, ...said }),
    });
    const body = await readJson(answer);
    if (answer.ok && body === null) {
      // A hotel's sign-in page, say: an answer, and not ours.
      return { outcome: "unreachable" };
    }
    if (answer.ok) {
      this.memory?.setItem(this.remembered, this.trace);
      this.memory?.removeItem(this.kept);
      return { outcome: "opened", study: readStudy(body) };
    }
    const problem = (body ?? {}) as Record<string, unknown>;
    const type = typeof problem.type === "string" ? problem.type.replace(/^.*[/:]/, "") : "";
    if (answer.status === 401 && type === "passcode-needed") {
      return { outcome: "passcode-needed", locked: readLocked(problem) };
    }
    if (answer.status === 401 && type === "passcode-wrong") {
      const left = problem.tries_left;
      return {
        outcome: "passcode-wrong",
        locked: readLocked(problem),
        triesLeft: typeof left === "number" ? left : null,
      };
    }
    const question = readQuestion(type, problem);
    if (question !== null) {
      if (question.asks === "sign-in" || question.asks === "birth-date") {
        this.memory?.setItem(this.kept, this.secret);
      }
      return { outcome: "asked", question };
    }
    // A busy or broken server is not a closed link.
    return answer.status >= 500 || answer.status === 429
      ? { outcome: "unreachable", crowded: type === "busy" }
      : { outcome: "closed" };
  }

  async study(signal?: AbortSignal): Promise<StudyManifest> {
    return readStudy(await readJson(await this.get("study", signal)));
  }

  async series(id: number, signal?: AbortSignal): Promise<SeriesManifest> {
    return readSeries(await readJson(await this.get(`series/${id}`, signal, "high")));
  }

  async *strip(id: number, signal?: AbortSignal): AsyncGenerator<StripImage> {
    const answer = await this.get(`series/${id}/strip`, signal);
    const parser = new StripParser();
    if (answer.body === null) {
      yield* parser.push(new Uint8Array(await readBytes(answer)));
      return;
    }
    const reader = answer.body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read().catch(unreachable);
        if (done) {
          return;
        }
        yield* parser.push(value);
      }
    } finally {
      void reader.cancel().catch(() => undefined);
    }
  }

  async frame(frame: Frame, priority: Priority, signal?: AbortSignal): Promise<ArrayBuffer> {
    return readBytes(await this.get(`frames/${frame.i}/${frame.n}`, signal, priority));
  }

  async preview(frame: Frame, priority: Priority, signal?: AbortSignal): Promise<Blob> {
    const bytes = await readBytes(await this.get(`previews/${frame.i}/${frame.n}`, signal, priority));
    return new Blob([bytes], { type: "image/webp" });
  }

  thumbnailAddress(seriesId: number): string {
    return `${this.base}/series/${seriesId}/thumbnail`;
  }

  documentAddress(instanceId: number): string {
    return `${this.base}/documents/${instanceId}`;
  }

  downloadAddress(): string {
    return `${this.base}/download`;
  }

  discAddress(): string {
    return `${this.base}/disc`;
  }

  readonly documents: DocumentSource = {
    told: async (id, signal) => readJson(await this.get(`reports/${id}`, signal, "high")),
    samples: async (id, group, block, signal) =>
      readBytes(await this.get(`reports/${id}/samples/${group}/${block}`, signal, "high")),
    mediaAddress: (id, group) => `${this.base}/reports/${id}/media/${group}`,
    previewAddress: (id, frame) => `${this.base}/previews/${id}/${frame}`,
    originalAddress: (id) => `${this.base}/instances/${id}`,
  };

  forget(): void {
    this.memory?.removeItem(this.remembered);
    this.memory?.removeItem(this.kept);
    // What was drawn on the pictures goes with the way to them.
    this.memory?.removeItem(notesKey(this.base));
  }

  private async get(path: string, signal?: AbortSignal, priority: Priority = "auto"): Promise<Response> {
    const answer = await this.ask(path, signal, { priority });
    if (answer.ok) {
      return answer;
    }
    if (answer.status >= 500 || answer.status === 429) {
      throw new SourceUnreachable();
    }
    const problem = (await readJson(answer).catch(() => null)) as Record<string, unknown> | null;
    if (answer.status === 404 && String(problem?.type ?? "").endsWith("link-closed")) {
      throw new SourceClosed();
    }
    throw new NotAvailable();
  }

  /** Rejects with SourceUnreachable when no answer has begun after half a minute: some networks swallow what is sent. */
  private async ask(path: string, signal: AbortSignal | undefined, init: RequestInit): Promise<Response> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE);
    const callOff = () => patience.abort();
    signal?.addEventListener("abort", callOff, { once: true });
    if (signal?.aborted) {
      patience.abort();
    }
    try {
      return await fetch(`${this.base}/${path}`, {
        credentials: "same-origin",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: patience.signal,
        ...init,
      });
    } catch {
      throw signal?.aborted ? new DOMException("called off", "AbortError") : new SourceUnreachable();
    } finally {
      clearTimeout(timer);
    }
  }
}

function readLocked(problem: Record<string, unknown>): Locked {
  return {
    from: typeof problem.from === "string" ? problem.from : "",
    until: typeof problem.until === "string" ? problem.until : "",
    digits: problem.digits === true,
    length: typeof problem.length === "number" ? problem.length : 0,
  };
}

const QUESTIONS: Readonly<Record<string, [asks: Question["asks"], wrong: boolean]>> = {
  "birth-date-needed": ["birth-date", false],
  "birth-date-wrong": ["birth-date", true],
  "code-needed": ["code", false],
  "code-sent": ["code-sent", false],
  "code-wrong": ["code-sent", true],
  "code-late": ["code-late", false],
  "sign-in-needed": ["sign-in", false],
};

function readQuestion(type: string, problem: Record<string, unknown>): Question | null {
  const known = Object.hasOwn(QUESTIONS, type) ? QUESTIONS[type] : undefined;
  if (known === undefined) {
    return null;
  }
  const { from, until } = readLocked(problem);
  const left = problem.tries_left;
  const ways = (Array.isArray(problem.ways) ? problem.ways : []).filter(
    (each): each is CodeWay =>
      (each?.way === "text" || each?.way === "email") && typeof each.to === "string" && each.to.length < 100,
  );
  return { asks: known[0], from, until, wrong: known[1], triesLeft: typeof left === "number" ? left : null, ways };
}

/** fetch() and body reads reject alike for "aborted" and "no network"; only the first is passed on. */
function unreachable(error: unknown): never {
  if (error instanceof DOMException && error.name === "AbortError") {
    throw error;
  }
  throw new SourceUnreachable();
}

function whenClosed(error: unknown): null {
  if (error instanceof SourceClosed || error instanceof NotAvailable) {
    return null;
  }
  throw error;
}

async function readBytes(answer: Response): Promise<ArrayBuffer> {
  return answer.arrayBuffer().catch(unreachable);
}

async function readJson(answer: Response): Promise<unknown> {
  const body = await answer.text().catch(unreachable);
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** FNV-1a, 32 bits: enough to see that two secrets differ, too little to learn anything of one. */
function checksum(text: string): string {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  }
  return (sum >>> 0).toString(16);
}
