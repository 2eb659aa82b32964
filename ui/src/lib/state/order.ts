/** Lists that a person puts in order, and names in them. */

/** The same items with one of them at another place. */
export function moved<Item>(items: readonly Item[], from: number, to: number): Item[] {
  const rest = [...items];
  const taken = rest.splice(from, 1);
  rest.splice(to, 0, ...taken);
  return rest;
}

/** "everyday copy", "everyday copy 2": a name that no route has yet. */
export function copyName(name: string, taken: readonly string[]): string {
  const lower = new Set(taken.map((each) => each.toLowerCase()));
  const base = `${name.replace(/ copy( \d+)?$/, '').slice(0, 50)} copy`;
  for (let number = 1; ; number += 1) {
    const wanted = number === 1 ? base : `${base} ${number}`;
    if (!lower.has(wanted.toLowerCase())) return wanted;
  }
}
