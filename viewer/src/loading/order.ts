/** In which order the pictures of a series are wanted. */

/**
 * All indices of 0..count-1, the cursor first, then by distance; of two equally far, the one lying in the direction of
 * travel (+1 or -1) comes first. At most `reach` indices.
 */
export function nearestFirst(count: number, cursor: number, direction: 1 | -1, reach = count): number[] {
  const order: number[] = [];
  if (count <= 0) {
    return order;
  }
  const start = Math.max(0, Math.min(count - 1, cursor));
  order.push(start);
  for (let distance = 1; distance < count && order.length < reach; distance++) {
    for (const index of [start + direction * distance, start - direction * distance]) {
      if (index >= 0 && index < count && order.length < reach) {
        order.push(index);
      }
    }
  }
  return order;
}

/** How many pictures of a series may be held at once; a fifth of the budget is left to what else there is. */
export function reachWithin(budget: number, bytesPerPicture: number, count: number): number {
  return Math.max(1, Math.min(count, Math.floor((budget * 0.8) / Math.max(1, bytesPerPicture))));
}

/**
 * The indices in the order in which a film will show them from the cursor on: round and round, or to the end and back.
 * Each is named once, at most `reach`.
 */
export function playingOrder(
  count: number,
  cursor: number,
  direction: 1 | -1,
  bounce: boolean,
  reach = count,
): number[] {
  const order: number[] = [];
  if (count <= 0) {
    return order;
  }
  const seen = new Set<number>();
  let at = { index: Math.max(0, Math.min(count - 1, cursor)), direction };
  // A bounce comes by everything within twice the length.
  for (let steps = 0; steps < count * 2 && order.length < Math.min(reach, count); steps++) {
    if (!seen.has(at.index)) {
      seen.add(at.index);
      order.push(at.index);
    }
    at = nextPlayed(count, at.index, at.direction, bounce);
  }
  return order;
}

/** What a film shows after a picture, and which way it then runs. */
export function nextPlayed(
  count: number,
  index: number,
  direction: 1 | -1,
  bounce: boolean,
): { index: number; direction: 1 | -1 } {
  const next = index + direction;
  if (count < 2) {
    return { index: 0, direction };
  }
  if (next >= 0 && next < count) {
    return { index: next, direction };
  }
  if (bounce) {
    const back = direction === 1 ? -1 : 1;
    return { index: index + back, direction: back };
  }
  return { index: direction === 1 ? 0 : count - 1, direction };
}
