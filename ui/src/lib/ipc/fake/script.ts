/**
 * What a run of a fake model does, as a list of steps worked out before the first one is taken, so that
 * a test can read it, and so that a window that joins late is told the same story.
 */

import type {
  AttemptView,
  CostLine,
  CostView,
  EndpointView,
  FailureClass,
  FailureView,
  MessageStatus,
  MessageView,
  ReaderView,
  ReceiptView,
  RunChange,
  TargetView,
  UsageView,
} from '../gen/types';
import { failureNamed } from './failures';
import {
  HAIKU,
  HOSTILE,
  longAnswer,
  piecesOf,
  SECOND_ANSWER,
  SHORT_ANSWER,
  THOUGHTS,
} from './texts';

/** The cable of a model that is asked for the first time. */
const NEW_COLOUR = 3;

export interface Step {
  change: RunChange;
  /** How many ticks to wait before it. */
  ticks: number;
}

export interface Ending {
  status: MessageStatus;
  failure: FailureView | null;
}

export interface Script {
  steps: Step[];
  ending: Ending;
}

export function answerFor(model: string, question: string): string {
  if (model.includes('hostile')) return HOSTILE;
  if (model.includes('endless')) return longAnswer(20_000);
  if (/haiku/i.test(question)) return HAIKU;
  if (/how large/i.test(question)) return SECOND_ANSWER;
  return SHORT_ANSWER;
}

export function attempt(
  ordinal: number,
  endpoint: EndpointView,
  providerName: string,
  rest: Partial<AttemptView> = {},
): AttemptView {
  const isLocal = endpoint.providerId === 'local';
  return {
    ordinal,
    providerId: endpoint.providerId,
    providerName,
    model: endpoint.model,
    keyLabel: isLocal ? null : 'work',
    startedAt: Date.now(),
    openedMillis: null,
    firstTokenMillis: null,
    totalMillis: null,
    status: 'running',
    failure: null,
    leftBecause: null,
    finishReason: null,
    servedModel: null,
    servedBy: null,
    requestId: null,
    malformedEvents: 0,
    warnings: [],
    usage: null,
    tokensPerSecond: null,
    cost: isLocal ? { nanoUsd: 0, kind: 'computed' } : { nanoUsd: null, kind: 'unknown' },
    costLines: [],
    computedNanoUsd: null,
    reportedNanoUsd: null,
    listNanoUsd: null,
    listTag: null,
    reservedNanoUsd: null,
    priceTag: null,
    serviceTier: null,
    replacedText: null,
    colour: 1,
    madeBecause: ordinal === 0 ? 'first' : 'next_endpoint',
    continuesAt: null,
    ...rest,
  };
}

export function answered(running: AttemptView, usage: UsageView): AttemptView {
  return {
    ...running,
    status: 'answered',
    openedMillis: 312,
    firstTokenMillis: 655,
    totalMillis: 4_900,
    finishReason: 'stop',
    servedBy: running.providerName === 'OpenRouter' ? 'Google Vertex' : null,
    requestId: running.providerId === 'local' ? null : 'gen-1763800867-x2Kd',
    usage,
    tokensPerSecond: 91,
  };
}

export function failed(
  running: AttemptView,
  failure: FailureView,
  leftBecause: string | null,
): AttemptView {
  return {
    ...running,
    status: 'failed',
    failure,
    leftBecause,
    totalMillis: 310,
    requestId: failure.requestId,
    cost: { nanoUsd: 0, kind: 'computed' },
  };
}

export function receiptOf(attempts: readonly AttemptView[]): ReceiptView {
  return {
    attempts: [...attempts],
    cost: sumOf(attempts),
    wasted: sumOf(attempts.filter(({ status }) => status !== 'answered' && status !== 'running')),
    readers: readersOf(attempts),
    budgetNote: null,
  };
}

function sumOf(attempts: readonly AttemptView[]): CostView {
  if (attempts.some(({ cost }) => cost.kind === 'unknown')) {
    return { nanoUsd: null, kind: 'unknown' };
  }
  const nanoUsd = attempts.reduce((total, { cost }) => total + (cost.nanoUsd ?? 0), 0);
  return { nanoUsd, kind: 'computed' };
}

