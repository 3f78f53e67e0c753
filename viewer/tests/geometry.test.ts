/** Directions and places: which side is named what, and where a pixel lies on the screen. */

import { describe, expect, test } from "vitest";
import { edgeLabels, letters } from "../src/geometry/orientation";
import {
  CHANGES,
  panBy,
  pixelAt,
  place,
  scaleBar,
  toPicture,
  toScreen,
  turned,
  UPRIGHT,
  WHOLE,
  zoomAbout,
} from "../src/geometry/view";

describe("orientation", () => {
  test("an axial picture has the patient's right at its left edge and the front on top", () => {
    expect(edgeLabels([1, 0, 0, 0, 1, 0])).toEqual({ left: "R", right: "L", top: "A", bottom: "P" });
  });

  test("a coronal picture has the head on top", () => {
    expect(edgeLabels([1, 0, 0, 0, 0, -1])).toEqual({ left: "R", right: "L", top: "H", bottom: "F" });
  });

  test("a sagittal picture has the front at its left edge", () => {
    expect(edgeLabels([0, 1, 0, 0, 0, -1])).toEqual({ left: "A", right: "P", top: "H", bottom: "F" });
  });

  test("a prone patient's picture is labelled the other way round", () => {
    expect(edgeLabels([-1, 0, 0, 0, -1, 0])).toEqual({ left: "L", right: "R", top: "P", bottom: "A" });
  });

  test("an oblique direction names its axes, the strongest first", () => {
    expect(letters([0.8, 0.6, 0])).toBe("LP");
    expect(letters([-0.4, 0, 0.9])).toBe("HR");
    expect(letters([0.5, -0.7, 0.5])).toBe("ALH");
  });

  test("turned to the right, what was on the left is on top", () => {
    const turn = turned(WHOLE, CHANGES.right).turn;
    expect(edgeLabels([1, 0, 0, 0, 1, 0], turn)).toEqual({ left: "P", right: "A", top: "R", bottom: "L" });
  });

  test("mirrored, left and right change places and nothing else", () => {
    const turn = turned(WHOLE, CHANGES.mirror).turn;
    expect(edgeLabels([1, 0, 0, 0, 1, 0], turn)).toEqual({ left: "L", right: "R", top: "A", bottom: "P" });
  });

  test("upside down, top and bottom change places and nothing else", () => {
    const turn = turned(WHOLE, CHANGES.upsideDown).turn;
    expect(edgeLabels([1, 0, 0, 0, 1, 0], turn)).toEqual({ left: "R", right: "L", top: "P", bottom: "A" });
  });

  test("letters that came instead of an orientation turn and mirror with the picture", () => {
    const upright = edgeLabels(null, WHOLE.turn, ["A", "FR"]);
    expect(upright).toEqual({ left: "P", right: "A", top: "HL", bottom: "FR" });
    expect(edgeLabels(null, turned(WHOLE, CHANGES.mirror).turn, ["A", "FR"])).toEqual({
      left: "A",
      right: "P",
      top: "HL",
      bottom: "FR",
    });
    expect(edgeLabels(null, turned(WHOLE, CHANGES.right).turn, ["A", "FR"])).toEqual({
      left: "FR",
      right: "HL",
      top: "P",
      bottom: "A",
    });
    expect(edgeLabels(null, WHOLE.turn, ["CR", "D"])).toBeNull();
  });

  test("a slight tilt is not named", () => {
    expect(letters([0.995, 0.1, 0])).toBe("L");
  });

  test("a direction of no length has no name, and then no edge has", () => {
    expect(letters([0, 0, 0])).toBe("");
    expect(edgeLabels([0, 0, 0, 0, 1, 0])).toBeNull();
    expect(edgeLabels(null)).toBeNull();
  });
});

