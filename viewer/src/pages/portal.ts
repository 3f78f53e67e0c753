/** What a telephone can do beside what plain pages do: its own way of sharing, printing, and keeping the pages' shell. */

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(text: string): string },
  ): { createScriptURL(text: string): string };
}

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-share]")) {
  const from = document.querySelector<HTMLInputElement>(button.dataset.share ?? "");
  button.hidden = !from || !("share" in navigator);
  button.addEventListener("click", async () => {
    try {
      await navigator.share({ text: button.dataset.text, url: from?.value });
    } catch {
      // Closed again without choosing anybody.
    }
  });
}

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

if ("serviceWorker" in navigator && window.isSecureContext) {
  // The one script that this page may start is named here, and nowhere else.
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  const worker = factory?.createPolicy("portal", { createScriptURL: () => "/sw.js" }).createScriptURL("") ?? "/sw.js";
  void navigator.serviceWorker.register(worker, { scope: "/me" }).catch(() => undefined);
}

export {};
