/** Opens an invitation: its secret stands after the # of the address, which is not sent to any server by itself. */

export {};

const form = document.querySelector<HTMLFormElement>("form[data-join]");
const field = form?.querySelector<HTMLInputElement>("input[name=secret]");
const address = location.href;

if (form && field && location.hash.length > 1) {
  // Out of the bar and out of the history, before anything else.
  history.replaceState(null, "", location.pathname);
  field.value = address;
  form.hidden = true;
  for (const waiting of document.querySelectorAll<HTMLElement>("[data-join-waiting]")) {
    waiting.hidden = false;
  }
  form.submit();
}
