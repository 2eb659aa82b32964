/**
 * Character references in text. The lexer leaves them to whoever writes HTML; here text is set as text,
 * so they are resolved by hand: all numeric ones, and the named ones that people and models write.
 */

import type { Places } from './places';

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  ensp: '\u2002',
  emsp: '\u2003',
  thinsp: '\u2009',
  shy: '\u00ad',
  copy: '©',
  reg: '®',
  trade: '™',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  bull: '•',
  middot: '·',
  deg: '°',
  plusmn: '±',
  times: '×',
  divide: '÷',
  minus: '−',
  frac12: '½',
  frac14: '¼',
  sup2: '²',
  sup3: '³',
  micro: 'µ',
  para: '¶',
  sect: '§',
  euro: '€',
  pound: '£',
  yen: '¥',
  cent: '¢',
  larr: '←',
  uarr: '↑',
  rarr: '→',
  darr: '↓',
  harr: '↔',
  rArr: '⇒',
  ne: '≠',
  le: '≤',
  ge: '≥',
  asymp: '≈',
  infin: '∞',
  radic: '√',
  sum: '∑',
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  Delta: 'Δ',
  lambda: 'λ',
  mu: 'μ',
  pi: 'π',
  sigma: 'σ',
  omega: 'ω',
  Omega: 'Ω',
  check: '✓',
  star: '☆',
};

const REFERENCE = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{2,8}));/g;

export function decodeEntities(text: string): string {
  return text.includes('&') ? text.replace(REFERENCE, decodeOne) : text;
}

/** The same, with the places of its letters; the text stands at `at`. */
export function decodeWithPlaces(text: string, at: number): { text: string; places: Places } {
  if (!text.includes('&')) return { text, places: [0, at] };
  const places = [0, at];
  let decoded = '';
  let from = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, decimal, hex, name] = match;
    const end = match.index + whole.length;
    decoded += text.slice(from, match.index);
    places.push(decoded.length, at + match.index);
    decoded += decodeOne(whole, decimal, hex, name);
    places.push(decoded.length, at + end);
    from = end;
  }
  return { text: decoded + text.slice(from), places };
}

function decodeOne(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? whole) : whole;
  const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const isCharacter = point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
  return isCharacter ? String.fromCodePoint(point) : '\ufffd';
}
