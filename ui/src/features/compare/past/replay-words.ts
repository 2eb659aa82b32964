/** One's own past on another model, in sentences. */

import { formatDay, formatMoney } from '../../../lib/format';
import type {
  ComparisonEstimate,
  CostView,
  ReplayColumnView,
  ReplayOutcomeView,
  ReplayView,
  SampleView,
} from '../../../lib/ipc/gen/types';
import { count } from '../../models/words';

/** "the last 30 days"; "the last day"; "all your history". */
function daysWords(days: number | null): string {
  if (days === null) return 'all your history';
  return days === 1 ? 'the last day' : `the last ${count(days, 'day')}`;
}

function moneyOf({ nanoUsd, kind }: CostView): string | null {
  return kind === 'unknown' || nanoUsd === null
    ? null
    : formatMoney(nanoUsd, { estimated: kind === 'estimated' });
}

/** Which questions are asked again, and out of how many. */
export function foundWords({ taken, outOf, seed }: SampleView, days: number | null): string {
  const span = days === null ? 'All your history holds' : `T${daysWords(days).slice(1)} hold`;
  const held = `${span} ${count(outOf, 'question')} with a whole answer`;
  if (taken >= outOf) return `${held}; ${outOf === 1 ? 'it is' : 'all are'} asked again.`;
  const how = seed === null ? 'the newest' : 'drawn at random';
  return `${held}; ${taken} of them ${taken === 1 ? 'is' : 'are'} asked again, ${how}.`;
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
export function spentSentences(view: ReplayView, days: number | null, model: string): string[] {
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
      : `${capital(daysWords(days))} cost ${money} for ${count(answers, 'answer')}.`;
  return [first, ...thereSentences(view, model)];
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Which questions a round asked: "20 of 412 questions since 27 October, drawn at random (seed 7)". */
export function sampleWords({ taken, outOf, since, until, seed }: SampleView): string {
  const span =
    since === null
      ? `up to ${formatDay(until)}`
      : `from ${formatDay(since)} to ${formatDay(until)}`;
  const how = seed === null ? 'the newest' : `drawn at random (seed ${seed})`;
  return taken >= outOf
    ? `All ${count(outOf, 'question')} ${span}.`
    : `${taken} of ${count(outOf, 'question')} ${span}, ${how}.`;
}

/** What the time of the sample would have cost, one sentence a column, then what it did cost. */
export function outcomeSentences({ sample, spent, columns }: ReplayOutcomeView): string[] {
  const told = columns.map((column) => columnWords(column, sample));
  const money = moneyOf(spent);
  const before =
    money === null
      ? 'What your chats of that time cost is unknown.'
      : `Your chats of that time cost ${money}.`;
  return [...told, before];
}

function columnWords(column: ReplayColumnView, sample: SampleView): string {
  const { name, questions, unknown, totalNanoUsd: total, cost } = column;
  const left =
    unknown === 0
      ? ''
      : ` ${count(unknown, 'answer')} of unknown cost ${isOrAre(unknown)} left out.`;
  if (total === null) return `What that time would have cost on ${name} is unknown.${left}`;
  const money = formatMoney(total, { estimated: cost.kind === 'estimated' });
  if (questions >= sample.outOf) return `On ${name} all of them cost ${money}.${left}`;
  const told = `Told from ${count(questions, 'answer')}, all of them would have cost about ${money} on ${name}`;
  return `${told}${surenessWords(column, sample)}${left}`;
}

const isOrAre = (amount: number) => (amount === 1 ? 'is' : 'are');

/** How far that can be trusted. */
function surenessWords(column: ReplayColumnView, { seed }: SampleView): string {
  const { lowNanoUsd: low, highNanoUsd: high } = column;
  if (seed === null) {
    return '. The newest questions are no random sample, so how sure that is cannot be said.';
  }
  if (low === null || high === null) return '. Those are too few to say how sure that is.';
  const between = `${formatMoney(low)} and ${formatMoney(high)}`;
  return `, with 95\u00a0% confidence between ${between}. A few very long ones that were not drawn would make it more.`;
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
