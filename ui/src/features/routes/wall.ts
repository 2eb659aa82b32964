/** The sixteen verdicts in words and signs. */

import type { VerdictView, WallAttemptView } from '../../lib/ipc/gen/types';
import type { CableAttempt } from '../../lib/ui/cable';

export type VerdictWord = 'pass' | 'partial' | 'safe' | 'fail';

const WORDS: readonly VerdictWord[] = ['pass', 'partial', 'safe', 'fail'];

export const VERDICT_MEANINGS: Record<VerdictWord, string> = {
  pass: 'the whole answer came',
  partial: 'it came, but not in the best way',
  safe: 'no answer, but a clear error and nothing wrong',
  fail: 'it hung, hammered, or passed off a half as a whole',
};

/** An unknown word is not taken for a good one. */
export function verdictWord({ verdict }: Pick<VerdictView, 'verdict'>): VerdictWord {
  return WORDS.find((word) => word === verdict) ?? 'fail';
}

/** "14 pass, 1 safe, 1 fail". */
export function scoreWords(verdicts: readonly VerdictView[]): string {
  return WORDS.map((word) => {
    const amount = verdicts.filter((each) => verdictWord(each) === word).length;
    return amount === 0 ? '' : `${amount} ${word}`;
  })
    .filter((words) => words !== '')
    .join(', ');
}

export function wallCable(attempts: readonly WallAttemptView[]): CableAttempt[] {
  return attempts.map(({ who, words, isAnswer }) => ({
    label: isAnswer ? who : `${who} ${/^\d{3}\b/.exec(words)?.[0] ?? ''}`.trim(),
    outcome: isAnswer ? 'answered' : 'failed',
    note: isAnswer ? undefined : words,
  }));
}

const MOST_SHOWN = 8;

/** Twenty requests make too long a list; `null` stands for those in the middle. */
export function shortAttempts(attempts: readonly WallAttemptView[]): (WallAttemptView | null)[] {
  if (attempts.length <= MOST_SHOWN) return [...attempts];
  return [...attempts.slice(0, MOST_SHOWN - 3), null, ...attempts.slice(-2)];
}
