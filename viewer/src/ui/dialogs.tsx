import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../messages/index";
import { Icon } from "./icons";

/** A dialog of the browser's own: it holds the focus, and Escape closes it. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element === null || element.open) {
      return;
    }
    const opener = document.activeElement;
    // Safari before 15.4 has no showModal.
    if (typeof element.showModal === "function") {
      element.showModal();
    } else {
      element.setAttribute("open", "");
    }
    return () => {
      if (opener instanceof HTMLElement) {
        opener.focus();
      }
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape and the button close it by keys; this is for the backdrop
    <dialog
      ref={dialog}
      class="dialog"
      aria-label={title}
      onCancel={(event) => {
        // Escape: gone at once, so that the next key is the page's.
        event.preventDefault();
        close();
      }}
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2>{title}</h2>
          <button type="button" class="dialog-close" onClick={close}>
            <Icon name="close" />
            <span>{words.close}</span>
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

export function HelpDialog({ close }: { close: () => void }) {
  return (
    <Dialog title={words.keysTitle} close={close}>
      <dl class="keys">
        {words.keyRows.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

interface MoreProps {
  close: () => void;
  help: () => void;
  leave: () => void;
  children: ComponentChildren;
}

export function MoreDialog({ close, help, leave, children }: MoreProps) {
  return (
    <Dialog title={words.more} close={close}>
      <div class="more">
        {children}
        <button type="button" onClick={help}>
          <Icon name="keys" />
          <span>{words.keysTitle}</span>
        </button>
        <button type="button" onClick={leave}>
          <Icon name="close" />
          <span>{words.closePictures}</span>
        </button>
        <p>{words.notForDiagnosis}</p>
      </div>
    </Dialog>
  );
}
