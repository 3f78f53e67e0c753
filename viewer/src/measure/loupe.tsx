/** What lies under a finger, larger and above it. */

import { useEffect, useRef } from "preact/hooks";
import { type PicturePoint, toScreen } from "../geometry/view";
import { CanvasRenderer } from "../render/canvas2d";
import type { Viewing } from "../viewer/viewing";

const SIZE = 124;
const RATIO = 2;
/** How far above the finger its middle is. */
const ABOVE = 104;
const LARGER = 2.5;

export function Loupe({ viewing, at }: { viewing: Viewing; at: PicturePoint }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<CanvasRenderer | null>(null);
  useEffect(() => {
    if (canvas.current !== null) {
      renderer.current = CanvasRenderer.on(canvas.current);
      renderer.current?.resize(SIZE * RATIO, SIZE * RATIO, RATIO);
    }
    return () => renderer.current?.dispose();
  }, []);
  useEffect(() => {
    const { showing, picture } = viewing;
    if (showing !== null) {
      const scaleX = showing.placement.scaleX * LARGER;
      const scaleY = showing.placement.scaleY * LARGER;
      const corner = { x: 0, y: 0, scaleX, scaleY, turn: showing.placement.turn };
      const middle = toScreen(at, corner);
      const placement = { ...corner, x: SIZE / 2 - middle.x, y: SIZE / 2 - middle.y };
      renderer.current?.draw(picture, { ...showing, placement });
    }
  });
  const { placement, screen } = viewing;
  if (placement === null) {
    return null;
  }
  const finger = toScreen(at, placement);
  const hold = (value: number, most: number) => Math.max(SIZE / 2 + 4, Math.min(most - SIZE / 2 - 4, value));
  // Near the upper edge there is no room above the finger, so it goes beside it.
  const room = finger.y - ABOVE - SIZE / 2 >= 4;
  const aside = finger.x > screen.width / 2 ? -ABOVE : ABOVE;
  const x = hold(room ? finger.x : finger.x + aside, screen.width);
  const y = hold(room ? finger.y - ABOVE : finger.y, screen.height);
  return (
    <span
      class="loupe"
      data-testid="loupe"
      style={{ left: `${x - SIZE / 2}px`, top: `${y - SIZE / 2}px` }}
      aria-hidden="true"
    >
      <canvas ref={canvas} width={SIZE * RATIO} height={SIZE * RATIO} />
      <svg viewBox="0 0 124 124" aria-hidden="true">
        <path class="mark-rim" d="M62 44v13m0 10v13M44 62h13m10 0h13" />
        <path class="mark-line" d="M62 44v13m0 10v13M44 62h13m10 0h13" />
      </svg>
    </span>
  );
}
