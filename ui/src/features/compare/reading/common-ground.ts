/**
 * What several answers share, what only one of them says, and where they differ, by their wording alone.
 */

import type { TextMark } from '../../../lib/markdown/marks';
import { contradictionOf, verdictOf, type Sign } from './contradictions';
import { compareStatements, type Pair } from './likeness';
import type { Passage, Reading } from './reading';
import type { Span } from './sentences';
import { readStatements, type Statement } from './statements';
import { termsOf } from './terms';

/** Said by all answers, by some of them, or by one. */
type RangeKind = 'shared' | 'some' | 'only';

interface GroundRange {
  start: number;
  end: number;
  kind: RangeKind;
  /** How many answers say it. */
  count: number;
}

/** What all say, in the words of each, in the order of the answers. */
export interface SharedStatement {
  text: string;
  places: readonly Passage[];
}

interface DifferenceSide extends Passage {
  /** The words that differ, as indices into `text`. */
  words: readonly Span[];
}

/** Statements of two or more answers that cannot all be right. */
export interface Difference {
  sign: Sign;
  sides: readonly DifferenceSide[];
}

export interface CommonGround {
  /** Ranges in their order, which never overlap. What is too short to be compared has none. */
  ranges: Readonly<Record<string, readonly GroundRange[]>>;
  shared: readonly SharedStatement[];
  /** Without what stands in a difference. */
  only: readonly Passage[];
  differences: readonly Difference[];
  /** Whether an answer was so long that its end was not compared. */
  isPartial: boolean;
}

/** From here on two statements say the same. */
const SAME = 0.55;
/** Or where nearly all of the shorter one is in the other, and they are not too unlike as a whole. */
const CONTAINED = 0.85;
const SAME_WHERE_CONTAINED = 0.42;
const LEAST_CONTAINED_TERMS = 4;
/** Fewer terms than this say nothing that could be held against anything ("Sure!"). */
const LEAST_TERMS = 3;
/** Statements of one answer that are compared. */
const MOST_STATEMENTS = 2_000;

interface Claim extends Statement {
  answer: number;
  /** The number of its group: statements with the same terms are one. */
  group: number;
}

interface Group {
  terms: readonly string[];
  isCode: boolean;
  claims: Claim[];
  /** The answers that say it, a bit for each. */
  answers: number;
}

export function findCommonGround(readings: readonly Reading[]): CommonGround {
  const { claims, groups, isPartial } = readClaims(readings);
  const { pairs } = compareStatements(
    groups.map(({ terms }) => terms),
    (first, second) => groups[first]?.isCode === groups[second]?.isCode,
  );
  const opposed = findOpposed(groups, pairs);
  const differences = [
    ...verdictDifferences(readings, claims),
    ...bareNumberDifferences(readings, claims),
    ...joinOpposed(readings, groups, opposed),
  ];

  const denied = new Set(opposed.map(({ pair }) => pair));
  const alike = groups.map((): number[] => []);
  for (const pair of pairs) {
    if (!isSame(pair, groups) || denied.has(pair)) continue;
    alike[pair.first]?.push(pair.second);
    alike[pair.second]?.push(pair.first);
  }
  const says = groups.map((group, index) =>
    (alike[index] ?? []).reduce((all, other) => all | (groups[other]?.answers ?? 0), group.answers),
  );
  const found = rangesOf(readings, claims, groups, says, alike);
  // What goes against another answer is told there, and not once more as something that only one says.
  const opposing = new Set(differences.flatMap(({ sides }) => sides.map(keyOf)));
  const only = found.only.filter((passage) => !opposing.has(keyOf(passage)));
  return { ...found, only, differences, isPartial };
}

function readClaims(readings: readonly Reading[]) {
  const claims: Claim[] = [];
  const groups: Group[] = [];
  const numbers = new Map<string, number>();
  let isPartial = false;
  for (const [answer, reading] of readings.entries()) {
    const { statements } = readStatements(reading.text);
    isPartial ||= statements.length > MOST_STATEMENTS;
    for (const statement of statements.slice(0, MOST_STATEMENTS)) {
      const terms = termsOf(statement.text);
      const isCode = statement.kind === 'code';
      const key = terms.length > 0 ? `${isCode}\n${terms.join(' ')}` : `=\n${statement.text}`;
      const group = numbers.get(key) ?? groups.length;
      numbers.set(key, group);
      groups[group] ??= { terms, isCode, claims: [], answers: 0 };
      const claim = { ...statement, answer, group };
      groups[group].claims.push(claim);
      groups[group].answers |= 1 << answer;
      claims.push(claim);
    }
  }
  return { claims, groups, isPartial };
}

