/** What the staff's pages add to plain forms: lists that stay up to date, search as one types, and keys. */

const TYPED_PAUSE = 180;

/** A part of a page as the server renders it; null where it has not changed or cannot be had. */
function part(method: string, address: string, body: string | null, etag: string) {
  return new Promise<{ page: Document; etag: string } | null>((done) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.responseType = "document";
    request.timeout = 15_000;
    if (etag) {
      request.setRequestHeader("If-None-Match", etag);
    }
    if (body !== null) {
      request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    }
    const none = () => done(null);
    request.onload = () => {
      const page = request.responseXML;
      // Whoever is signed out meanwhile is led to another page, which is no part of this one.
      const own = new URL(request.responseURL, location.href).pathname === new URL(address, location.href).pathname;
      done(request.status === 200 && page && own ? { page, etag: request.getResponseHeader("ETag") ?? "" } : null);
    };
    request.onerror = none;
    request.ontimeout = none;
    request.send(body);
  });
}

const keyed = (root: ParentNode) =>
  new Map([...root.querySelectorAll<HTMLElement>("[data-key]")].map((each) => [each.dataset.key ?? "", each]));

/** Keeps what somebody ticked, and where they are, in what takes an element's place. */
function carryOver(old: HTMLElement, fresh: HTMLElement) {
  for (const box of old.querySelectorAll<HTMLInputElement>("input[type=checkbox][name]")) {
    const same = fresh.querySelector<HTMLInputElement>(`input[name="${box.name}"][value="${box.value}"]`);
    if (same) {
      same.checked = box.checked;
    }
  }
}

/** Puts in what is new and leaves alone what is not, so that nothing blinks and nothing under a finger moves. */
function bringUpToDate(place: HTMLElement, page: Document) {
  const before = keyed(place);
  const after = keyed(page);
  const same = before.size === after.size && [...before.keys()].every((key, at) => key === [...after.keys()][at]);
  if (same) {
    for (const [key, old] of before) {
      const fresh = after.get(key);
      if (fresh && fresh.dataset.v !== old.dataset.v && !old.contains(document.activeElement)) {
        const copy = document.importNode(fresh, true);
        carryOver(old, copy);
        old.replaceWith(copy);
      }
    }
    return;
  }
  if (place.contains(document.activeElement) && document.activeElement?.matches("button, select, textarea")) {
    return;
  }
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const held = place.contains(focused) ? focused : null;
  const copy = document.importNode(page.body, true);
  for (const [key, fresh] of keyed(copy)) {
    const old = before.get(key);
    if (old && old.dataset.v === fresh.dataset.v) {
      fresh.replaceWith(old);
    } else if (old) {
      carryOver(old, fresh);
    }
  }
  place.replaceChildren(...copy.childNodes);
  held?.focus({ preventScroll: true });
  offerAll(place);
}

for (const place of document.querySelectorAll<HTMLElement>("[data-live]")) {
  const every = Number(place.dataset.every ?? 5) * 1000;
  let etag = "";
  const look = async () => {
    if (!document.hidden) {
      const found = await part("GET", place.dataset.live ?? "", null, etag);
      if (found) {
        etag = found.etag;
        bringUpToDate(place, found.page);
      }
    }
    if (place.querySelector("[data-state]:not([data-state=waiting], [data-state=making])")) {
      return;
    }
    setTimeout(look, every);
  };
  setTimeout(look, every);
}

/** A box that ticks them all, where there is a script to do it. */
function offerAll(root: ParentNode) {
  for (const box of root.querySelectorAll<HTMLInputElement>("input[data-all]")) {
    box.hidden = false;
    const text = box.parentElement?.querySelector<HTMLElement>("[data-all-text]");
    if (text) {
      text.hidden = false;
    }
    box.addEventListener("change", () => {
      for (const each of document.querySelectorAll<HTMLInputElement>("form[data-bulk] input[name=study]")) {
        each.checked = box.checked;
      }
    });
  }
}
offerAll(document);

const search = document.querySelector<HTMLFormElement>("form[data-search]");
const field = search?.querySelector<HTMLInputElement>("input[type=search]");
const found = document.querySelector<HTMLElement>("#found");
const said = search?.querySelector<HTMLElement>("[data-count]");

if (search && field && found) {
  let shownFor = found.childElementCount ? field.value.trim() : "";
  let asked = 0;
  let timer = 0;
  const rows = () => [...found.querySelectorAll<HTMLAnchorElement>("a[data-row]")];

  const ask = async () => {
    const text = field.value.trim();
    asked += 1;
    const turn = asked;
    if (text.length < 2) {
      shownFor = "";
      found.replaceChildren();
      return;
    }
    const body = new URLSearchParams(new FormData(search) as unknown as Record<string, string>).toString();
    const answer = await part("POST", search.dataset.search ?? "", body, "");
    // An answer to what was typed before is of no use any more.
    if (answer && turn === asked) {
      found.replaceChildren(...document.importNode(answer.page.body, true).childNodes);
      shownFor = text;
      if (said) {
        said.textContent = rows().length ? String(rows().length) : (said.dataset.none ?? "");
      }
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, TYPED_PAUSE);
  });

  search.addEventListener("keydown", (event) => {
    const all = rows();
    const at = all.indexOf(document.activeElement as HTMLAnchorElement);
    if (event.key === "ArrowDown" && all.length) {
      event.preventDefault();
      all[Math.min(at + 1, all.length - 1)]?.focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (at === 0 ? field : all[at - 1])?.focus();
    } else if (event.key === "Enter" && document.activeElement === field && all[0] && shownFor === field.value.trim()) {
      event.preventDefault();
      all[0].click();
    } else if (event.key === "Escape" && document.activeElement !== field) {
      field.focus();
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.matches("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
}

export {};
