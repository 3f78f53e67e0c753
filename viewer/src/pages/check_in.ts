/** Check-in: takes the code out of the address, and gives a place's own tablet back to the next person. */

const NOTICE = 20_000;
const enter = document.querySelector<HTMLFormElement>("form#enter");
const fragment = decodeURIComponent(location.hash.slice(1));

if (enter && fragment) {
  // Gone from the address bar and from the history before anybody reads over a shoulder.
  history.replaceState(null, "", location.pathname);
  const [code = "", kind = ""] = fragment.split(",");
  field(enter, "code").value = code;
  field(enter, "tablet").value = kind === "tablet" ? "yes" : "";
  enter.submit();
}

const faults = document.getElementById("faults");
faults?.focus();

const again = document.getElementById("again");
if (again) {
  beginAnew(again, again.dataset.to ?? location.pathname, Number(again.dataset.seconds) * 1000);
}

/** Back to the start when nobody is there any more; told before, and put off by any touch. 0: the start itself. */
function beginAnew(element: HTMLElement, start: string, after: number): void {
  const notice = element.querySelector<HTMLElement>("[role=alert]");
  let warn = 0;
  let leave = 0;
  const wait = () => {
    clearTimeout(warn);
    clearTimeout(leave);
    if (notice && !notice.hidden) {
      notice.hidden = true;
    }
    if (after > 0) {
      warn = window.setTimeout(() => notice?.removeAttribute("hidden"), Math.max(0, after - NOTICE));
      leave = window.setTimeout(() => location.replace(start), after);
    }
  };
  for (const kind of ["pointerdown", "keydown", "input", "scroll"]) {
    addEventListener(kind, wait, { capture: true, passive: true });
  }
  // What the last person typed is neither kept for the way back nor filled in by the browser.
  addEventListener("pagehide", () => {
    for (const input of document.querySelectorAll<HTMLInputElement>("input")) {
      input.value = "";
    }
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.replace(start);
    }
  });
  wait();
}

function field(form: HTMLFormElement, name: string): HTMLInputElement {
  return form.elements.namedItem(name) as HTMLInputElement;
}