function isSame({ first, second, likeness, contained }: Pair, groups: readonly Group[]): boolean {
  if (likeness >= SAME) return true;
  const least = Math.min(groups[first]?.terms.length ?? 0, groups[second]?.terms.length ?? 0);
  return (
    contained >= CONTAINED && likeness >= SAME_WHERE_CONTAINED && least >= LEAST_CONTAINED_TERMS
  );
}

interface Opposed {
  pair: Pair;
  sign: Sign;
  words: readonly [Span[], Span[]];
}

/**
 * Pairs that contradict each other. Only statements that are each other's nearest in their answers are
 * asked, and none that one and the same answer makes both of.
 */
function findOpposed(groups: readonly Group[], pairs: readonly Pair[]): Opposed[] {
  const nearest = nearestOf(groups, pairs);
  const opposed: Opposed[] = [];
  for (const pair of pairs) {
    const first = groups[pair.first];
    const second = groups[pair.second];
    if (!first || !second || first.isCode || (first.answers & second.answers) !== 0) continue;
    const isNearest =
      second.claims.some(({ answer }) => nearest.get(`${pair.first} ${answer}`) === pair) &&
      first.claims.some(({ answer }) => nearest.get(`${pair.second} ${answer}`) === pair);
    if (!isNearest) continue;
    const found = contradictionOf(first.claims[0]?.text ?? '', second.claims[0]?.text ?? '', pair);
    if (found) opposed.push({ pair, sign: found.sign, words: [found.first, found.second] });
  }
  return opposed;
}

/** For each group and answer the pair that leads to what is nearest there. */
function nearestOf(groups: readonly Group[], pairs: readonly Pair[]): ReadonlyMap<string, Pair> {
  const nearest = new Map<string, Pair>();
  const offer = (from: number, to: number, pair: Pair) => {
    for (const { answer } of groups[to]?.claims ?? []) {
      const key = `${from} ${answer}`;
      const best = nearest.get(key);
      if (!best || pair.wordsLikeness > best.wordsLikeness) nearest.set(key, pair);
    }
  };
  for (const pair of pairs) {
    offer(pair.first, pair.second, pair);
    offer(pair.second, pair.first, pair);
  }
  return nearest;
}

/** Pairs with a statement in common are one difference, with as many sides as there are answers in it. */
function joinOpposed(
  readings: readonly Reading[],
  groups: readonly Group[],
  opposed: readonly Opposed[],
): Difference[] {
  const joined: { sign: Sign; sides: Map<number, Span[]> }[] = [];
  for (const { pair, sign, words } of opposed) {
    let into = joined.find(
      (each) => each.sign === sign && (each.sides.has(pair.first) || each.sides.has(pair.second)),
    );
    if (!into) {
      into = { sign, sides: new Map() };
      joined.push(into);
    }
    if (!into.sides.has(pair.first)) into.sides.set(pair.first, words[0]);
    if (!into.sides.has(pair.second)) into.sides.set(pair.second, words[1]);
  }
  return joined.map(({ sign, sides }) => {
    const all = [...sides].flatMap(([group, words]) =>
      onePerAnswer(groups[group]?.claims ?? []).map((claim) => ({
        answer: claim.answer,
        side: { ...passageOf(readings, claim), words },
      })),
    );
    all.sort((a, b) => a.answer - b.answer);
    return { sign, sides: all.map(({ side }) => side) };
  });
}

/** Answers of which one begins with yes and another with no. */
function verdictDifferences(readings: readonly Reading[], claims: readonly Claim[]): Difference[] {
  const verdicts = onePerAnswer(claims).flatMap((claim) => {
    const verdict = verdictOf(claim.text);
    return verdict ? [{ claim, ...verdict }] : [];
  });
  const isOneSided = verdicts.every(({ isYes }) => isYes === verdicts[0]?.isYes);
  if (isOneSided) return [];
  const sides = verdicts.map(({ claim, span }) => ({
    ...passageOf(readings, claim),
    words: [span],
  }));
  return [{ sign: 'verdict', sides }];
}

