/**
 * Words that stand once in each of two long texts, in the same order in both. Between them the texts can be
 * compared piece by piece, where comparing them as a whole would take time by the square of what differs.
 */

export type Anchor = readonly [first: number, second: number];

/** The longest row of pairs that rises on both sides. */
export function anchorsOf(first: readonly string[], second: readonly string[]): Anchor[] {
  const places = onlyOnce(second);
  const pairs: Anchor[] = [];
  for (const [key, index] of onlyOnce(first)) {
    const other = places.get(key);
    if (other !== undefined) pairs.push([index, other]);
  }
  return longestRise(pairs.sort(([one], [other]) => one - other));
}

function onlyOnce(keys: readonly string[]): Map<string, number> {
  const once = new Map<string, number>();
  const more = new Set<string>();
  for (const [index, key] of keys.entries()) {
    if (once.has(key)) more.add(key);
    once.set(key, index);
  }
  for (const key of more) once.delete(key);
  return once;
}

/** By patience sorting: `ends` holds for each length the pair that ends such a row soonest. */
function longestRise(pairs: readonly Anchor[]): Anchor[] {
  const ends: number[] = [];
  const before: number[] = [];
  for (const [index, [, second]] of pairs.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[ends[middle] ?? 0]?.[1] ?? 0) < second) low = middle + 1;
      else high = middle;
    }
    before[index] = low > 0 ? (ends[low - 1] ?? -1) : -1;
    ends[low] = index;
  }
  const rise: Anchor[] = [];
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) {
    const pair = pairs[index];
    if (pair) rise.push(pair);
  }
  return rise.reverse();
}
