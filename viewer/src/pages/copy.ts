/** Buttons that copy what stands beside them: <button data-copy="#id" data-copied="Copied">. */

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const from = document.querySelector<HTMLElement>(button.dataset.copy ?? "");
    if (!from) {
      return;
    }
    const text = from instanceof HTMLInputElement ? from.value : (from.textContent ?? "").trim();
    const before = button.textContent;
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset.copied ?? "✓";
    setTimeout(() => {
      button.textContent = before;
    }, 2000);
  });
}