/** A gateway and the host behind it are two. */
function readersOf(attempts: readonly AttemptView[]): ReaderView[] {
  const readers = new Map<string, ReaderView>();
  for (const { providerId, providerName, servedBy } of attempts) {
    const isLocal = providerId === 'local';
    readers.set(providerName, { name: providerName, role: 'provider', isLocal, policy: null });
    if (servedBy === null) continue;
    readers.set(servedBy, { name: servedBy, role: 'host', isLocal: false, policy: null });
  }
  return [...readers.values()];
}

/** `colour` is that of the model's cable. */
export function scriptFor(
  endpoint: EndpointView,
  providerName: string,
  question: string,
  colour = NEW_COLOUR,
): Script {
  const { steps, ending } = plainScript(endpoint, providerName, question);
  return {
    ending,
    steps: steps.map(({ change, ticks }) => ({
      ticks,
      change:
        change.kind === 'attempt' || change.kind === 'settled'
          ? { ...change, attempt: { ...change.attempt, colour } }
          : change,
    })),
  };
}

function plainScript(endpoint: EndpointView, providerName: string, question: string): Script {
  const model = endpoint.model;
  const steps: Step[] = [];
  let ordinal = 0;
  if (model.includes('switch')) {
    const first = attempt(0, endpoint, 'Anthropic');
    const failure = failureNamed('overloaded');
    steps.push({ change: { kind: 'attempt', attempt: first }, ticks: 0 });
    const left = failed(first, failure, 'overloaded, no retry hint');
    steps.push({ change: { kind: 'settled', attempt: left }, ticks: 8 });
    steps.push({
      change: {
        kind: 'switched',
        fromAttempt: 0,
        isRetry: false,
        madeBecause: 'next_endpoint',
        waitMillis: 0,
        because: failure.sentence,
      },
      ticks: 1,
    });
    ordinal = 1;
  }
  const rescued = /replaced|continued/.exec(model)?.[0];
  if (rescued) return rescue(rescued === 'continued', endpoint, providerName, question);
  const running = attempt(ordinal, endpoint, providerName);
  steps.push({ change: { kind: 'attempt', attempt: running }, ticks: 1 });

  const failureName = /fail-([a-z_]+)/.exec(model)?.[1];
  if (failureName) {
    const failure = failureNamed(failureName as FailureClass);
    steps.push({ change: { kind: 'settled', attempt: failed(running, failure, null) }, ticks: 4 });
    return { steps, ending: { status: 'failed', failure } };
  }

  const started = { ...running, openedMillis: 312, firstTokenMillis: 655 };
  steps.push({ change: { kind: 'attempt', attempt: started }, ticks: 4 });
  const thoughts = model.includes('think') ? piecesOf(THOUGHTS) : [];
  for (const text of thoughts) steps.push({ change: { kind: 'reasoning', text }, ticks: 1 });
  const pieces = piecesOf(answerFor(model, question));
  const shown = model.includes('cut') ? pieces.slice(0, pieces.length / 2) : pieces;
  for (const text of shown) steps.push({ change: { kind: 'text', text }, ticks: 1 });

  const counted = usageOf(question, pieces.length, thoughts.length);
  if (model.includes('cut')) {
    const failure = failureNamed('stream_cut');
    const end = { ...failed(started, failure, null), usage: counted, cost: started.cost };
    steps.push({ change: { kind: 'settled', attempt: end }, ticks: 1 });
    return { steps, ending: { status: 'failed', failure } };
  }
  steps.push({ change: { kind: 'usage', usage: counted }, ticks: 0 });
  steps.push({ change: { kind: 'settled', attempt: answered(started, counted) }, ticks: 0 });
  return { steps, ending: { status: 'complete', failure: null } };
}

