/** The inverse discrete cosine transform of a block of 8 by 8 coefficients (ISO 10918-1 A.3.3). */

/** COSINES[8 * u + x]: half the cosine of (2x + 1)uπ/16, the first row divided by √2. */
const COSINES = Float64Array.from({ length: 64 }, (_, at) => {
  const u = at >> 3;
  const x = at & 7;
  return (u === 0 ? Math.SQRT1_2 : 1) * Math.cos(((2 * x + 1) * u * Math.PI) / 16) * 0.5;
});

const between = new Float64Array(64);

/** In place. */
export function inverseCosines(block: Float64Array): void {
  let last = 63;
  while (last > 0 && block[last] === 0) {
    last -= 1;
  }
  if (last === 0) {
    block.fill((block[0] ?? 0) / 8);
    return;
  }
  const rows = (last >> 3) + 1;
  for (let v = 0; v < rows; v++) {
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) {
        sum += (block[v * 8 + u] ?? 0) * (COSINES[u * 8 + x] ?? 0);
      }
      between[v * 8 + x] = sum;
    }
  }
  for (let x = 0; x < 8; x++) {
    for (let y = 0; y < 8; y++) {
      let sum = 0;
      for (let v = 0; v < rows; v++) {
        sum += (between[v * 8 + x] ?? 0) * (COSINES[v * 8 + y] ?? 0);
      }
      block[y * 8 + x] = sum;
    }
  }
}
