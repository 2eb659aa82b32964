/**
 * How alike statements are, without asking a model: the cosine of their terms, each weighed by how few
 * statements have it. A rare word that two statements share says that they speak of the same thing; "the" says
 * nothing, in whatever language. Sets rather than counts, since a statement is one sentence long.
 *
 * It compares wording. Statements with the same words are the same, the same thought in other words is not
 * found: where it says "only", it means "only in these words".
 */

import { isNumber, termsOf } from './terms';

/** A statement as it is compared: two with the same terms are one. */
interface Subject {
  /** Numbers of its terms, rising. */
  terms: Int32Array;
  /** Length of its vector, and of that without numbers. */
  length: number;
  wordsLength: number;
  weight: number;
}

export interface Pair {
  first: number;
  second: number;
  /** 0 to 1. */
  likeness: number;
  /** The same without the numbers: whether they speak of the same thing, whatever they count. */
  wordsLikeness: number;
  /** How much of the one that says less is in the other, 0 to 1. */
  contained: number;
}

interface Subjects {
  subjects: readonly Subject[];
  pairs: readonly Pair[];
}

/** Pairs below this are not worth a look. */
const LEAST_LIKENESS = 0.35;
/** A term in more statements than this share finds no pair by itself, it only counts in those found. */
const COMMON_SHARE = 0.1;
const LEAST_COMMON = 64;

/**
 * As if so many other statements had been read as well: of three short answers every word is rare, and the one
 * word that differs would outweigh the five that do not.
 */
const UNSEEN = 20;

/** The likeness of all statements that have something rare in common. `mayPair` leaves out what needs none. */
export function compareStatements(
  texts: readonly (readonly string[])[],
  mayPair: (first: number, second: number) => boolean,
): Subjects {
  const vocabulary = new Map<string, number>();
  const numbers: boolean[] = [];
  const found: number[] = [];
  const sets = texts.map((terms) => {
    const ids = new Set<number>();
    for (const term of terms) {
      let id = vocabulary.get(term);
      if (id === undefined) {
        id = vocabulary.size;
        vocabulary.set(term, id);
        numbers.push(isNumber(term));
        found.push(0);
      }
      ids.add(id);
    }
    for (const id of ids) found[id] = (found[id] ?? 0) + 1;
    return Int32Array.from(ids).sort();
  });
  const total = texts.length + UNSEEN;
  const weights = Float64Array.from(found, (count) => Math.log(1 + total / count));
  const subjects = sets.map((terms) => subjectOf(terms, weights, numbers));
  return { subjects, pairs: pairsOf(subjects, weights, numbers, found, mayPair) };
}

function subjectOf(terms: Int32Array, weights: Float64Array, numbers: readonly boolean[]): Subject {
  let all = 0;
  let words = 0;
  let weight = 0;
  for (const term of terms) {
    const each = weights[term] ?? 0;
    all += each * each;
    weight += each;
    if (!numbers[term]) words += each * each;
  }
  return { terms, length: Math.sqrt(all), wordsLength: Math.sqrt(words), weight };
}

function pairsOf(
  subjects: readonly Subject[],
  weights: Float64Array,
  numbers: readonly boolean[],
  found: readonly number[],
  mayPair: (first: number, second: number) => boolean,
): Pair[] {
  const common = Math.max(LEAST_COMMON, subjects.length * COMMON_SHARE);
  const holders: number[][] = found.map(() => []);
  const pairs: Pair[] = [];
  const overlap = new Float64Array(subjects.length);
  for (const [second, subject] of subjects.entries()) {
    const touched: number[] = [];
    for (const term of subject.terms) {
      if ((found[term] ?? 0) > common) continue;
      const weight = weights[term] ?? 0;
      const list = holders[term] ?? [];
      for (const first of list) {
        if (overlap[first] === 0) touched.push(first);
        overlap[first] = (overlap[first] ?? 0) + weight * weight;
      }
      list.push(second);
    }
    for (const first of touched) {
      const other = subjects[first];
      // What is common to both can add little; a pair that shares next to nothing rare is left.
      const isWorthIt = (overlap[first] ?? 0) > 0.1 * subject.length * (other?.length ?? 0);
      overlap[first] = 0;
      if (!other || !isWorthIt || !mayPair(first, second)) continue;
      const pair = likenessOf(other, subject, weights, numbers);
      const most = Math.max(pair.likeness, pair.wordsLikeness);
      if (most >= LEAST_LIKENESS) pairs.push({ first, second, ...pair });
    }
  }
  return pairs;
}

function likenessOf(
  first: Subject,
  second: Subject,
  weights: Float64Array,
  numbers: readonly boolean[],
): Omit<Pair, 'first' | 'second'> {
  let all = 0;
  let words = 0;
  let weight = 0;
  let at = 0;
  for (const term of first.terms) {
    while ((second.terms[at] ?? Infinity) < term) at += 1;
    if (second.terms[at] !== term) continue;
    const each = weights[term] ?? 0;
    all += each * each;
    weight += each;
    if (!numbers[term]) words += each * each;
  }
  return {
    likeness: ratio(all, first.length * second.length),
    wordsLikeness: ratio(words, first.wordsLength * second.wordsLength),
    contained: ratio(weight, Math.min(first.weight, second.weight)),
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(1, part / whole);
}

/**
 * How alike two whole texts are, 0 to 1: the share of their terms, and of their pairs of neighbouring
 * terms, that both have (Dice, each as often as it is there). Equal texts are exactly 1, and the order of
 * the two does not matter.
 */
export function textLikeness(first: string, second: string): number {
  if (first.trim() === second.trim()) return 1;
  const one = countsOf(first);
  const other = countsOf(second);
  if (one.total + other.total === 0) return 0;
  let shared = 0;
  for (const [term, count] of one.counts) shared += Math.min(count, other.counts.get(term) ?? 0);
  return (2 * shared) / (one.total + other.total);
}

function countsOf(text: string): { counts: ReadonlyMap<string, number>; total: number } {
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  let total = 0;
  let before: string | undefined;
  for (const line of text.split('\n')) {
    for (const term of termsOf(line)) {
      add(term);
      total += 1;
      if (before !== undefined) {
        add(`${before} ${term}`);
        total += 1;
      }
      before = term;
    }
  }
  return { counts, total };
}
