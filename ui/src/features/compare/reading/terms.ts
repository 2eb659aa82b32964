/**
 * What a statement is made of, for telling how alike two are. A term is the beginning of a word, since in
 * most languages what changes with grammar stands at its end: "channel" and "channels" are one term. Where a
 * script has no spaces between words, a term is two characters that stand together. Both are the usual way
 * to find text in a language nobody announced, and need no dictionary.
 */

/** Letters of a word that count. */
const STEM = 5;
/** More terms than these tell no more about a statement. */
const MOST_TERMS = 300;
/** Characters beyond these are not read: nobody wrote such a statement to be compared. */
const LONGEST = 8_000;

const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const WORD = /[\p{L}\p{M}\p{N}_]+(?:[.,'’](?=\p{N}|\p{L}{1,2}(?!\p{L}))[\p{L}\p{M}\p{N}_]+)*/gu;

/** One spelling of what may be spelt in two ways. */
export function normalForm(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
}

/** Accents come and go with grammar ("Kanal", "Kanäle"), and are left out by who types in a hurry. */
function withoutAccents(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC');
}

/** The terms of a text in their order, each as often as it is there. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const [word] of withoutAccents(normalForm(text.slice(0, LONGEST))).matchAll(WORD)) {
    if (UNSPACED.test(word)) terms.push(...pairsOf(word));
    else terms.push(stem(word));
    if (terms.length >= MOST_TERMS) break;
  }
  return terms;
}

/** Whether a term counts something: "64", "1.5", but not "utf8". */
export function isNumber(term: string): boolean {
  return /^\p{N}/u.test(term);
}

/** The beginning of a word; one with a digit in it, such as "utf8", is a name and stays whole. */
function stem(word: string): string {
  return word.length <= STEM || /\p{N}/u.test(word) ? word : word.slice(0, STEM);
}

function pairsOf(word: string): string[] {
  const characters = [...word];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
}
