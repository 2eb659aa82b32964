/**
 * The numbers that a text gives, with their units and the words beside them, so that two of them are only
 * ever held against each other where both count the same thing.
 */

import { normalForm } from './terms';

export interface Figure {
  /** Where it stands in the text, with its unit. */
  start: number;
  end: number;
  /** What it may mean: "1,500" is read in two ways. Empty for a date, a version or a time of day. */
  values: readonly number[];
  /** As it is written, in one spelling. */
  written: string;
  /** How many digits stand behind its decimal sign. */
  decimals: number;
  /** What kind of quantity its unit measures, or null where it has no unit that is known. */
  dimension: string | null;
  /** The words in front of it and behind it, or empty. */
  before: string;
  after: string;
}

/** How large a unit is among those of its dimension. */
const UNITS: Readonly<Record<string, readonly [dimension: string, size: number]>> = {
  ns: ['time', 1e-9],
  µs: ['time', 1e-6],
  μs: ['time', 1e-6],
  us: ['time', 1e-6],
  ms: ['time', 1e-3],
  s: ['time', 1],
  sec: ['time', 1],
  second: ['time', 1],
  seconds: ['time', 1],
  min: ['time', 60],
  minute: ['time', 60],
  minutes: ['time', 60],
  h: ['time', 3600],
  hour: ['time', 3600],
  hours: ['time', 3600],
  day: ['time', 86_400],
  days: ['time', 86_400],
  week: ['time', 604_800],
  weeks: ['time', 604_800],
  bytes: ['data', 1],
  kb: ['data', 1e3],
  kib: ['data', 1024],
  mb: ['data', 1e6],
  mib: ['data', 1_048_576],
  gb: ['data', 1e9],
  gib: ['data', 1_073_741_824],
  tb: ['data', 1e12],
  tib: ['data', 1_099_511_627_776],
  mm: ['length', 1e-3],
  cm: ['length', 1e-2],
  m: ['length', 1],
  km: ['length', 1e3],
  ft: ['length', 0.3048],
  feet: ['length', 0.3048],
  mi: ['length', 1609.344],
  mile: ['length', 1609.344],
  miles: ['length', 1609.344],
  mg: ['mass', 1e-3],
  g: ['mass', 1],
  kg: ['mass', 1e3],
  lb: ['mass', 453.592],
  oz: ['mass', 28.3495],
  hz: ['frequency', 1],
  khz: ['frequency', 1e3],
  mhz: ['frequency', 1e6],
  ghz: ['frequency', 1e9],
  '%': ['share', 1],
  percent: ['share', 1],
  '°c': ['celsius', 1],
  '°f': ['fahrenheit', 1],
  $: ['dollars', 1],
  usd: ['dollars', 1],
  dollars: ['dollars', 1],
  '€': ['euros', 1],
  eur: ['euros', 1],
  euros: ['euros', 1],
  '£': ['pounds', 1],
  '¥': ['yen', 1],
};