/** Half an answer, which the next one replaces or goes on with. */
function rescue(
  isContinued: boolean,
  endpoint: EndpointView,
  providerName: string,
  question: string,
): Script {
  const pieces = piecesOf(answerFor('', question));
  const half = pieces.slice(0, Math.floor(pieces.length / 2));
  const written = half.join('');
  const failure = failureNamed('silence_timeout');
  const madeBecause = isContinued ? 'continuation' : 'next_endpoint';
  const first = { ...attempt(0, endpoint, 'Anthropic'), openedMillis: 212, firstTokenMillis: 540 };
  const left = {
    ...failed(first, failure, 'silent for 15 s'),
    replacedText: written,
    totalMillis: 16_300,
  };
  const second = attempt(1, endpoint, providerName, {
    madeBecause,
    openedMillis: 312,
    firstTokenMillis: 655,
    continuesAt: isContinued ? [...written].length : null,
  });
  const counted = usageOf(question, pieces.length, 0);
  const steps: Step[] = [
    { change: { kind: 'attempt', attempt: first }, ticks: 1 },
    ...half.map((text): Step => ({ change: { kind: 'text', text }, ticks: 1 })),
    { change: { kind: 'settled', attempt: left }, ticks: 8 },
    ...(isContinued ? [] : [{ change: { kind: 'discard' as const }, ticks: 0 }]),
    {
      change: {
        kind: 'switched',
        fromAttempt: 0,
        isRetry: false,
        madeBecause,
        waitMillis: 0,
        because: failure.sentence,
      },
      ticks: 0,
    },
    { change: { kind: 'attempt', attempt: second }, ticks: 2 },
    ...(isContinued ? pieces.slice(half.length) : pieces).map((text): Step => ({
      change: { kind: 'text', text },
      ticks: 1,
    })),
    { change: { kind: 'usage', usage: counted }, ticks: 0 },
    { change: { kind: 'settled', attempt: answered(second, counted) }, ticks: 0 },
  ];
  return { steps, ending: { status: 'complete', failure: null } };
}

/** Tokens by class; what is not named was not used. */
export function usage(counts: Partial<UsageView>): UsageView {
  return {
    input: 0,
    cacheRead: 0,
    cacheWrite: 0,
    cacheWriteLong: 0,
    output: 0,
    reasoning: 0,
    audioInput: 0,
    imageInput: 0,
    audioOutput: 0,
    imageOutput: 0,
    webSearches: 0,
    ...counts,
  };
}

/** What the tokens cost by a price list that knows $3, $15 and $0.30 for a million. */
export function costOf(
  counts: UsageView,
): Pick<AttemptView, 'costLines' | 'computedNanoUsd' | 'priceTag'> {
  const per = 1_000_000;
  const line = (label: string, count: number, rateNanoUsd: number): CostLine => ({
    label,
    count,
    rateNanoUsd,
    per,
    nanoUsd: (count * rateNanoUsd) / per,
    isGuess: label === 'thinking',
  });
  const costLines = [
    line('input', counts.input, 3_000_000_000),
    line('cache read', counts.cacheRead, 300_000_000),
    line('output', counts.output, 15_000_000_000),
    line('thinking', counts.reasoning, 15_000_000_000),
  ].filter(({ count }) => count > 0);
  return {
    costLines,
    computedNanoUsd: costLines.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0),
    priceTag: { source: 'provider', name: 'OpenRouter’s list', asOf: Date.UTC(2026, 10, 20) },
  };
}

function usageOf(question: string, output: number, reasoning: number): UsageView {
  const input = 24 + Math.ceil(question.length / 4);
  return usage({ input, output, reasoning });
}

export function emptyAnswer(
  id: string,
  parentId: string,
  runId: string,
  endpoint: EndpointView,
  colour: number | null,
  target: TargetView = { kind: 'endpoint', endpoint },
): MessageView {
  return {
    id,
    parentId,
    role: 'assistant',
    text: '',
    reasoning: '',
    status: 'streaming',
    createdAt: Date.now(),
    run: {
      id: runId,
      endpoint,
      colour: colour ?? NEW_COLOUR,
      target,
      routeName: null,
      skipped: [],
      receipt: receiptOf([]),
      failure: null,
    },
  };
}
