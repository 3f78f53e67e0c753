/** The cells of the screen, each with its picture, its way through the series, and what it may not be mistaken for. */

import { useEffect, useRef, useState } from "preact/hooks";
import { toPicture } from "../geometry/view";
import { dicomDate, personName } from "../messages/format";
import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import { sizeOf } from "../viewer/layouts";
import { patientOf } from "../viewer/patients";
import type { Viewing } from "../viewer/viewing";
import type { Workspace } from "../viewer/workspace";
import { CellLayer } from "./cell-layer";
import { DocumentPanel, NotShownPanel } from "./document-panel";
import { dragged } from "./dragging";
import { heading, titleOf } from "./series-list";
import { SliceSlider } from "./slice-slider";
import { Viewport } from "./viewport";

interface CellProps {
  workspace: Workspace;
  viewing: Viewing;
  at: number;
  source: FrameSource;
}

export function Cells({ workspace, source }: { workspace: Workspace; source: FrameSource }) {
  const { rows, columns } = sizeOf(workspace.layout);
  const { cells } = workspace;
  return (
    <div
      class="cells"
      data-many={cells.length > 1}
      data-layout={workspace.layout}
      data-testid="cells"
      style={{
        gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))`,
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
      }}
    >
      {cells.map((viewing, at) => (
        <Cell key={viewing.number} workspace={workspace} viewing={viewing} at={at} source={source} />
      ))}
    </div>
  );
}

function Cell({ workspace, viewing, at, source }: CellProps) {
  const host = useRef<HTMLElement>(null);
  const [over, setOver] = useState(false);
  const { entry } = viewing;
  const many = workspace.cells.length > 1;
  const active = workspace.active === viewing;
  useEffect(() => {
    // Keys that lead to another cell take the focus along, but only from a cell.
    const focused = document.activeElement;
    if (active && host.current !== null && focused?.closest(".cell") && !host.current.contains(focused)) {
      host.current.querySelector<HTMLElement>(".viewport, .cell-empty")?.focus({ preventScroll: true });
    }
  }, [active]);
  const activate = () => workspace.activate(viewing);
  const find = (event: PointerEvent) => {
    const { placement } = viewing;
    const box = host.current?.querySelector(".viewport")?.getBoundingClientRect();
    if (viewing.tool === "find" && placement !== null && box !== undefined && event.buttons === 1) {
      workspace.linking.mark(viewing, toPicture(event.clientX - box.left, event.clientY - box.top, placement));
    }
  };
  const onPicture = (event: Event) => event.target instanceof Element && event.target.closest(".viewport") !== null;
  return (
    <section
      ref={host}
      class="cell"
      data-testid={`cell-${at + 1}`}
      data-active={many && active}
      data-over={over}
      aria-label={words.cell(at + 1)}
      aria-current={many && active}
      onPointerDownCapture={(event) => {
        activate();
        if (onPicture(event)) {
          find(event);
        }
      }}
      onPointerMoveCapture={(event) => onPicture(event) && find(event)}
      onWheelCapture={activate}
      onFocusCapture={activate}
      onDragOver={(event) => {
        if (dragged.entry !== null) {
          event.preventDefault();
          setOver(true);
        }
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (dragged.entry !== null) {
          workspace.choose(dragged.entry, viewing);
          dragged.entry = null;
        }
      }}
    >
      {many && <CellHead workspace={workspace} viewing={viewing} at={at} />}
      <Content workspace={workspace} viewing={viewing} source={source} />
      {entry?.kind === "images" && (!many || entry.count > 1) && <SliceSlider viewing={viewing} alone={!many} />}
    </section>
  );
}

function Content({ workspace, viewing, source }: Omit<CellProps, "at">) {
  const { entry } = viewing;
  if (entry === null && workspace.cells.length > 1) {
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an empty cell is chosen by keys, to be filled from the list
      <div class="cell-empty" tabIndex={0}>
        <p>{words.emptyCell}</p>
      </div>
    );
  }
  if (entry?.kind === "document") {
    return <DocumentPanel entry={entry} source={source} workspace={workspace} />;
  }
  if (entry?.kind === "other") {
    return <NotShownPanel entry={entry} source={source} workspace={workspace} />;
  }
  return (
    <div class="cell-picture">
      <Viewport viewing={viewing} takesFocus={workspace.active === viewing} />
      <CellLayer workspace={workspace} viewing={viewing} />
    </div>
  );
}

/** The cell's number and its pictures; where cells differ in it, of which scan and of whom they are. */
function CellHead({ workspace, viewing, at }: Omit<CellProps, "source">) {
  const { study, cells, patients } = workspace;
  const { entry, studyEntry } = viewing;
  const newest = study.studies[0];
  const several = new Set(cells.flatMap((cell) => cell.studyEntry?.id ?? [])).size > 1;
  const person = patientOf(study, entry);
  const date = dicomDate(studyEntry?.date ?? "");
  const earlier = several && studyEntry !== null && date !== "" && studyEntry.date < (newest?.date ?? "");
  return (
    <header class="cell-head" data-several={several} data-earlier={earlier} data-persons={patients.length > 1}>
      <span class="cell-number">{at + 1}</span>
      {several && studyEntry !== null && (
        <span class="cell-date" dir="auto" data-testid="cell-date">
          {earlier ? words.earlierScan(date) : heading(studyEntry, newest)}
        </span>
      )}
      <span class="cell-title" dir="auto">
        {entry === null ? "" : titleOf(entry)}
      </span>
      {!several && <span class="cell-day">{date}</span>}
      {patients.length > 1 && entry !== null && (
        <span class="cell-person" dir="auto" data-testid="cell-person">
          {personName(person.name) || words.nameMissing}
        </span>
      )}
    </header>
  );
}
