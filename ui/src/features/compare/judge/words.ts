/** Votes, verdicts and judging in words. */

import { formatMoney } from '../../../lib/format';
import type {
  JudgeEstimate,
  JudgingProgress,
  RoundColumn,
  VoteView,
} from '../../../lib/ipc/gen/types';
import { count } from '../../models/words';

/** "claude-sonnet-4.6", "a tie", "all bad". */
export function verdictWords(
  { verdict, column }: Pick<VoteView, 'verdict' | 'column'>,
  columns: readonly RoundColumn[],
): string {
  if (verdict === 'tie') return 'a tie';
  if (verdict === 'all_bad') return 'all bad';
  return (column === null ? undefined : columns[column]?.name) ?? 'an answer that is gone';
}

/** What a judge did when it was asked a second time, with the answers the other way round. */
export function orderWords({ ordersAgree }: VoteView): string {
  if (ordersAgree === null) return '';
  return ordersAgree ? 'the same in the other order' : 'said otherwise in the other order';
}

/** "6 requests for about $0.0132". */
export function judgeEstimateWords({ requests, nanoUsd }: JudgeEstimate): string {
  if (requests === 0) return 'Nothing is left to judge.';
  const price = nanoUsd === null ? 'an unknown price' : `about ${formatMoney(nanoUsd)}`;
  return `${count(requests, 'request')} for ${price}`;
}

export function judgingWords({ done, total, failed, isRunning }: JudgingProgress): string {
  const lost = failed === 0 ? '' : `, ${count(failed, 'verdict')} did not come about`;
  return `${isRunning ? 'Judging' : 'Judged'}: ${done} of ${count(total, 'request')}${lost}`;
}

/** Tags that a person used before, each once, those of this comparison first. */
export function knownTags(
  own: string | null,
  votes: readonly VoteView[],
  ranked: readonly string[],
): string[] {
  const tags = [own, ...votes.map(({ tag }) => tag), ...ranked];
  return [...new Set(tags.filter((tag): tag is string => tag !== null && tag !== ''))];
}
