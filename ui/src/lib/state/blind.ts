/** In which order the answers of a case stand where nobody is to know whose they are. */

/** The same for the same case, and for another one another. */
export function shuffled(count: number, seed: string): number[] {
  let state = 2_166_136_261;
  for (const character of seed) {
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  }
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    const held = order[last] ?? last;
    order[last] = order[other] ?? other;
    order[other] = held;
  }
  return order;
}

/** "Answer A", "Answer B": what they are called until then. */
export function blindName(position: number): string {
  return `Answer ${String.fromCharCode(65 + position)}`;
}
