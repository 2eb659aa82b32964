/** Two rounds of one comparison in words: what was, what is, and which way it went. */

import { formatCount, formatDuration, formatSpeed } from '../../../lib/format';
import type {
  AgainstFigures,
  AgainstView,
  CellAgainst,
  ColumnAgainst,
  RoundSummary,
} from '../../../lib/ipc/gen/types';
import { count } from '../../models/words';
import { costWords } from '../columns/figures';

export type Tone = 'good' | 'bad' | 'neutral';

export interface Change {
  before: string;
  now: string;
  /** Which way it went, so that no colour is needed: "2 more", "sooner by 12 %". */
  direction: string;
  tone: Tone;
}

export interface Measure {
  name: string;
  of: (column: ColumnAgainst) => Change;
}

/** Of what is known on both sides; `null` where a side is not known. */
function knownSides(before: number | null, now: number | null): [number, number] | null {
  return before === null || now === null ? null : [before, now];
}

function missingWords(before: number | null, now: number | null): string {
  if (before === null && now === null) return 'not known';
  return before === null ? 'not known before' : 'not known now';
}

/** "3 more", "1 fewer": whole things that are counted. */
function countDirection(before: number, now: number, isMoreGood: boolean): [string, Tone] {
  if (before === now) return ['the same', 'neutral'];
  const words = now > before ? `${now - before} more` : `${before - now} fewer`;
  return [words, now > before === isMoreGood ? 'good' : 'bad'];
}

/** "faster by 12 %": measured amounts. What differs by less than half a percent is said to be the same. */
function amountDirection(
  before: number | null,
  now: number | null,
  [less, more]: readonly [string, string],
  lessIs: Tone,
): [string, Tone] {
  const sides = knownSides(before, now);
  if (!sides) return [missingWords(before, now), 'neutral'];
  const [old, next] = sides;
  const opposite: Tone = lessIs === 'neutral' ? 'neutral' : lessIs === 'good' ? 'bad' : 'good';
  if (old === next) return ['the same', 'neutral'];
  const [word, tone] = next < old ? [less, lessIs] : [more, opposite];
  if (old === 0) return [word, tone];
  const percent = Math.round((Math.abs(next - old) / old) * 100);
  return percent === 0 ? ['about the same', 'neutral'] : [`${word} by ${percent} %`, tone];
}

function checksWords({ passed, checks }: AgainstFigures): string {
  return checks === 0 ? 'none' : `${passed}/${checks}`;
}

function checksDirection({ older, newer }: ColumnAgainst): [string, Tone] {
  if (older.checks === 0 || newer.checks === 0) return ['nothing to compare', 'neutral'];
  if (older.checks === newer.checks) return countDirection(older.passed, newer.passed, true);
  const [before, now] = [older.passed / older.checks, newer.passed / newer.checks];
  if (before === now) return ['the same share', 'neutral'];
  return now > before ? ['a larger share', 'good'] : ['a smaller share', 'bad'];
}

function change(before: string, now: string, [direction, tone]: [string, Tone]): Change {
  return { before, now, direction, tone };
}

export const MEASURES: readonly Measure[] = [
  {
    name: 'Answered',
    of: ({ older, newer }) =>
      change(
        formatCount(older.answered),
        formatCount(newer.answered),
        countDirection(older.answered, newer.answered, true),
      ),
  },
  {
    name: 'Failed',
    of: ({ older, newer }) =>
      change(
        formatCount(older.failed),
        formatCount(newer.failed),
        countDirection(older.failed, newer.failed, false),
      ),
  },
  {
    name: 'Checks passed',
    of: (column) =>
      change(checksWords(column.older), checksWords(column.newer), checksDirection(column)),
  },
  {
    name: 'First token, median',
    of: ({ older, newer }) =>
      change(
        formatDuration(older.firstTokenMillis),
        formatDuration(newer.firstTokenMillis),
        amountDirection(
          older.firstTokenMillis,
          newer.firstTokenMillis,
          ['sooner', 'later'],
          'good',
        ),
      ),
  },
  {
    name: 'Speed, median',
    of: ({ older, newer }) =>
      change(
        formatSpeed(older.tokensPerSecond),
        formatSpeed(newer.tokensPerSecond),
        amountDirection(older.tokensPerSecond, newer.tokensPerSecond, ['slower', 'faster'], 'bad'),
      ),
  },
  {
    name: 'Characters, median',
    of: ({ older, newer }) =>
      change(
        formatCount(older.length),
        formatCount(newer.length),
        amountDirection(older.length, newer.length, ['shorter', 'longer'], 'neutral'),
      ),
  },
  {
    name: 'Cost',
    of: ({ older, newer }) =>
      change(
        costWords(older.cost),
        costWords(newer.cost),
        amountDirection(older.cost.nanoUsd, newer.cost.nanoUsd, ['cheaper', 'dearer'], 'good'),
      ),
  },
];

/** "10 of 12": answers of a column that are the same to the letter. */
export function sameWords({ same, both }: Pick<ColumnAgainst, 'same' | 'both'>): string {
  return both === 0 ? 'none in both' : `${same} of ${both}`;
}

/** All columns together, a sentence each. */
export function againstSentences({ columns, cells, hasChangedSetup }: AgainstView): string[] {
  const both = columns.reduce((sum, column) => sum + column.both, 0);
  const same = columns.reduce((sum, column) => sum + column.same, 0);
  const lost = cells.reduce((sum, cell) => sum + cell.lostChecks, 0);
  const won = cells.reduce((sum, cell) => sum + cell.wonChecks, 0);
  const hasChecks = columns.some(({ older, newer }) => older.checks > 0 && newer.checks > 0);
  const sentences = [
    both === 0
      ? 'No answer is in both rounds.'
      : `Of ${count(both, 'answer')} that both rounds have, ${same === both && both > 1 ? 'all' : same} ${same === 1 ? 'is' : 'are'} the same to the letter.`,
  ];
  if (hasChecks) {
    sentences.push(
      lost === 0 && won === 0
        ? 'No check came out otherwise.'
        : `${count(lost, 'check')} ${lost === 1 ? 'was' : 'were'} lost and ${won} won.`,
    );
  }
  if (hasChangedSetup) {
    sentences.push('Columns or prompts that only one of the two rounds has are left out.');
  }
  return sentences;
}

/** What is worth a look: the other text, or a check that came out the other way; losses first. */
export function changedCells(cells: readonly CellAgainst[]): CellAgainst[] {
  return cells
    .filter(({ isSame, lostChecks, wonChecks }) => !isSame || lostChecks > 0 || wonChecks > 0)
    .sort((left, right) => right.lostChecks - left.lostChecks);
}

/** "1 check lost · another text". */
export function cellWords({ isSame, lostChecks, wonChecks }: CellAgainst): string {
  return [
    lostChecks > 0 ? `${count(lostChecks, 'check')} lost` : '',
    wonChecks > 0 ? `${count(wonChecks, 'check')} won` : '',
    isSame ? 'the same text' : 'another text',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** The two rounds that are held against each other at first: the one on screen and the one before. */
export function firstPair(
  rounds: readonly RoundSummary[],
  shownId: string | null,
): [older: string, newer: string] | null {
  const at = rounds.findIndex(({ id }) => id === shownId);
  const newer = at > 0 ? at : rounds.length - 1;
  const pair = [rounds[newer - 1]?.id, rounds[newer]?.id] as const;
  return pair[0] === undefined || pair[1] === undefined ? null : [pair[0], pair[1]];
}
