/** A receipt as lines of words, for the panel and for the clipboard alike. */

import {
  formatCount,
  formatDuration,
  formatExactMoney,
  formatSpeed,
  formatTimeOfDay,
} from '../../../lib/format';
import type { AttemptView, MessageView, RunView } from '../../../lib/ipc/gen/types';
import {
  exactCostWords,
  inputTokens,
  isLocalAttempt,
  outputTokens,
  reckoning,
  tagWords,
  warningsOf,
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
  status: AttemptView['status'];
  /** The way in, with the host behind it and the key: "OpenRouter → Google Vertex · key “work”". */
  title: string;
  /** How it ended, in a word or two. */
  outcome: string;
  /** The provider's own words about a failure. */
  words: string;
  lines: Line[];
  /** How the tokens make up the cost. */
  costs: CostEntry[];
  /** What they come to, by the list and by the provider. */
  sums: Sum[];
  /** The list that the rates stood on. */
  priceList: string | null;
  replacedText: string | null;
}

export function receiptHeading(message: MessageView, run: RunView): string {
  return `${run.endpoint.model} · ${formatTimeOfDay(message.createdAt)}`;
}

export function cardOf(attempt: AttemptView, run: RunView): AttemptCard {
  const by = attempt.servedBy === null ? '' : ` → ${attempt.servedBy}`;
  const key = attempt.keyLabel === null ? '' : ` · key “${attempt.keyLabel}”`;
  return {
    ordinal: attempt.ordinal,
    status: attempt.status,
    title: `${attempt.providerName}${by}${key}`,
    outcome: outcomeOf(attempt),
    words: attempt.failure ? attempt.failure.words || attempt.failure.sentence : '',
    lines: linesOf(attempt, run),
    costs: attempt.costLines.map((line) => ({
      label: line.label,
      reckoning: reckoning(line),
      amount: formatExactMoney(line.nanoUsd),
      isGuess: line.isGuess,
    })),
    sums: sumsOf(attempt),
    priceList: attempt.priceTag ? tagWords(attempt.priceTag) : null,
    replacedText: attempt.replacedText,
  };
}

function outcomeOf({ status, failure }: AttemptView): string {
  switch (status) {
    case 'running':
      return 'answering';
    case 'answered':
      return 'answered';
    case 'stopped':
      return 'stopped by you';
    case 'interrupted':
      return 'interrupted';
    case 'failed': {
      const name = (failure?.class ?? 'failed').replaceAll('_', ' ');
      return failure?.status ? `${failure.status} ${name}` : name;
    }
  }
}

function linesOf(attempt: AttemptView, run: RunView): Line[] {
  const isFailed = attempt.status === 'failed';
  const lines: [string, string | null][] = [
    ['asked for', attempt.model === run.endpoint.model ? null : attempt.model],
    ['answered as', attempt.servedModel],
    ['accepted after', isFailed ? null : duration(attempt.openedMillis)],
    ['first token', duration(attempt.firstTokenMillis)],
    [isFailed ? 'waited' : 'whole answer', wholeAnswer(attempt)],
    ...usageLines(attempt),
    ['ended by', finishWords(attempt)],
    ['tier of service', attempt.serviceTier],
    // Where there are sums, they say it.
    [
      'cost',
      sumsOf(attempt).length > 0 ? null : exactCostWords(attempt.cost, isLocalAttempt(attempt)),
    ],
    ['left because', attempt.leftBecause],
    ['unreadable events', attempt.malformedEvents > 0 ? String(attempt.malformedEvents) : null],
    ['request id', attempt.requestId],
  ];
  return lines.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
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

/** The whole receipt as plain text. */
export function receiptText(message: MessageView, run: RunView): string {
  const width = 18;
  const cards = run.receipt.attempts
    .map((attempt) => cardOf(attempt, run))
    .map((card) =>
      [
        `${card.ordinal + 1}. ${card.title}: ${card.outcome}`,
        ...(card.words === '' ? [] : [`   ${card.words}`]),
        ...card.lines.map(({ name, value }) => `   ${name.padEnd(width)} ${value}`),
        ...card.costs.map(
          ({ label, reckoning, amount }) => `   ${label.padEnd(width)} ${reckoning} = ${amount}`,
        ),
        ...card.sums.map(
          ({ name, amount, note }) =>
            `   ${name.padEnd(width)} ${amount}${note === '' ? '' : `, ${note}`}`,
        ),
        ...(card.priceList === null ? [] : [`   ${'price list'.padEnd(width)} ${card.priceList}`]),
        ...(card.replacedText === null ? [] : ['   replaced half answer', card.replacedText]),
      ].join('\n'),
    );
  return [
    `Receipt: ${receiptHeading(message, run)}`,
    ...warningsOf(run).map((warning) => `Note: ${warning}`),
    ...cards,
    `You paid: ${totalWords(run)}`,
  ].join('\n\n');
}
