/** The field in which people sign by finger, pen or mouse. Strokes leave as "x y x y;x y", in its own thousandths. */

const MOST_POINTS = 4000;
const MOST_STROKES = 200;
const NEAR = 3;

const canvas = document.querySelector<HTMLCanvasElement>("canvas.signature");
const kept = document.querySelector<HTMLInputElement>("#strokes");
const context = canvas?.getContext("2d");

if (canvas && kept && context) {
  begin(canvas, kept, context);
}

function begin(field: HTMLCanvasElement, input: HTMLInputElement, pen: CanvasRenderingContext2D): void {
  const strokes: number[][] = input.value
    .split(";")
    .map((stroke) => stroke.split(" ").map(Number))
    .filter((stroke) => stroke.length > 1 && stroke.every(Number.isInteger));
  let drawing = -1;

  const draw = () => {
    pen.clearRect(0, 0, field.width, field.height);
    // Dark on light in either scheme, as ink is on paper.
    pen.strokeStyle = "#10202a";
    pen.lineWidth = 6;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of strokes) {
      pen.beginPath();
      pen.moveTo(stroke[0] ?? 0, stroke[1] ?? 0);
      for (let at = 0; at + 1 < stroke.length; at += 2) {
        pen.lineTo(stroke[at] ?? 0, stroke[at + 1] ?? 0);
      }
      pen.stroke();
    }
    input.value = strokes.map((stroke) => stroke.join(" ")).join(";");
  };
  const add = (event: PointerEvent) => {
    const box = field.getBoundingClientRect();
    const x = inside(((event.clientX - box.left) / box.width) * field.width, field.width);
    const y = inside(((event.clientY - box.top) / box.height) * field.height, field.height);
    const stroke = strokes[strokes.length - 1];
    const points = strokes.reduce((sum, one) => sum + one.length / 2, 0);
    if (!stroke || points >= MOST_POINTS) {
      return;
    }
    const [lastX = -NEAR, lastY = -NEAR] = stroke.slice(-2);
    if (stroke.length === 0 || Math.hypot(x - lastX, y - lastY) >= NEAR) {
      stroke.push(x, y);
    }
    draw();
  };

  field.addEventListener("pointerdown", (event) => {
    if (drawing !== -1 || strokes.length >= MOST_STROKES || event.button > 0) {
      return;
    }
    event.preventDefault();
    drawing = event.pointerId;
    field.setPointerCapture(event.pointerId);
    strokes.push([]);
    add(event);
  });
  field.addEventListener("pointermove", (event) => {
    if (event.pointerId === drawing) {
      add(event);
    }
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    field.addEventListener(end, (event) => {
      if (event.pointerId === drawing) {
        drawing = -1;
      }
    });
  }
  document.querySelector("#clear")?.addEventListener("click", () => {
    strokes.length = 0;
    draw();
  });
  document.querySelector("#signing")?.removeAttribute("hidden");
  draw();
}

function inside(value: number, most: number): number {
  return Math.min(most, Math.max(0, Math.round(value)));
}