describe("view", () => {
  const picture = { rows: 100, columns: 200, aspect: 1 };
  const screen = { width: 400, height: 400 };

  test("the whole picture fits and is centred", () => {
    expect(place(picture, screen, WHOLE)).toEqual({ x: 0, y: 100, scaleX: 2, scaleY: 2, turn: UPRIGHT });
  });

  test("tall pixels make a tall picture", () => {
    const tall = place({ rows: 100, columns: 100, aspect: 2 }, screen, WHOLE);
    expect(tall.scaleX).toBe(2);
    expect(tall.scaleY).toBe(4);
  });

  test("the pixel under a point is found, and none outside", () => {
    const placement = place(picture, screen, WHOLE);
    expect(pixelAt(0, 100, placement, picture)).toEqual({ column: 0, row: 0 });
    expect(pixelAt(399.9, 299.9, placement, picture)).toEqual({ column: 199, row: 99 });
    expect(pixelAt(200, 50, placement, picture)).toBeNull();
    expect(pixelAt(400, 200, placement, picture)).toBeNull();
  });

  test("zooming keeps what lies under the finger", () => {
    const before = pixelAt(310, 240, place(picture, screen, WHOLE), picture);
    const view = zoomAbout(WHOLE, 3, 310, 240, screen);
    expect(pixelAt(310, 240, place(picture, screen, view), picture)).toEqual(before);
  });

  test("the picture cannot be moved off the screen", () => {
    const view = panBy(WHOLE, 10_000, -10_000, screen);
    expect(view).toEqual({ ...WHOLE, panX: 200, panY: -200 });
  });

  test("the scale bar is a round length that fits", () => {
    const bar = scaleBar(0.5, { x: 0, y: 0, scaleX: 2, scaleY: 2, turn: UPRIGHT }, 130);
    expect(bar).toEqual({ millimetres: 20, pixels: 80 });
    expect(scaleBar(0, { x: 0, y: 0, scaleX: 2, scaleY: 2, turn: UPRIGHT }, 130)).toBeNull();
  });

  test("a picture on its side fits the screen as it then is", () => {
    const { view } = { view: turned(WHOLE, CHANGES.right) };
    const placement = place(picture, { width: 300, height: 400 }, view);
    // 200 columns run down 400 pixels; the first pixel's corner is at the upper right.
    expect([placement.scaleX, placement.x, placement.y]).toEqual([2, 250, 0]);
    expect(toScreen({ column: 200, row: 0 }, placement)).toEqual({ x: 250, y: 400 });
    expect(toScreen({ column: 0, row: 100 }, placement)).toEqual({ x: 50, y: 0 });
  });

  test("whichever way up, a place on the screen leads back to where it came from", () => {
    const ways = [WHOLE];
    for (const change of [CHANGES.right, CHANGES.right, CHANGES.mirror, CHANGES.left, CHANGES.upsideDown]) {
      ways.push(turned(ways[ways.length - 1] ?? WHOLE, change));
    }
    for (const way of ways) {
      const placement = place({ ...picture, aspect: 1.5 }, screen, { ...way, zoom: 1.7, panX: 31, panY: -12 });
      const { x, y } = toScreen({ column: 31.25, row: 77.5 }, placement);
      const back = toPicture(x, y, placement);
      expect(back.column).toBeCloseTo(31.25, 9);
      expect(back.row).toBeCloseTo(77.5, 9);
    }
  });

  test("four turns, or two mirrors, bring the picture back, pan included", () => {
    const start = { ...WHOLE, panX: 12, panY: -7 };
    const again = (times: number, change: (typeof CHANGES)[keyof typeof CHANGES]) =>
      Array.from({ length: times }).reduce<typeof start>((view) => turned(view, change), start);
    expect(again(4, CHANGES.right)).toEqual(start);
    expect(again(2, CHANGES.mirror)).toEqual(start);
    expect(turned(turned(start, CHANGES.left), CHANGES.right)).toEqual(start);
    expect(turned(turned(start, CHANGES.mirror), CHANGES.upsideDown).turn).toEqual([-1, 0, 0, -1]);
  });

  test("turning keeps in the middle what was in the middle", () => {
    const view = { ...WHOLE, zoom: 3, panX: 90, panY: -40 };
    const middle = (of: typeof view) => toPicture(200, 200, place(picture, screen, of));
    const before = middle(view);
    const after = middle(turned(view, CHANGES.right));
    expect(after.column).toBeCloseTo(before.column, 9);
    expect(after.row).toBeCloseTo(before.row, 9);
  });
});
