/**
 * Keeps what the portal's pages look like, and a page for when there is no network: nothing else. Pictures, reports and
 * whatever tells of anybody always come from the server, and leave nothing behind on a telephone that is lost.
 */

const KEPT = "undisc-shell-1";
const OFFLINE = "/me/offline";
const SHELL = [OFFLINE, "/static/page.css", "/static/icons/icon-192.png"];

interface Lasting extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface Fetching extends Lasting {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

self.addEventListener("install", (event) => {
  (event as Lasting).waitUntil(caches.open(KEPT).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener("activate", (event) => {
  const others = caches.keys().then((names) => names.filter((name) => name !== KEPT));
  (event as Lasting).waitUntil(others.then((names) => Promise.all(names.map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const { request } = event as Fetching;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) {
    return;
  }
  if (request.mode === "navigate") {
    (event as Fetching).respondWith(fetch(request).catch(() => kept(OFFLINE)));
  } else if (SHELL.includes(pathname)) {
    (event as Fetching).respondWith(fetch(request).catch(() => kept(pathname)));
  }
});

async function kept(path: string): Promise<Response> {
  return (await caches.match(path)) ?? Response.error();
}

export {};
