/** Directions and places: which side is named what, and where a pixel lies on the screen. */

import { describe, expect, test } from "vitest";
import { edgeLabels, letters } from "../src/geometry/orientation";
import { panBy, pixelAt, place, scaleBar, WHOLE, zoomAbout } from "../src/geometry/view";

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
    expect(place(picture, screen, WHOLE)).toEqual({ x: 0, y: 100, scaleX: 2, scaleY: 2 });
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
    expect(view).toEqual({ zoom: 1, panX: 200, panY: -200 });
  });

  test("the scale bar is a round length that fits", () => {
    const bar = scaleBar(0.5, { x: 0, y: 0, scaleX: 2, scaleY: 2 }, 130);
    expect(bar).toEqual({ millimetres: 20, pixels: 80 });
    expect(scaleBar(0, { x: 0, y: 0, scaleX: 2, scaleY: 2 }, 130)).toBeNull();
  });
});
