/** A sheet of millimetre paper with curves on it. */

import { useMemo } from "preact/hooks";
import { decimal } from "../../messages/format";
import { words } from "../../messages/index";
import { Caliper, type Points } from "./caliper";
import type { Group } from "./model";
import { GUTTER, lineOf, type Sheet } from "./paper";
import type { Stretch } from "./samples";

interface PaperProps {
  name: string;
  sheet: Sheet;
  stretch: Stretch;
  group: Group;
  speed: number;
  gain: number;
  zoom: number;
  points: Points | null;
  move: (change: (points: Points) => Points) => void;
}

/** 1 mm is 1 mm of CSS at zoom 1, and a true one in print. */
export function MillimetrePaper({ name, sheet, stretch, group, speed, gain, zoom, points, move }: PaperProps) {
  const lines = useMemo(
    () =>
      sheet.strips.map((strip) =>
        lineOf(strip, stretch.channels[strip.channel] ?? new Float32Array(0), group.rate, speed),
      ),
    [sheet, stretch, group, speed],
  );
  const firsts = sheet.strips.filter((strip) => strip.from === 0);
  return (
    <div class="paper" style={{ "--wide": sheet.width, "--high": sheet.height, "--zoom": zoom }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide sheet is scrolled by keys */}
      <section class="sheet-scroller" tabIndex={0} aria-label={words.documents.paper(name)}>
        <div class="sheet">
          <svg viewBox={`0 0 ${sheet.width} ${sheet.height}`} data-testid="paper" role="img" aria-label={name}>
            <defs>
              <pattern id="fine" width="1" height="1" patternUnits="userSpaceOnUse">
                <path d="M1 0H0V1" class="fine" />
              </pattern>
              <pattern id="heavy" width="5" height="5" patternUnits="userSpaceOnUse">
                <rect width="5" height="5" fill="url(#fine)" />
                <path d="M5 0H0V5" class="heavy" />
              </pattern>
            </defs>
            <rect width={sheet.width} height={sheet.height} class="sheet-ground" />
            <rect width={sheet.width} height={sheet.height} fill="url(#heavy)" />
            {firsts.map((strip) => {
              const channel = group.channels[strip.channel];
              const one = channel?.millivolts == null ? 0 : gain;
              return one === 0 ? null : (
                <path
                  key={`step ${strip.top}`}
                  class="curve"
                  d={`M1 ${strip.top}H3V${strip.top - one}H8V${strip.top}H${GUTTER}`}
                />
              );
            })}
            {sheet.strips.map((strip, place) => (
              <path key={`${strip.channel} ${strip.left} ${strip.top}`} class="curve" d={lines[place]} />
            ))}
            {sheet.strips
              .filter((strip) => strip.from > 0)
              .map((strip) => (
                <path key={`bar ${strip.left} ${strip.top}`} class="bar" d={`M${strip.left} ${strip.top - 4}v8`} />
              ))}
            {sheet.strips.map((strip) => (
              <text
                key={`name ${strip.left} ${strip.top}`}
                class={strip.from === 0 ? "lead lead-first" : "lead"}
                x={strip.left + 1}
                y={strip.top - 6}
              >
                {strip.label}
              </text>
            ))}
          </svg>
          {points !== null && <Caliper sheet={sheet} zoom={zoom} points={points} move={move} />}
        </div>
      </section>
      {/* The names of the leads stay where they are while the sheet is scrolled. */}
      {firsts.map((strip) => (
        <span key={strip.top} class="lead-name" style={{ "--at": strip.nameAt }}>
          {strip.label}
          {unitWords(group, strip.channel, strip.scale.perUnit)}
        </span>
      ))}
    </div>
  );
}

/** For what is no voltage: how much 10 mm are. */
function unitWords(group: Group, channel: number, perUnit: number): string {
  const told = group.channels[channel];
  return told === undefined || told.millivolts !== null
    ? ""
    : ` · ${words.documents.tenMillimetres(`${decimal(10 / perUnit, 3)} ${told.unit}`.trim())}`;
}
