/** How a run reads in words: one place, so that the line under an answer and its receipt agree. */

import {
  formatCount,
  formatDay,
  formatDuration,
  formatExactMoney,
  formatMoney,
  formatRate,
} from '../../lib/format';
import type {
  AttemptView,
  CostLine,
  CostView,
  MadeBecause,
  FailureClass,
  MessageView,
  PriceTagView,
  RunView,
  UsageView,
} from '../../lib/ipc/gen/types';
import type { CableAttempt } from '../../lib/ui/cable';

/** The part of a model's id that people say. */
export function shortModel(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1);
}

/** A model gets its colour when it is first asked; until then it has the plain one. */
export function cableColourOf(colour: number | null): string {
  if (colour === null) return 'var(--line-strong)';
  return `var(--cable-${(colour % 6) + 1})`;
}

export function isLocalAttempt(attempt: AttemptView): boolean {
  return attempt.providerId === 'local';
}

/** It was stopped because another way in was faster; what a person stops says nothing of why it was left. */
export function hasLostRace({ status, leftBecause }: AttemptView): boolean {
  return status === 'stopped' && leftBecause !== null;
}

/** The attempt whose text stands there, or will: not always the last one, since two can race. */
export function answeringAttempt(run: RunView): AttemptView | undefined {
  const { attempts } = run.receipt;
  return (
    attempts.findLast(({ status }) => status === 'answered') ??
    attempts.findLast(
      ({ status, firstTokenMillis }) => status === 'running' && firstTokenMillis !== null,
    ) ??
    attempts.findLast((attempt) => !hasLostRace(attempt)) ??
    attempts.at(-1)
  );
}

/**
 * "anthropic 529", or "anthropic stream cut": a status that says all is well says nothing of a failure.
 */
export function wayLabel(
  providerName: string,
  failure: FailureClass | null,
  status: number | null,
): string {
  const name = providerName.toLowerCase();
  if (failure === null) return name;
  return `${name} ${isErrorStatus(status) ? status : failure.replaceAll('_', ' ')}`;
}

export function isErrorStatus(status: number | null): boolean {
  return status !== null && status >= 400;
}

/** The attempts in the order of the line: the wire that answers is the last one, whoever raced it. */
export function cableAttempts(run: RunView): CableAttempt[] {
  const { attempts } = run.receipt;
  const answering = answeringAttempt(run);
  const isOvertaken = answering !== undefined && attempts.at(-1) !== answering;
  const inOrder = isOvertaken
    ? [...attempts.filter((attempt) => attempt !== answering), answering]
    : attempts;
  return inOrder.map((attempt) => {
    const { providerName, failure } = attempt;
    return {
      label: wayLabel(providerName, failure?.class ?? null, failure?.status ?? null),
      outcome: hasLostRace(attempt) ? 'raced' : attempt.status,
      isContinuation: attempt.madeBecause === 'continuation',
      note: attempt.leftBecause ?? attempt.failure?.sentence,
    };
  });
}

export function firstTokenOf(run: RunView): number | null {
  return answeringAttempt(run)?.firstTokenMillis ?? null;
}

/** What came out, seen or thought. */
export function outputTokens(usage: UsageView): number {
  return usage.output + usage.reasoning + usage.audioOutput + usage.imageOutput;
}

/** The whole prompt, fresh, from the cache or written to it. */
export function inputTokens(usage: UsageView): number {
  return (
    usage.input +
    usage.cacheRead +
    usage.cacheWrite +
    usage.cacheWriteLong +
    usage.audioInput +
    usage.imageInput
  );
}

/** "412 × $3 per million". */
export function reckoning({ count, rateNanoUsd, per }: CostLine): string {
  const rate = formatRate(rateNanoUsd);
  switch (per) {
    case 1_000_000:
      return `${formatCount(count)} × ${rate} per million`;
    case 1_000:
      return `${formatCount(count)} × ${rate} per thousand`;
    case 1:
      return `${formatCount(count)} × ${rate}`;
    default:
      return `${formatCount(count)} × ${rate} per ${formatCount(per)}`;
  }
}

/** Which list a price stood on, and its day. */
export function tagWords({ source, name, asOf }: PriceTagView): string {
  return source === 'person' ? `${name}, set on ${formatDay(asOf)}` : `${name}, ${formatDay(asOf)}`;
}

