/** Choosing how many pictures stand side by side, and what links them. */

import { useEffect, useRef } from "preact/hooks";
import { words } from "../messages/index";
import { type Layout, layoutsWithin, sizeOf } from "../viewer/layouts";
import type { Workspace } from "../viewer/workspace";
import { Icon } from "./icons";

/** A small picture of a layout. */
function LayoutPicture({ layout }: { layout: Layout }) {
  const { rows, columns } = sizeOf(layout);
  const [width, height] = [36 / columns, 26 / rows];
  return (
    <svg class="layout-picture" viewBox="0 0 40 30" width="40" height="30" aria-hidden="true">
      {Array.from({ length: rows * columns }, (_, at) => (
        <rect
          key={at}
          x={2 + (at % columns) * width + 1}
          y={2 + Math.floor(at / columns) * height + 1}
          width={width - 2}
          height={height - 2}
          rx={1.5}
        />
      ))}
    </svg>
  );
}

interface ChoicesProps {
  workspace: Workspace;
  /** How many cells the screen has room for. */
  most: number;
  done: () => void;
}

export function LayoutChoices({ workspace, most, done }: ChoicesProps) {
  const hanging = workspace.hanging(most);
  const { linking, cells } = workspace;
  const choose = (act: () => void) => {
    act();
    done();
  };
  return (
    <div class="layouts">
      <fieldset class="layout-grid">
        <legend>{words.layoutTitle}</legend>
        {layoutsWithin(most).map((layout) => (
          <button
            key={layout}
            type="button"
            class="layout-choice"
            data-testid={`layout-${layout}`}
            aria-pressed={workspace.layout === layout}
            onClick={() => choose(() => workspace.setLayout(layout))}
          >
            <LayoutPicture layout={layout} />
            <span>{words.layouts[layout]}</span>
          </button>
        ))}
      </fieldset>
      {hanging !== null && (
        <button
          type="button"
          class="layout-wide"
          data-testid="arrange"
          onClick={() => choose(() => workspace.hangUp(hanging))}
        >
          <Icon name="arrange" />
          <span>
            {words.arrange}
            <small>{words.arrangements[hanging.name]}</small>
          </span>
        </button>
      )}
      {cells.length > 1 && (
        <div class="layout-links">
          <button
            type="button"
            class="layout-wide"
            data-testid="together"
            aria-pressed={linking.together}
            onClick={() => linking.toggleTogether()}
          >
            <Icon name={linking.together ? "checked" : "unchecked"} />
            <span>{words.together}</span>
          </button>
          <button
            type="button"
            class="layout-wide"
            data-testid="lines"
            aria-pressed={linking.lines}
            onClick={() => linking.toggleLines()}
          >
            <Icon name={linking.lines ? "checked" : "unchecked"} />
            <span>{words.referenceLines}</span>
          </button>
        </div>
      )}
    </div>
  );
}

interface MenuProps extends Omit<ChoicesProps, "done"> {
  open: boolean;
  setOpen: (open: boolean) => void;
}

/** The button and what opens under it. */
export function LayoutMenu({ workspace, most, open, setOpen }: MenuProps) {
  const host = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) {
      return;
    }
    host.current?.querySelector<HTMLElement>(".layout-choice[aria-pressed=true]")?.focus();
    const outside = (event: Event) => {
      if (event.target instanceof Node && host.current?.contains(event.target) !== true) {
        setOpen(false);
      }
    };
    const onEscape = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        event.preventDefault();
        setOpen(false);
        opener.current?.focus();
      }
    };
    document.addEventListener("pointerdown", outside, true);
    document.addEventListener("keydown", onEscape, true);
    return () => {
      document.removeEventListener("pointerdown", outside, true);
      document.removeEventListener("keydown", onEscape, true);
    };
  }, [open, setOpen]);
  return (
    <div class="menu" ref={host}>
      <button
        ref={opener}
        type="button"
        class="screen-tool"
        data-testid="layout"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="layout" />
        <span>{words.layout}</span>
      </button>
      {open && (
        <div class="menu-sheet">
          <LayoutChoices
            workspace={workspace}
            most={most}
            done={() => {
              setOpen(false);
              document.querySelector<HTMLElement>('.cell[aria-current="true"] .viewport, .viewport')?.focus();
            }}
          />
        </div>
      )}
    </div>
  );
}
