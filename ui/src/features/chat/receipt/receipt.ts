/** The attempts of a receipt as lines of words, for the panel and for the clipboard alike. */

import {
  formatCount,
  formatDuration,
  formatExactMoney,
  formatSpeed,
  formatTimeOfDay,
} from '../../../lib/format';
import type { AttemptView, MadeBecause, RunView } from '../../../lib/ipc/gen/types';
import type { AttemptOutcome } from '../../../lib/ui/cable';
import { answeredBy, askedInstead, type KeyOf } from '../answered';
import {
  exactCostWords,
  hasLostRace,
  inputTokens,
  isErrorStatus,
  isLocalAttempt,
  outputTokens,
  reckoning,
  shortModel,
  tagWords,
} from '../facts';

export interface Line {
  name: string;
  value: string;
}

export interface CostEntry {
  label: string;
  /** "412 × $3 per million". */
  reckoning: string;
  amount: string;
  isGuess: boolean;
}

export interface Sum {
  name: string;
  amount: string;
  /** How it stands to the one above. */
  note: string;
}

export interface AttemptCard {
  ordinal: number;
  status: AttemptOutcome;
  /** The way in, with the host behind it and the key: "OpenRouter → Google Vertex · key “work”". */
  title: string;
  /** How it ended, in a word or two. */
  outcome: string;
  /** Why it was made; `null` for the first, which needs no reason. */
  made: string | null;
  /** What happened, where it failed. */
  sentence: string;
  /** The provider's own words about it. */
  words: string;
  lines: Line[];
  /** How the tokens make up the cost. */
  costs: CostEntry[];
  /** What they come to, by the list and by the provider. */
  sums: Sum[];
  /** The list that the rates stood on. */
  priceList: string | null;
  /** What the same tokens cost by the list of the model's maker, and how the charge stands to that. */
  makersList: { amount: string; note: string; list: string | null } | null;
  /** What a person should know about this attempt. */
  warnings: string[];
  requestId: string | null;
  /** What it wrote before it was left, and what became of that. */
  half: { title: string; text: string } | null;
}

