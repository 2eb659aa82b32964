/**
 * Signs that two statements about the same thing cannot both be right. None of them understands a word, so
 * each asks for much before it speaks: a contradiction that is none costs more trust than one that is missed.
 */

import { countsTheSame, figuresOf, saysTheSame, type Figure } from './figures';
import type { Pair } from './likeness';
import type { Span } from './sentences';
import { normalForm } from './terms';

export type Sign = 'number' | 'negation' | 'verdict';

interface Contradiction {
  sign: Sign;
  /** The words that differ, as indices into each statement's text. */
  first: Span[];
  second: Span[];
}

/** How alike the words around two numbers must be. */
const SAME_SUBJECT = 0.6;
/** How alike two statements must be of which one denies the other. */
const SAME_BUT_DENIED = 0.7;
/** Statements with more numbers than this differ in ways that no rule can sort out. */
const MOST_DIFFERING = 2;

export function contradictionOf(first: string, second: string, pair: Pair): Contradiction | null {
  if (isQuestion(first) || isQuestion(second)) return null;
  if (pair.wordsLikeness >= SAME_SUBJECT) {
    const numbers = differingNumbers(first, second);
    if (numbers) return numbers;
  }
  return pair.likeness >= SAME_BUT_DENIED ? denial(first, second) : null;
}

function isQuestion(text: string): boolean {
  return /[?？؟]["'”’)]*\s*$/.test(text);
}

function differingNumbers(first: string, second: string): Contradiction | null {
  const one = countingFigures(first);
  const other = countingFigures(second);
  const onlyOne = one.filter((figure) => !other.some((each) => saysTheSame(figure, each)));
  const onlyOther = other.filter((figure) => !one.some((each) => saysTheSame(figure, each)));
  const most = Math.max(onlyOne.length, onlyOther.length);
  if (onlyOne.length === 0 || onlyOther.length === 0 || most > MOST_DIFFERING) return null;
  // Every one must have its counterpart: else it is more likely that they speak of different things.
  const hasCounterpart = (figure: Figure, others: Figure[]) =>
    others.some((each) => countsTheSame(figure, each));
  if (!onlyOne.every((figure) => hasCounterpart(figure, onlyOther))) return null;
  if (!onlyOther.every((figure) => hasCounterpart(figure, onlyOne))) return null;
  if (isWithin(onlyOne, one, other) || isWithin(onlyOther, other, one)) return null;
  return { sign: 'number', first: onlyOne.map(spanOf), second: onlyOther.map(spanOf) };
}

/** Without the number of a step or a figure, which counts nothing. */
function countingFigures(text: string): Figure[] {
  return figuresOf(text).filter(({ start, end }) => {
    const isLead = start < 24 && /^\s*[:.)–—-]\s/.test(text.slice(end, end + 3));
    return !(isLead && /^[\p{L}\s*_]*$/u.test(text.slice(0, start)));
  });
}

/** "32 to 128" and "64" can both be right. */
function isWithin(
  inner: readonly Figure[],
  mine: readonly Figure[],
  theirs: readonly Figure[],
): boolean {
  return inner.every((figure) => {
    const [value] = figure.values;
    if (value === undefined) return false;
    const bounds = theirs
      .filter((each) => countsTheSame(each, figure))
      .flatMap((each) => each.values.slice(0, 1));
    return (
      mine.length > 0 &&
      bounds.length >= 2 &&
      Math.min(...bounds) <= value &&
      value <= Math.max(...bounds)
    );
  });
}

function spanOf({ start, end }: Figure): Span {
  return { start, end };
}

/**
 * Words that deny. Not all that a language has, only those that are nothing else in another language whose
 * words are here too; "no" of Spanish and English is "in the" in Portuguese, see `denialsIn`.
 */
const DENYING = new Set(
  (
    'not never cannot without no neither nor ' +
    "don't doesn't didn't isn't aren't wasn't weren't won't wouldn't can't couldn't shouldn't mustn't hasn't " +
    "haven't hadn't dont doesnt isnt cant wont " +
    'nicht kein keine keinen keiner keinem nie niemals ohne ' +
    'pas jamais aucun aucune sans nunca jamás sin ningún ninguna não sem nenhum nenhuma ' +
    'non mai senza nessun nessuna niet geen nooit zonder inte ej aldrig utan ikke ingen aldri uten ' +
    'nigdy bez не нет никогда без нельзя değil asla ' +
    'ليس لم لن नहीं मत'
  ).split(' '),
);
/** Where there are no spaces, the signs that deny are looked for in the text. */
const DENYING_SIGNS =
  /不(?!同|过|過|仅|僅|断|斷|少|但)|没有|沒有|无法|無法|ません|ない|않|안\s|없/g;
const WORD = /[\p{L}\p{M}]+(?:['’]\p{L}+)?/gu;
/** "Not only fast" denies nothing, and neither does "no matter". */
const NO_DENIAL =
  /^(?:\s+(?:only|just|merely|nur|seulement|solo|sólo|só|apenas|soltanto|alleen|bara|matter|doubt)(?!\p{L}))/u;

function denial(first: string, second: string): Contradiction | null {
  const isPortuguese = /(?:^|\s)(?:não|uma|também|são)(?=\s)/iu.test(`${first} ${second}`);
  const one = denialsIn(first, isPortuguese);
  const other = denialsIn(second, isPortuguese);
  // Two denials may be one that is only put more strongly, or none; one against none is clear.
  const isClear =
    (one.length === 1 && other.length === 0) || (one.length === 0 && other.length === 1);
  if (!isClear) return null;
  return { sign: 'negation', first: one, second: other };
}

function denialsIn(text: string, isPortuguese: boolean): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(WORD)) {
    const word = normalForm(match[0]);
    if (!DENYING.has(word) || (word === 'no' && isPortuguese)) continue;
    const end = match.index + match[0].length;
    if (NO_DENIAL.test(text.slice(end, end + 16))) continue;
    spans.push({ start: match.index, end });
  }
  for (const match of text.matchAll(DENYING_SIGNS)) {
    spans.push({ start: match.index, end: match.index + match[0].length });
  }
  return spans;
}

const YES = new Set(
  'yes yep ja oui sí si sì sim да evet tak 是 是的 はい 네 예 نعم हाँ true wahr vrai verdadero correct'.split(
    ' ',
  ),
);
const NO = new Set(
  'no nope nein non não nee nej нет hayır 不 不是 否 いいえ 아니요 لا नहीं false falsch faux falso incorrect'.split(
    ' ',
  ),
);

/** Yes or no, where an answer begins with the bare word: "No, it is not", but not "No problem". */
export function verdictOf(text: string): { isYes: boolean; span: Span } | null {
  const match = /^[\s"'“*_]*([\p{L}\p{M}]+)(?=\s*(?:$|[,.!;:，。！、–—-]))/u.exec(text);
  const word = normalForm(match?.[1] ?? '');
  if (!match || (!YES.has(word) && !NO.has(word))) return null;
  const end = match[0].length;
  return { isYes: YES.has(word), span: { start: end - (match[1]?.length ?? 0), end } };
}