/** Answers that are nothing but a number each, and not the same one. */
function bareNumberDifferences(
  readings: readonly Reading[],
  claims: readonly Claim[],
): Difference[] {
  const counts = countsOf(readings, claims);
  const bare = claims.filter(
    ({ answer, text }) => counts[answer] === 1 && /^[\s$€£]*[-−]?\d[\d.,]*\s?%?[\s.]*$/.test(text),
  );
  const values = new Set(bare.map(({ text }) => text.replace(/[^\d.,%−-]|[.,]$/g, '')));
  if (values.size < 2) return [];
  const sides = bare.map((claim) => ({
    ...passageOf(readings, claim),
    words: [{ start: 0, end: claim.text.length }],
  }));
  return [{ sign: 'number', sides }];
}

function rangesOf(
  readings: readonly Reading[],
  claims: readonly Claim[],
  groups: readonly Group[],
  says: readonly number[],
  alike: readonly (readonly number[])[],
): Pick<CommonGround, 'ranges' | 'shared' | 'only'> {
  const ranges: Record<string, GroundRange[]> = Object.fromEntries(
    readings.map(({ id }): [string, GroundRange[]] => [id, []]),
  );
  const counts = countsOf(readings, claims);
  const shared: SharedStatement[] = [];
  const only: Passage[] = [];
  const listed = new Set<Claim>();
  for (const claim of claims) {
    const { start, end, answer, group } = claim;
    const reading = readings[answer];
    if (!reading) continue;
    const count = bitsOf(says[group] ?? 0);
    const isSmall = (groups[group]?.terms.length ?? 0) < LEAST_TERMS && (counts[answer] ?? 0) > 2;
    if (count === 1 && (isSmall || readings.length < 2)) continue;
    const kind = count === readings.length ? 'shared' : count === 1 ? 'only' : 'some';
    ranges[reading.id]?.push({ start, end, kind, count });
    if (kind === 'only') only.push(passageOf(readings, claim));
    if (kind !== 'shared' || listed.has(claim) || isSmall) continue;
    const others = [group, ...(alike[group] ?? [])].flatMap((each) => groups[each]?.claims ?? []);
    const same = [claim, ...others.filter((other) => other.answer !== answer)];
    for (const each of [...same, ...(groups[group]?.claims ?? [])]) listed.add(each);
    const places = onePerAnswer(same).map((each) => passageOf(readings, each));
    shared.push({ text: claim.text, places });
  }
  return { ranges, shared, only };
}

/** How many statements each answer makes. */
function countsOf(readings: readonly Reading[], claims: readonly Claim[]): number[] {
  const counts = readings.map(() => 0);
  for (const { answer } of claims) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

/** The first of each answer, in the order of the answers. */
function onePerAnswer(claims: readonly Claim[]): Claim[] {
  const first = new Map<number, Claim>();
  for (const claim of claims) if (!first.has(claim.answer)) first.set(claim.answer, claim);
  return [...first.values()].sort((a, b) => a.answer - b.answer);
}

function passageOf(readings: readonly Reading[], { answer, start, end, text }: Claim): Passage {
  return { answerId: readings[answer]?.id ?? '', start, end, text };
}

function keyOf({ answerId, start }: Passage): string {
  return `${start} ${answerId}`;
}

function bitsOf(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** The marks of one answer. What it differs on is marked as that, whoever else says it. */
export function marksOf(ground: CommonGround, answerId: string): TextMark[] {
  const differing = new Map<number, Difference>();
  for (const difference of ground.differences) {
    for (const side of difference.sides) {
      if (side.answerId === answerId) differing.set(side.start, difference);
    }
  }
  const total = Object.keys(ground.ranges).length;
  const marks = (ground.ranges[answerId] ?? []).map((range): TextMark => {
    const { start, end } = range;
    if (differing.delete(start)) return { start, end, kind: 'differs', words: DIFFERS };
    return { start, end, kind: range.kind, words: wordsFor(range, total) };
  });
  for (const [start, { sides }] of differing) {
    const side = sides.find((each) => each.answerId === answerId && each.start === start);
    if (side) marks.push({ start, end: side.end, kind: 'differs', words: DIFFERS });
  }
  return marks.sort((a, b) => a.start - b.start);
}

const DIFFERS = 'Answers differ on this';

function wordsFor({ kind, count }: GroundRange, total: number): string {
  if (kind === 'only') return 'Only this answer says';
  if (kind === 'some') return `${count} of ${total} say`;
  return total === 2 ? 'Both say' : `All ${total} say`;
}
