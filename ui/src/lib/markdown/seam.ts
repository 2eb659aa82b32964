/**
 * Where a text was gone on with by somebody else, as a character that no text has, so that it survives the
 * reading of Markdown wherever words stand.
 */

/** Thirty-two code points that Unicode promises never to use; the place in the range is the seam's number. */
const FIRST = 0xfdd0;
const MOST = 32;
const ANY = /[\ufdd0-\ufdef]/g;

export interface SeamPlace {
  /** In code points. */
  at: number;
}

/** The same text with a mark at each seam. */
export function withSeams(text: string, seams: readonly SeamPlace[]): string {
  if (seams.length === 0) return text;
  const clean = text.replace(ANY, '');
  const characters = [...clean];
  let marked = '';
  let from = 0;
  for (const [index, { at }] of seams.slice(0, MOST).entries()) {
    const before = characters.slice(0, at).join('');
    if (at > characters.length || before.length < from) continue;
    const place = Math.max(safePlace(before), from);
    marked += clean.slice(from, place) + String.fromCodePoint(FIRST + index);
    from = place;
  }
  return marked + clean.slice(from);
}

/**
 * The end of the text where that is within or after a word; else the end of the last word before it, since
 * a mark among signs could change what they mean.
 */
function safePlace(before: string): number {
  if (/(^|\s)\p{L}+$/u.test(before)) return before.length;
  const words = [...before.matchAll(/(?<=^|\s)\p{L}+(?=[\s,.;:!?])/gu)];
  const last = words.at(-1);
  return last ? last.index + last[0].length : before.length;
}

export function withoutSeams(text: string): string {
  return text.replace(ANY, '');
}

/** The text between the seams, and the numbers of the seams. */
export function splitSeams(text: string): (string | number)[] {
  const parts: (string | number)[] = [];
  let from = 0;
  for (const { index } of text.matchAll(ANY)) {
    if (index > from) parts.push(text.slice(from, index));
    parts.push(text.charCodeAt(index) - FIRST);
    from = index + 1;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}