/** How the cost of an answer comes about, line by line: tokens × rate, and the list with its day. */
export function costExplanation(run: RunView): string[] {
  const { attempts, cost } = run.receipt;
  if (attempts.length > 0 && attempts.every(isLocalAttempt)) return ['It ran on this computer.'];
  const lines = attempts.flatMap(({ costLines, priceTag, reportedNanoUsd }) => [
    ...costLines.map(
      (line) => `${line.label}: ${reckoning(line)} = ${formatExactMoney(line.nanoUsd)}`,
    ),
    ...(priceTag && costLines.length > 0 ? [`Price list: ${tagWords(priceTag)}`] : []),
    ...(reportedNanoUsd === null
      ? []
      : [`Charged by the provider: ${formatExactMoney(reportedNanoUsd)}`]),
  ]);
  if (cost.kind !== 'unknown') return lines;
  return [...lines, 'What is not listed here nobody knows, and Patchbay does not guess.'];
}

/** What the run does next, while it does it. */
export function switchWords(because: MadeBecause): string {
  switch (because) {
    case 'retry':
      return 'asking once more';
    case 'next_key':
      return 'taking the next key';
    case 'hedge':
      return 'starting a second one beside it';
    case 'continuation':
      return 'going on with it elsewhere';
    case 'restart':
      return 'beginning again';
    case 'last_resort':
      return 'asking this computer';
    case 'first':
    case 'next_endpoint':
      return 'taking the next way in';
  }
}

/** What a person should know about an answer, from every attempt. */
export function warningsOf(run: RunView): string[] {
  return [...new Set(run.receipt.attempts.flatMap(({ warnings }) => warnings))];
}

/** A cost for the line under an answer. */
export function costWords(cost: CostView, isLocal: boolean): string {
  if (cost.kind === 'unknown') return 'cost unknown';
  if (isLocal && cost.nanoUsd === 0) return 'free';
  return formatMoney(cost.nanoUsd, { estimated: cost.kind === 'estimated' });
}

/** A cost for the receipt, whole, with how it is known. */
export function exactCostWords(cost: CostView, isLocal: boolean): string {
  if (cost.kind === 'unknown') return 'unknown';
  if (isLocal && cost.nanoUsd === 0) return 'free, on this computer';
  const amount = formatExactMoney(cost.nanoUsd, { estimated: cost.kind === 'estimated' });
  switch (cost.kind) {
    case 'reported':
      return `${amount}, as the provider says`;
    case 'computed':
      return amount;
    case 'estimated':
      return `${amount}, estimated`;
  }
}

/** The cost in the line over an answer; `null` where nothing was asked. */
export function headerCost(run: RunView): string | null {
  const { attempts, cost } = run.receipt;
  return attempts.length === 0 ? null : costWords(cost, attempts.every(isLocalAttempt));
}

/** Tokens of the answer, or of what was read where nothing was written, as for embeddings. */
function tokenWords(usage: UsageView): string {
  const written = outputTokens(usage);
  return written > 0
    ? `${formatCount(written)} tok`
    : `${formatCount(inputTokens(usage))} tok read`;
}

/** "388 tok · 4.9 s", as much of it as is known. */
export function headerFacts(run: RunView): string[] {
  const answering = answeringAttempt(run);
  if (!answering) return [];
  return [
    answering.usage ? tokenWords(answering.usage) : '',
    answering.totalMillis === null ? '' : formatDuration(answering.totalMillis),
  ].filter((fact) => fact !== '');
}

/** What the state of a stored answer means, where it is not simply there. */
export function statusWords(message: MessageView): string | null {
  switch (message.status) {
    case 'stopped':
      return 'Stopped by you. What was written so far is kept.';
    case 'interrupted':
      return 'Interrupted: Patchbay closed while this was being written.';
    case 'complete':
      return finishWords(message.run ? answeringAttempt(message.run) : undefined);
    case 'streaming':
    case 'failed':
      return null;
  }
}

function finishWords(attempt: AttemptView | undefined): string | null {
  switch (attempt?.finishReason) {
    case 'length':
      return 'Cut off: the longest answer that was allowed is reached.';
    case 'content_filter':
      return 'Cut off by the provider’s content filter.';
    case 'tool_calls':
      return 'The model wanted to call a tool, which Patchbay did not offer.';
    case 'stop':
    case 'other':
    case null:
    case undefined:
      return null;
  }
}
