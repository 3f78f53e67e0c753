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
