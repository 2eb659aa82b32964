/** A receipt as lines of words, for the panel and for the clipboard alike. */

import { formatCount, formatDuration, formatSpeed, formatTimeOfDay } from '../../../lib/format';
import type { AttemptView, MessageView, RunView } from '../../../lib/ipc/gen/types';
import { exactCostWords, isLocalAttempt, outputTokens } from '../facts';

export interface Line {
  name: string;
  value: string;
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
    ['cost', exactCostWords(attempt.cost, isLocalAttempt(attempt))],
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
  const input = usage.input + usage.cacheRead + usage.cacheWrite;
  const written = usage.cacheWrite > 0 ? `, ${formatCount(usage.cacheWrite)} written to it` : '';
  const cached = `of them ${formatCount(usage.cacheRead)} cached${written}`;
  const thinking = `of them ${formatCount(usage.reasoning)} thinking`;
  return [
    ['input', `${formatCount(input)}, ${cached}`],
    ['output', `${formatCount(outputTokens(usage))}, ${thinking}`],
  ];
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
        ...(card.replacedText === null ? [] : ['   replaced half answer', card.replacedText]),
      ].join('\n'),
    );
  return [
    `Receipt: ${receiptHeading(message, run)}`,
    ...cards,
    `You paid: ${totalWords(run)}`,
  ].join('\n\n');
}
