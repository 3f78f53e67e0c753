import type { ComponentChildren } from "preact";

/** A plain page, around the pictures or where there are none. */
export function Page({ children, busy = false }: { children: ComponentChildren; busy?: boolean }) {
  return (
    <main class="page" aria-busy={busy}>
      <div class="page-body">{children}</div>
    </main>
  );
}
