/** A structured report as a page: calm to read on a phone, and the same on paper. Text is text, never markup. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { dicomDate, personName } from "../../messages/format";
import { words } from "../../messages/index";
import type { DocumentSource, FrameSource } from "../../source/frame-source";
import type { Workspace } from "../../viewer/workspace";
import { Icon } from "../icons";
import { titleOf } from "../series-list";
import type { Block, Picture, Report, Whose } from "./model";

interface ReportProps {
  report: Report;
  source: FrameSource;
  documents: DocumentSource;
  workspace: Workspace;
}

interface Context {
  codes: boolean;
  show: (picture: Picture, frame: number) => void;
  /** Null where there is none. */
  thumbnail: (picture: Picture, frame: number) => string | null;
  titles: ReadonlyMap<number, string>;
}

/** What is printed is the page that is read, without the viewer around it. */
export function usePrintable(): void {
  useEffect(() => {
    document.documentElement.classList.add("document-open");
    return () => document.documentElement.classList.remove("document-open");
  }, []);
}

export function PageTools({ children }: { children?: ComponentChildren }) {
  return (
    <div class="page-tools">
      {children}
      <button type="button" class="document-button" onClick={() => print()}>
        <Icon name="print" />
        <span>{words.documents.print}</span>
      </button>
    </div>
  );
}

/** Whose it is, for paper: on the screen the banner says so. */
export function PaperHead({ patient }: { patient: Whose }) {
  const born = dicomDate(patient.birthDate);
  return (
    <p class="paper-only" dir="auto">
      {[
        personName(patient.name) || words.nameMissing,
        born === "" ? "" : words.born(born),
        patient.id === "" ? "" : words.idNumber(patient.id),
        words.notForDiagnosis,
      ]
        .filter((part) => part !== "")
        .join(" · ")}
    </p>
  );
}

export function ReportPage({ report, source, documents, workspace }: ReportProps) {
  const [codes, setCodes] = useState(false);
  usePrintable();
  const { entries } = workspace;
  const context: Context = {
    codes,
    titles: new Map(entries.filter(({ kind }) => kind === "images").map((entry) => [entry.id, titleOf(entry)])),
    thumbnail: (picture, frame) => documents.previewAddress(picture.instance ?? 0, frame - 1),
    show: (picture, frame) => void showPicture(workspace, source, picture, frame),
  };
  const date = dicomDate(report.date);
  return (
    <article class="reading" data-testid="report" tabIndex={-1}>
      <PageTools>
        <button
          type="button"
          class="document-button"
          aria-pressed={codes}
          data-testid="show-codes"
          onClick={() => setCodes(!codes)}
        >
          <Icon name="list" />
          <span>{words.documents.codes}</span>
        </button>
      </PageTools>
      <PaperHead patient={report.patient} />
      <header>
        <h2 dir="auto">{report.title || report.name || words.report}</h2>
        <Code show={codes} code={report.code} />
        <p class="quiet" dir="auto">
          {[date, report.institution, report.authors.length > 0 ? words.documents.by(report.authors.join(", ")) : ""]
            .filter((part) => part !== "")
            .join(" · ")}
        </p>
      </header>
      <Standing report={report} />
      <Blocks blocks={report.blocks} level={3} context={context} />
      {report.blocks.length === 0 && <p>{words.documents.empty}</p>}
      {report.cut && <p class="standing">{words.documents.cut}</p>}
    </article>
  );
}

/** How far the report can be relied on, before anything it says. */
function Standing({ report }: { report: Report }) {
  const { documents } = words;
  const verified = report.verification === "verified";
  const lines = [
    report.preliminary ? documents.preliminary : "",
    report.completion === "partial" ? documents.partial : "",
  ].filter((line) => line !== "");
  return (
    <>
      {report.verification === "unverified" && (
        <p class="standing warning" role="note" data-testid="unverified">
          <Icon name="warning" />
          <strong>{documents.unverified}</strong>
        </p>
      )}
      {verified && (
        <p class="standing" role="note" data-testid="verified" dir="auto">
          <Icon name="verified" />
          <span>
            {report.verifiers.length === 0
              ? documents.verified
              : report.verifiers
                  .map(({ name, organization, at }) =>
                    documents.verifiedBy([name, organization].filter((part) => part !== "").join(", "), dicomDate(at)),
                  )
                  .join(" ")}
          </span>
        </p>
      )}
      {lines.length > 0 && (
        <p class="standing" dir="auto">
          <span>{lines.join(" ")}</span>
        </p>
      )}
    </>
  );
}

function Code({ show, code }: { show: boolean; code: string }) {
  return show && code !== "" ? (
    <code class="code" dir="ltr">
      {code}
    </code>
  ) : null;
}

function Heading({ level, children }: { level: number; children: ComponentChildren }) {
  const Tag = `h${Math.min(level, 6)}` as "h3";
  return <Tag dir="auto">{children}</Tag>;
}

interface PartProps<Kind extends Block["kind"]> {
  block: Extract<Block, { kind: Kind }>;
  level: number;
  context: Context;
}

