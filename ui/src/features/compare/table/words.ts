/** Cells, checks and rounds in words. */

import type { CellView, CheckOutcome, RoundView } from '../../../lib/ipc/gen/types';

export function checkMark({ passed }: CheckOutcome): {
  sign: string;
  label: string;
  tone: 'good' | 'bad' | 'neutral';
} {
  if (passed === null) return { sign: '?', label: 'could not be checked', tone: 'neutral' };
  return passed
    ? { sign: '✓', label: 'passed', tone: 'good' }
    : { sign: '✗', label: 'failed', tone: 'bad' };
}

/** "2/2": how many hold. */
export function checksShare(checks: readonly CheckOutcome[]): string {
  return `${checks.filter(({ passed }) => passed === true).length}/${checks.length}`;
}

export function checksWord(checks: readonly CheckOutcome[]): string {
  return checks.length === 1 ? 'check' : 'checks';
}

const STATES: Record<string, string> = {
  waiting: 'waiting',
  running: 'writing',
  answered: 'answered',
  failed: 'failed',
  stopped: 'stopped',
  interrupted: 'interrupted',
  problem: 'not asked',
};

export function stateWords({ state }: Pick<CellView, 'state'>): string {
  return STATES[state] ?? state;
}

interface RoundCounts {
  answered: number;
  running: number;
  waiting: number;
  /** Failed, stopped, interrupted, or could not even be begun. */
  lost: number;
  total: number;
}

export function countsOf({ cells }: RoundView): RoundCounts {
  const counts: RoundCounts = { answered: 0, running: 0, waiting: 0, lost: 0, total: cells.length };
  for (const { state } of cells) {
    if (state === 'answered') counts.answered += 1;
    else if (state === 'running') counts.running += 1;
    else if (state === 'waiting') counts.waiting += 1;
    else counts.lost += 1;
  }
  return counts;
}

/** "18 of 36 answered · 4 being written · 2 without an answer". */
export function countsWords({ answered, running, lost, total }: RoundCounts): string {
  return [
    `${answered} of ${total} answered`,
    running > 0 ? `${running} being written` : '',
    lost > 0 ? `${lost} without an answer` : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** "34 % of the cost"; nothing where nothing cost anything. */
export function shareWords(share: number | null): string | null {
  return share === null ? null : `${Math.round(share * 100)} %`;
}