const NUMBER =
  /(?<![\p{L}\p{N}_.,])(?:(?<currency>[$€£¥])\s?)?(?<digits>\d{1,3}(?:[,'\u00a0\u202f ]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:[.,:/-]\d+)*)(?:\s?(?<unit>[%€£¥$]|°[CF]|[\p{L}µμ]+))?/gu;
const WORD_BEFORE = /([\p{L}\p{M}]+)[\s*_`"'(~≈≤≥<>=:]*$/u;
const WORD_AFTER = /^[\s*_`"')-]*([\p{L}\p{M}]+)/u;
/** Text beyond this is not searched for numbers. */
const LONGEST = 20_000;
const MOST_FIGURES = 200;

export function figuresOf(wholeText: string): Figure[] {
  const text = wholeText.slice(0, LONGEST);
  const figures: Figure[] = [];
  for (const match of text.matchAll(NUMBER)) {
    const { currency, digits = '', unit: word } = match.groups ?? {};
    const named = UNITS[currency ?? normalForm(word ?? '')];
    const digitsEnd =
      match.index +
      match[0].length -
      (word === undefined ? 0 : match[0].length - lengthWithout(match[0], word));
    const end = named && currency === undefined ? match.index + match[0].length : digitsEnd;
    const before = normalForm(
      WORD_BEFORE.exec(text.slice(Math.max(0, match.index - 40), match.index))?.[1] ?? '',
    );
    const after = normalForm(WORD_AFTER.exec(text.slice(digitsEnd, digitsEnd + 40))?.[1] ?? '');
    const isNegative = /(?:^|[\s(=:])[-−]$/.test(
      text.slice(Math.max(0, match.index - 2), match.index),
    );
    const range = currency === undefined ? /^(\d+)-(\d+)$/.exec(digits) : null;
    const parts = range ? [range[1] ?? '', range[2] ?? ''] : [digits];
    for (const part of parts) {
      figures.push({
        start: match.index,
        end,
        ...readNumber(part, isNegative, named?.[1] ?? 1),
        dimension: named?.[0] ?? null,
        before,
        after,
      });
    }
    if (figures.length >= MOST_FIGURES) break;
  }
  return figures;
}

/** The length of what was matched without the unit and the space before it. */
function lengthWithout(matched: string, unit: string): number {
  return matched.slice(0, matched.length - unit.length).trimEnd().length;
}

function readNumber(
  digits: string,
  isNegative: boolean,
  size: number,
): Pick<Figure, 'values' | 'written' | 'decimals'> {
  const written = `${isNegative ? '-' : ''}${digits.replace(/[\u00a0\u202f ']/g, '')}`;
  const sign = isNegative ? -size : size;
  const plain = digits.replace(/[\u00a0\u202f ']/g, '');
  if (/^\d+$/.test(plain)) return { values: [sign * Number(plain)], written, decimals: 0 };
  // Thousands, and perhaps a decimal sign of the other kind behind them.
  const grouped = /^(\d{1,3}(?:,\d{3})+)(\.\d+)?$|^(\d{1,3}(?:\.\d{3})+)(,\d+)?$/.exec(plain);
  const simple = /^(\d+)[.,](\d+)$/.exec(plain);
  const values: number[] = [];
  if (grouped) {
    const [, english, point = '', other = '', comma = ''] = grouped;
    const whole = (english ?? other).replace(/[.,]/g, '');
    values.push(sign * Number(`${whole}${(point || comma).replace(',', '.')}`));
  }
  if (simple) values.push(sign * Number(`${simple[1] ?? ''}.${simple[2] ?? ''}`));
  const decimals = simple?.[2]?.length ?? (grouped?.[2] ?? grouped?.[4] ?? '.').length - 1;
  return { values, written, decimals };
}

/** Whether two figures say the same, one of them perhaps more exactly than the other. */
export function saysTheSame(one: Figure, other: Figure): boolean {
  if (one.written === other.written && one.dimension === other.dimension) {
    if (one.values.length === 0 || other.values.length === 0) return true;
    if (one.values.some((value) => other.values.includes(value))) return true;
  }
  if (one.values.length === 0 || other.values.length === 0) return false;
  if (one.dimension !== null && other.dimension !== null && one.dimension !== other.dimension) {
    return false;
  }
  return one.values.some((a) => other.values.some((b) => isRounded(a, b, one, other)));
}

/** Years are close to each other and differ all the same. */
const LIKE_A_YEAR = /^[12]\d{3}$/;

function isRounded(a: number, b: number, one: Figure, other: Figure): boolean {
  if (a === b) return true;
  const isYear = LIKE_A_YEAR.test(one.written) && LIKE_A_YEAR.test(other.written);
  if (isYear && one.dimension === null && other.dimension === null) return false;
  // "3.14" for 3.14159, "5 km" for 3.1 miles, "300,000" for 299,792.
  const digits = Math.min(one.decimals, other.decimals);
  const step = 10 ** -digits;
  const isSameUnit = Math.abs(a - b) <= step / 2 && one.decimals !== other.decimals;
  const larger = Math.max(Math.abs(a), Math.abs(b));
  const isConverted =
    one.dimension !== null && Math.abs(a - b) <= 0.01 * larger && one.after !== other.after;
  const isRough = larger >= 10_000 && Math.abs(a - b) <= 0.01 * larger;
  return isSameUnit || isConverted || isRough;
}

/** Whether two figures count the same thing: the same kind of quantity, or the same word beside them. */
export function countsTheSame(one: Figure, other: Figure): boolean {
  const isLiteral = one.values.length === 0;
  if (isLiteral !== (other.values.length === 0)) return false;
  if (isLiteral && shapeOf(one) !== shapeOf(other)) return false;
  const hasSameBefore = one.before !== '' && one.before === other.before;
  if (one.dimension !== null || other.dimension !== null) return one.dimension === other.dimension;
  const hasSameAfter = one.after !== '' && one.after === other.after;
  return hasSameAfter || (hasSameBefore && (one.after === '' || other.after === ''));
}

/** Dates are held against dates, versions against versions. */
function shapeOf({ written }: Figure): string {
  return written.replace(/\d+/g, '').slice(0, 3);
}