/** "gpt-6.1 · asked for claude-sonnet-4.6 · route “everyday” · 09:41:07". */
export function receiptHeading(run: RunView, at: number, keyOf: KeyOf): string {
  const asked = askedInstead(run, keyOf);
  const parts = [
    shortModel(answeredBy(run).model),
    asked && `asked for ${shortModel(asked.model)}`,
    run.routeName === null ? null : `route “${run.routeName}”`,
    formatTimeOfDay(at),
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

export function cardOf(attempt: AttemptView, run: RunView): AttemptCard {
  const by = attempt.servedBy === null ? '' : ` → ${attempt.servedBy}`;
  const key = attempt.keyLabel === null ? '' : ` · key “${attempt.keyLabel}”`;
  const { failure } = attempt;
  return {
    ordinal: attempt.ordinal,
    status: hasLostRace(attempt) ? 'raced' : attempt.status,
    title: `${attempt.providerName}${by}${key}`,
    outcome: outcomeOf(attempt),
    made: madeWords(attempt.madeBecause),
    sentence: failure?.sentence ?? '',
    words: failure?.words ?? '',
    lines: linesOf(attempt, run),
    ...pricesOf(attempt),
    warnings: attempt.warnings,
    requestId: attempt.requestId ?? failure?.requestId ?? null,
    half: halfOf(attempt, run),
  };
}

/** What costs nothing by itself has no list to explain it by. */
function pricesOf(
  attempt: AttemptView,
): Pick<AttemptCard, 'costs' | 'sums' | 'priceList' | 'makersList'> {
  if (isLocalAttempt(attempt)) return { costs: [], sums: [], priceList: null, makersList: null };
  return {
    costs: attempt.costLines.map((line) => ({
      label: line.label,
      reckoning: reckoning(line),
      amount: formatExactMoney(line.nanoUsd),
      isGuess: line.isGuess,
    })),
    sums: sumsOf(attempt),
    priceList: attempt.priceTag ? tagWords(attempt.priceTag) : null,
    makersList: makersListOf(attempt),
  };
}

function madeWords(because: MadeBecause): string | null {
  switch (because) {
    case 'first':
      return null;
    case 'retry':
      return 'The same way in, asked once more.';
    case 'next_key':
      return 'The same way in, with the next key.';
    case 'next_endpoint':
      return 'The next way in.';
    case 'hedge':
      return 'The first token was late, so this way in raced it.';
    case 'continuation':
      return 'Went on with the half answer.';
    case 'restart':
      return 'Began again, since it does not go on with half an answer.';
    case 'last_resort':
      return 'The last resort: the network was gone.';
  }
}

function outcomeOf(attempt: AttemptView): string {
  const { status, failure } = attempt;
  switch (status) {
    case 'running':
      return 'answering';
    case 'answered':
      return 'answered';
    case 'stopped':
      return hasLostRace(attempt) ? 'lost the race' : 'stopped by you';
    case 'interrupted':
      return 'interrupted';
    case 'failed': {
      const name = (failure?.class ?? 'failed').replaceAll('_', ' ');
      return failure && isErrorStatus(failure.status) ? `${failure.status} ${name}` : name;
    }
  }
}

function halfOf({ ordinal, replacedText }: AttemptView, run: RunView): AttemptCard['half'] {
  if (replacedText === null) return null;
  const next = run.receipt.attempts.find((attempt) => attempt.ordinal > ordinal);
  const title =
    next?.madeBecause === 'continuation'
      ? 'The half answer that the next attempt went on with'
      : 'The half answer that was replaced';
  return { title, text: replacedText };
}

function linesOf(attempt: AttemptView, run: RunView): Line[] {
  const isLeft = attempt.status === 'failed' || hasLostRace(attempt);
  const { continuesAt } = attempt;
  const lines: [string, string | null][] = [
    // A gateway writes the maker before the name; that alone makes it no other model.
    ['model', shortModel(attempt.model) === shortModel(run.endpoint.model) ? null : attempt.model],
    ['answered as', attempt.servedModel],
    [
      'goes on',
      continuesAt === null ? null : `after ${formatCount(continuesAt)} characters of the answer`,
    ],
    ['accepted after', isLeft ? null : duration(attempt.openedMillis)],
    ['first token', duration(attempt.firstTokenMillis)],
    [isLeft ? 'waited' : 'whole answer', wholeAnswer(attempt)],
    ...usageLines(attempt),
    ['ended by', finishWords(attempt)],
    ['tier of service', attempt.serviceTier],
    ['tokens, money', isLeft ? wastedWords(attempt) : null],
    // Where there are sums, they say it.
    [
      'cost',
      isLeft || pricesOf(attempt).sums.length > 0
        ? null
        : exactCostWords(attempt.cost, isLocalAttempt(attempt)),
    ],
    ['left because', attempt.leftBecause],
    ['held before', heldWords(attempt)],
    ['unreadable events', attempt.malformedEvents > 0 ? String(attempt.malformedEvents) : null],
  ];
  return lines.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}

/** What an attempt took that was left: "0, $0.0000". */
function wastedWords({ usage, cost }: AttemptView): string {
  const money =
    cost.kind === 'unknown'
      ? 'cost unknown'
      : formatExactMoney(cost.nanoUsd, { estimated: cost.kind === 'estimated' });
  if (usage) return `${formatCount(inputTokens(usage) + outputTokens(usage))}, ${money}`;
  return cost.nanoUsd === 0 ? `0, ${money}` : `not counted, ${money}`;
}

/** Its worst case, which budgets held before it was sent. */
function heldWords(attempt: AttemptView): string | null {
  const { reservedNanoUsd } = attempt;
  if (reservedNanoUsd === null || isLocalAttempt(attempt)) return null;
  return `${formatExactMoney(reservedNanoUsd)}, its worst case`;
}

function duration(millis: number | null): string | null {
  return millis === null ? null : formatDuration(millis);
}

function wholeAnswer({ totalMillis, tokensPerSecond }: AttemptView): string | null {
  if (totalMillis === null) return null;
  if (tokensPerSecond === null) return formatDuration(totalMillis);
  return `${formatDuration(totalMillis)}, ${formatSpeed(tokensPerSecond).replace('/s', ' tokens/s')}`;
}

function usageLines({ usage, status }: AttemptView): [string, string | null][] {
  if (!usage) return [['tokens', status === 'answered' ? 'not counted by the provider' : null]];
  const input = partsOf([
    [usage.cacheRead, 'cached'],
    [usage.imageInput || null, 'pictures'],
    [usage.audioInput || null, 'sound'],
  ]);
  const written = partsOf([
    [usage.cacheWrite || null, 'for 5 min'],
    [usage.cacheWriteLong || null, 'for 1 h'],
  ]);
  const output = partsOf([
    [usage.reasoning, 'thinking'],
    [usage.imageOutput || null, 'pictures'],
    [usage.audioOutput || null, 'sound'],
  ]);
  return [
    ['input', `${formatCount(inputTokens(usage))}, of them ${input}`],
    ['written to cache', written || null],
    ['output', `${formatCount(outputTokens(usage))}, of them ${output}`],
    ['web searches', usage.webSearches > 0 ? formatCount(usage.webSearches) : null],
  ];
}

function partsOf(parts: readonly [count: number | null, name: string][]): string {
  return parts
    .flatMap(([count, name]) => (count === null ? [] : [`${formatCount(count)} ${name}`]))
    .join(', ');
}

/** What the list says and what the provider charged, as far as they are known. */
function sumsOf({ costLines, computedNanoUsd, reportedNanoUsd }: AttemptView): Sum[] {
  const isBothKnown = computedNanoUsd !== null && reportedNanoUsd !== null;
  if (costLines.length === 0 && !isBothKnown) return [];
  const sums: Sum[] = [];
  if (computedNanoUsd !== null) {
    sums.push({ name: 'by the price list', amount: formatExactMoney(computedNanoUsd), note: '' });
  }
  if (reportedNanoUsd !== null) {
    const note = isBothKnown ? differenceWords(reportedNanoUsd, computedNanoUsd) : '';
    sums.push({ name: 'charged by the provider', amount: formatExactMoney(reportedNanoUsd), note });
  }
  return sums;
}

function makersListOf({ listNanoUsd, listTag, cost }: AttemptView): AttemptCard['makersList'] {
  if (listNanoUsd === null) return null;
  return {
    amount: formatExactMoney(listNanoUsd),
    note: cost.nanoUsd === null ? '' : againstMaker(cost.nanoUsd, listNanoUsd),
    list: listTag ? tagWords(listTag) : null,
  };
}

/** "charged 5.2 % above": a tenth of a percent is still money over a month. */
function againstMaker(charged: number, listed: number): string {
  if (charged === listed) return 'charged the same';
  if (listed === 0) return '';
  const percent = Math.round(((charged - listed) / listed) * 1_000) / 10;
  if (percent === 0) return 'charged about the same';
  return `charged ${Math.abs(percent)} % ${percent < 0 ? 'below' : 'above'}`;
}

function differenceWords(charged: number, listed: number): string {
  if (charged === listed) return 'the same';
  if (listed === 0) return '';
  const percent = Math.round(((charged - listed) / listed) * 100);
  if (percent === 0) return 'about the same';
  return percent < 0 ? `${-percent} % less` : `${percent} % more`;
}

/** "2 attempts, 2 keys tried", where there was more than one. */
export function attemptsWords(run: RunView): string | null {
  const { attempts } = run.receipt;
  if (attempts.length < 2) return null;
  const keys = new Set(
    attempts.flatMap(({ providerId, providerName, keyLabel }) =>
      keyLabel === null ? [] : [JSON.stringify([providerId, providerName, keyLabel])],
    ),
  );
  const tried = `${attempts.length} attempts`;
  if (keys.size === 0) return tried;
  return `${tried}, ${keys.size} ${keys.size === 1 ? 'key' : 'keys'} tried`;
}

function finishWords({ finishReason }: AttemptView): string | null {
  switch (finishReason) {
    case 'stop':
      return 'the model';
    case 'length':
      return 'the longest answer allowed';
    case 'content_filter':
      return 'the content filter';
    case 'tool_calls':
      return 'a call for a tool';
    case 'other':
      return 'another reason';
    case null:
      return null;
  }
}

export function totalWords(run: RunView): string {
  return exactCostWords(run.receipt.cost, run.receipt.attempts.every(isLocalAttempt));
}

/** How much of it went to attempts that gave no whole answer; `null` where none of it did. */
export function wastedOfTotal(run: RunView): string | null {
  const { attempts, wasted } = run.receipt;
  const gaveNone = attempts.filter(({ status }) => status !== 'answered' && status !== 'running');
  if (gaveNone.length === 0 || gaveNone.length === attempts.length) return null;
  if (wasted.kind === 'unknown') {
    return 'What went to attempts that gave no whole answer is unknown.';
  }
  if (wasted.nanoUsd === 0) return null;
  const amount = formatExactMoney(wasted.nanoUsd, { estimated: wasted.kind === 'estimated' });
  return `${amount} of it went to attempts that gave no whole answer.`;
}

/**
 * What the makers themselves would have charged for the same tokens, where that is something else than
 * was paid; `null` where it is not, or where one of the two is not known of every attempt that cost.
 */
export function directWords(run: RunView): string | null {
  const costly = run.receipt.attempts.filter(
    (attempt) => !isLocalAttempt(attempt) && attempt.cost.nanoUsd !== 0,
  );
  let paid = 0;
  let listed = 0;
  for (const { cost, listNanoUsd } of costly) {
    if (cost.nanoUsd === null || listNanoUsd === null) return null;
    paid += cost.nanoUsd;
    listed += listNanoUsd;
  }
  if (costly.length === 0 || paid === listed) return null;
  const estimated = costly.some(({ cost }) => cost.kind === 'estimated');
  return `Direct from the maker this would have cost ${formatExactMoney(listed, { estimated })}.`;
}