function Blocks({ blocks, level, context }: { blocks: readonly Block[]; level: number; context: Context }) {
  const parts: ComponentChildren[] = [];
  for (let at = 0; at < blocks.length; at++) {
    const block = blocks[at];
    if (block?.kind === "value") {
      // Values that follow each other are one list of names and values.
      const together = [block];
      for (let next = blocks[at + 1]; next?.kind === "value"; next = blocks[at + 1]) {
        together.push(next);
        at++;
      }
      const seen = together.filter((one) => one.text !== "" || one.blocks.length > 0 || context.codes);
      if (seen.length > 0) {
        parts.push(
          <dl class="values" key={at}>
            {seen.map((one, place) => (
              <Value key={`${place} ${one.name}`} block={one} level={level} context={context} />
            ))}
          </dl>,
        );
      }
    } else if (block !== undefined) {
      parts.push(<Part key={at} block={block} level={level} context={context} />);
    }
  }
  return <>{parts}</>;
}

function Part({ block, level, context }: { block: Block; level: number; context: Context }) {
  switch (block.kind) {
    case "section":
      return <Section block={block} level={level} context={context} />;
    case "text":
      return (
        <div class="said">
          <Name block={block} level={level} context={context} />
          {block.text.split(/\n{2,}/).map((paragraph, at) => (
            <p key={at} dir="auto">
              {paragraph}
            </p>
          ))}
        </div>
      );
    case "list":
      return (
        <div class="said">
          <Name block={block} level={level} context={context} />
          <ul>
            {block.items.map((item, at) => (
              <li key={at} dir="auto">
                {item}
              </li>
            ))}
          </ul>
        </div>
      );
    case "table":
      return <Table block={block} level={level} context={context} />;
    case "pictures":
      return <Pictures block={block} level={level} context={context} />;
    default:
      return null;
  }
}

function Name({ block, level, context }: { block: Block; level: number; context: Context }) {
  return block.name === "" ? null : (
    <Heading level={level}>
      {block.name} <Code show={context.codes} code={block.code} />
    </Heading>
  );
}

function Section({ block, level, context }: PartProps<"section">) {
  return (
    <section class="part">
      <Name block={block} level={level} context={context} />
      <Blocks blocks={block.blocks} level={block.name === "" ? level : level + 1} context={context} />
    </section>
  );
}

function Value({ block, level, context }: PartProps<"value">) {
  return (
    <div>
      <dt dir="auto">
        {block.name} <Code show={context.codes} code={block.code} />
      </dt>
      <dd dir="auto">
        {block.text}
        {block.unit !== "" && (block.unit === "°" || block.unit === "%" ? block.unit : ` ${block.unit}`)}{" "}
        <Code show={context.codes} code={block.valueCode} />
        {block.blocks.length > 0 && (
          <div class="value-more">
            <Blocks blocks={block.blocks} level={level + 1} context={context} />
          </div>
        )}
      </dd>
    </div>
  );
}

function Table({ block, level, context }: PartProps<"table">) {
  return (
    <div class="said">
      <Name block={block} level={level} context={context} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keys */}
      <section class="table" tabIndex={0} aria-label={block.name || words.documents.table}>
        <table>
          {block.columns.some((column) => column !== "") && (
            <thead>
              <tr>
                {block.columns.map((column, at) => (
                  <th key={at} scope="col" dir="auto">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {block.rows.map((row, at) => (
              <tr key={at}>
                {row.map((cell, column) => (
                  <td key={column} dir="auto">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

function Pictures({ block, level, context }: PartProps<"pictures">) {
  const here = block.pictures.flatMap((picture) =>
    picture.instance === null || picture.series === null || !context.titles.has(picture.series)
      ? []
      : (picture.frames.length > 0 ? picture.frames : [1]).map((frame) => ({ picture, frame })),
  );
  const away = block.pictures.filter(({ series }) => series === null || !context.titles.has(series)).length;
  return (
    <div class="said">
      <Name block={block} level={level} context={context} />
      {here.length > 0 && (
        <ul class="pictures">
          {here.map(({ picture, frame }, at) => (
            <li key={at}>
              <button
                type="button"
                data-testid="report-picture"
                onClick={() => context.show(picture, frame)}
                title={context.titles.get(picture.series ?? 0)}
              >
                <Small address={context.thumbnail(picture, frame)} />
                <span dir="auto">{words.documents.showPicture(context.titles.get(picture.series ?? 0) ?? "")}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {away > 0 && <p class="quiet">{words.documents.picturesAway(away)}</p>}
      <Blocks blocks={block.blocks} level={level + 1} context={context} />
    </div>
  );
}

function Small({ address }: { address: string | null }) {
  return address === null ? null : <img src={address} alt="" width={96} height={96} loading="lazy" />;
}

/** Opens the picture that the report is about: beside it where there is room, else in its place. */
async function showPicture(
  workspace: Workspace,
  source: FrameSource,
  { series, instance }: Picture,
  frame: number,
): Promise<void> {
  const entry = workspace.entries.find(({ id, kind }) => id === series && kind === "images");
  if (entry === undefined) {
    return;
  }
  const frames = await source.series(entry.id).then(
    (manifest) => manifest.frames,
    () => [],
  );
  const index = frames.findIndex(({ i, n }) => i === instance && n === frame - 1);
  const { cells, active } = workspace;
  const cell = cells.find((one) => one !== active && one.entry?.kind === "images") ?? active;
  workspace.activate(cell);
  await cell.choose(entry, index < 0 ? {} : { index });
}
