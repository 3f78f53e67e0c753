/** Three sides of one volume on the screen, the lines where they meet, and how thick a slice is. */

import { useEffect, useRef } from "preact/hooks";
import { type PicturePoint, toPicture } from "../geometry/view";
import { decimal } from "../messages/format";
import { words } from "../messages/index";
import { Icon } from "../ui/icons";
import { SliceSlider } from "../ui/slice-slider";
import { useChanges } from "../ui/use-changes";
import { Viewport } from "../ui/viewport";
import type { Viewing } from "../viewer/viewing";
import { Crossing } from "./crossing";
import { KINDS, type Slab } from "./reslice";
import { SIDES } from "./space";
import { THICKEST, type ThreePlanes } from "./three-planes";

const isSlab = (kind: string): kind is Slab["kind"] => (KINDS as readonly string[]).includes(kind);

export function PlanesView({ planes, close }: { planes: ThreePlanes; close: () => void }) {
  useChanges(planes);
  return (
    <section class="planes" data-testid="planes" aria-label={words.sides.title}>
      <div class="planes-cells" data-large={planes.large}>
        {planes.cells.map((viewing, at) => (
          <PlaneCell key={viewing.number} planes={planes} viewing={viewing} at={at} />
        ))}
      </div>
      <PlanesBar planes={planes} close={close} />
    </section>
  );
}

interface CellProps {
  planes: ThreePlanes;
  viewing: Viewing;
  at: number;
}

function PlaneCell({ planes, viewing, at }: CellProps) {
  const host = useRef<HTMLElement>(null);
  const { workspace } = planes;
  const active = workspace.active === viewing;
  const large = planes.large === at;
  useEffect(() => {
    // Keys that lead to another cell take the focus along, but only from a cell.
    const focused = document.activeElement;
    if (active && host.current !== null && focused?.closest(".cell") && !host.current.contains(focused)) {
      host.current.querySelector<HTMLElement>(".viewport")?.focus({ preventScroll: true });
    }
  }, [active]);
  const activate = () => workspace.activate(viewing);
  const placeOf = (event: MouseEvent): PicturePoint | null => {
    const { placement } = viewing;
    const box = host.current?.querySelector(".viewport")?.getBoundingClientRect();
    return placement === null || box === undefined
      ? null
      : toPicture(event.clientX - box.left, event.clientY - box.top, placement);
  };
  const find = (event: PointerEvent) => {
    const onPicture = event.target instanceof Element && event.target.closest(".viewport") !== null;
    const where = viewing.tool === "find" && onPicture && event.buttons === 1 ? placeOf(event) : null;
    if (where !== null) {
      planes.pointOut(viewing, where);
    }
  };
  return (
    <section
      ref={host}
      class="cell plane-cell"
      data-testid={`plane-${SIDES[at]}`}
      data-active={active}
      data-size={large ? "large" : "small"}
      aria-label={viewing.entry?.title ?? ""}
      aria-current={active}
      onPointerDownCapture={(event) => {
        activate();
        find(event);
      }}
      onPointerMoveCapture={find}
      onWheelCapture={activate}
      onFocusCapture={activate}
    >
      <header class="cell-head">
        <span class={`plane-mark plane-mark-${at}`}>{decimal(at + 1, 0)}</span>
        <span class="cell-title" dir="auto">
          {planes.lying.isTurnedAt(at)
            ? `${words.sides.names[at]} · ${words.sides.turned}`
            : large
              ? viewing.entry?.title
              : words.sides.names[at]}
        </span>
        {!large && (
          <button
            type="button"
            class="plane-enlarge"
            data-testid={`enlarge-${SIDES[at]}`}
            aria-label={`${words.sides.enlarge}: ${words.sides.names[at]}`}
            onClick={() => planes.enlarge(at)}
          >
            <Icon name="fit" />
            <span>{words.sides.enlarge}</span>
          </button>
        )}
      </header>
      <div class="cell-picture">
        <Viewport viewing={viewing} takesFocus={active} />
        <Crossing planes={planes} viewing={viewing} large={large} placeOf={placeOf} />
      </div>
      <SliceSlider viewing={viewing} alone={false} />
    </section>
  );
}

function PlanesBar({ planes, close }: { planes: ThreePlanes; close: () => void }) {
  const { slab, factor, volume, failed } = planes;
  const { sides } = words;
  const notes = [
    volume.tilt > 0 ? sides.tilted(decimal(volume.tilt, 2)) : "",
    volume.uneven === null ? "" : sides.evened(decimal(volume.uneven.least, 2), decimal(volume.uneven.most, 2)),
  ].filter((note) => note !== "");
  const warnings = [
    failed ? sides.failed : "",
    factor > 1 ? sides.reduced(decimal(factor, 1)) : "",
    volume.parts > 1 ? sides.part(decimal(volume.part + 1, 0), decimal(volume.parts, 0)) : "",
  ].filter((warning) => warning !== "");
  const thin = slab.kind === "plane";
  return (
    <div class="planes-bar">
      <button type="button" class="planes-close" data-testid="planes-close" onClick={close}>
        <Icon name="close" />
        <span>{sides.close}</span>
      </button>
      <label>
        <span>{sides.slab}</span>
        <select
          data-testid="slab-kind"
          value={slab.kind}
          onChange={({ currentTarget }) => {
            if (isSlab(currentTarget.value)) {
              planes.setKind(currentTarget.value);
            }
          }}
        >
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {sides.kinds[kind]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{sides.thickness}</span>
        <input
          type="range"
          data-testid="slab-thickness"
          min={0}
          max={THICKEST}
          step={1}
          value={thin ? 0 : slab.thickness}
          aria-valuetext={thin ? sides.kinds.plane : words.millimetres(decimal(slab.thickness, 0))}
          onInput={({ currentTarget }) => planes.setThickness(Number(currentTarget.value))}
        />
        <output data-testid="slab-millimetres">{thin ? "" : words.millimetres(decimal(slab.thickness, 0))}</output>
      </label>
      {planes.lying.isTurned && (
        <button type="button" class="planes-close" data-testid="straighten" onClick={() => planes.lying.straighten()}>
          <Icon name="reset" />
          <span>{sides.straighten}</span>
        </button>
      )}
      {warnings.length > 0 && (
        <p class="planes-warnings" data-testid="planes-warnings" role="status">
          {warnings.join(" ")}
        </p>
      )}
      {notes.length > 0 && (
        <details class="planes-notes" data-testid="planes-notes">
          <summary>{sides.notes}</summary>
          <p>{notes.join(" ")}</p>
        </details>
      )}
    </div>
  );
}
