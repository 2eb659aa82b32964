/** One's own past on another model, in sentences. */

import { formatMoney } from '../../../lib/format';
import type { ComparisonEstimate, CostView, ReplayView } from '../../../lib/ipc/gen/types';
import { count } from '../../models/words';

/** "the last 30 days"; "the last day". */
function daysWords(days: number): string {
  return days === 1 ? 'the last day' : `the last ${count(days, 'day')}`;
}

function moneyOf({ nanoUsd, kind }: CostView): string | null {
  return kind === 'unknown' || nanoUsd === null
    ? null
    : formatMoney(nanoUsd, { estimated: kind === 'estimated' });
}

/** How many questions were found of those that were asked for. */
export function foundWords(found: number, wanted: number): string {
  if (found >= wanted) {
    return `Your ${found === 1 ? 'newest question' : `newest ${count(found, 'question')}`} with ${found === 1 ? 'a whole answer is' : 'whole answers are'} asked again.`;
  }
  const all = found === 1 ? 'it is' : 'all are';
  return `History holds ${count(found, 'question')} with a whole answer; ${all} asked again.`;
}

/** "Asking them is estimated at $0.0123. OpenAI is asked first." */
export function askingWords({ columns, totalNanoUsd }: ComparisonEstimate): string {
  const way = columns.find(({ firstWayIn }) => firstWayIn !== null)?.firstWayIn ?? null;
  const first = way === null ? '' : ` ${way} is asked first.`;
  const price =
    totalNanoUsd === null
      ? 'What asking them costs is unknown.'
      : totalNanoUsd === 0
        ? 'Asking them costs nothing.'
        : `Asking them is estimated at ${formatMoney(totalNanoUsd)}.`;
  return `${price}${first}`;
}

/** What the last days cost, and would have cost there. One sentence each. */
export function spentSentences(view: ReplayView, days: number, model: string): string[] {
  const { spent, priced, unpriced } = view;
  const answers = priced + unpriced;
  if (answers === 0) {
    return [
      `There was no answer in a chat in ${daysWords(days)}, so there is nothing to price on ${model}.`,
    ];
  }
  const money = moneyOf(spent);
  const first =
    money === null
      ? `What ${daysWords(days)} cost for ${count(answers, 'answer')} is unknown.`
      : `T${daysWords(days).slice(1)} cost ${money} for ${count(answers, 'answer')}.`;
  return [first, ...thereSentences(view, model)];
}

function thereSentences(view: ReplayView, model: string): string[] {
  const { spentOnPriced, thereNanoUsd, priced, unpriced } = view;
  if (priced === 0) {
    const them = unpriced === 1 ? 'its tokens' : 'their tokens';
    return [`Nobody counted ${them}, so what they would have cost on ${model} is unknown.`];
  }
  const sentences: string[] = [];
  if (unpriced > 0) {
    const before = moneyOf(spentOnPriced);
    const rest = before === null ? 'cost an amount that is unknown' : `cost ${before}`;
    sentences.push(
      `The tokens of ${count(unpriced, 'answer')} were not counted and are left out; the other ${priced === 1 ? 'answer' : priced} ${rest}.`,
    );
  }
  if (thereNanoUsd === null) {
    return [
      ...sentences,
      `What the same tokens would have cost on ${model} is unknown, since its price is.`,
    ];
  }
  const there = formatMoney(thereNanoUsd);
  sentences.push(`On ${model} the same tokens would have cost ${there}${lessWords(view)}.`);
  return sentences;
}

/** ": $0.9245 less (75 %)", where both amounts are known. */
function lessWords({ spentOnPriced, thereNanoUsd }: ReplayView): string {
  const before = spentOnPriced.nanoUsd;
  if (spentOnPriced.kind === 'unknown' || before === null || thereNanoUsd === null) return '';
  const difference = thereNanoUsd - before;
  if (difference === 0) return ', just as much';
  const percent =
    before === 0 ? '' : ` (${Math.round((Math.abs(difference) / before) * 100)}\u00a0%)`;
  const amount = formatMoney(Math.abs(difference), {
    estimated: spentOnPriced.kind === 'estimated',
  });
  return `: ${amount} ${difference < 0 ? 'less' : 'more'}${percent}`;
}
