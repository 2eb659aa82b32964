/** Apps and requests to look at, as the picture of the design has them. */

import type {
  AppRequestView,
  AppRulesView,
  AppTurn,
  AppView,
  AttemptView,
  EndpointView,
  FailureClass,
} from '../gen/types';
import { failureNamed } from './failures';
import type { MadeRequest } from './gateway';
import { answered, attempt, costOf, emptyAnswer, failed, receiptOf, usage } from './script';
import { HOSTILE } from './texts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const FREE: AppRulesView = {
  models: [],
  answersWith: null,
  requestsAMinute: null,
  requestsAtOnce: null,
  expiresAt: null,
  keepsTexts: true,
  holdsBack: false,
  firstTokenMillis: null,
  origins: [],
};

export function gatewayApps(now: number): AppView[] {
  const app = (id: string, name: string, rest: Partial<AppView>): AppView => ({
    id,
    name,
    rules: FREE,
    tokenHint: 'k2Qd',
    createdAt: now - 40 * DAY,
    lastUsedAt: now - 4 * MINUTE,
    revokedAt: null,
    ...rest,
  });
  return [
    app('editor', 'Editor', { tokenHint: 'aX4e', lastUsedAt: now - 20_000 }),
    app('mail-triage', 'Mail triage', {
      rules: {
        ...FREE,
        models: ['everyday', 'openai/gpt-6.1'],
        requestsAMinute: 60,
        requestsAtOnce: 4,
        keepsTexts: false,
      },
    }),
    app('nightly-digest', 'Nightly digest', {
      rules: { ...FREE, answersWith: 'everyday', expiresAt: now - 2 * DAY },
      lastUsedAt: now - 3 * DAY,
    }),
    app('old-notebook', 'Old notebook', {
      tokenHint: '9zPm',
      lastUsedAt: null,
      revokedAt: now - 12 * DAY,
    }),
  ];
}

const CLAUDE: EndpointView = { providerId: 'openrouter', model: 'anthropic/claude-sonnet-4.6' };
const GPT: EndpointView = { providerId: 'openai', model: 'gpt-6.1' };
const EMBEDDING: EndpointView = { providerId: 'openai', model: 'text-embedding-4' };
const LOCAL: EndpointView = { providerId: 'local', model: 'smollm2-135m-instruct' };

interface Sample {
  app: string;
  model: string;
  endpoint: EndpointView;
  providerName: string;
  path: string;
  turns: AppTurn[] | null;
  answer: string | null;
  toolCalls?: string;
  outcome: 'answered' | 'failed' | 'running';
  /** Who was asked before, and failed so. */
  before?: readonly (readonly [EndpointView, string, FailureClass])[];
  nanoUsd?: number;
}

const user = (text: string): AppTurn => ({ role: 'user', text });
const system = (text: string): AppTurn => ({ role: 'system', text });

const SAMPLES: readonly Sample[] = [
  {
    app: 'editor',
    model: 'openai/gpt-6.1',
    endpoint: GPT,
    providerName: 'OpenAI',
    path: '/v1/chat/completions',
    turns: [
      system('You complete code. Answer with code only.'),
      user('Write a function that reverses a linked list in Rust.'),
    ],
    answer: null,
    outcome: 'running',
  },
  {
    app: 'editor',
    model: 'anthropic/claude-sonnet-4.6',
    endpoint: CLAUDE,
    providerName: 'OpenRouter',
    path: '/v1/messages',
    turns: [
      system('You are a careful reviewer.'),
      user('What does this regular expression match?'),
      { role: 'assistant', text: 'Which one? Please paste it.' },
      user('`^a+b?$`'),
    ],
    answer: 'One or more `a`, then **at most one** `b`, and nothing else on the line.',
    outcome: 'answered',
    before: [[CLAUDE, 'Anthropic', 'overloaded']],
    nanoUsd: 7_500_000,
  },
  {
    app: 'mail-triage',
    model: 'everyday',
    endpoint: LOCAL,
    providerName: 'This computer',
    path: '/v1/chat/completions',
    turns: null,
    answer: null,
    outcome: 'answered',
    nanoUsd: 0,
  },
  {
    app: 'nightly-digest',
    model: 'everyday',
    endpoint: GPT,
    providerName: 'OpenAI',
    path: '/v1/responses',
    turns: [user('Which files changed since yesterday?')],
    answer: null,
    toolCalls: '[{"id":"call_1","name":"list_files","arguments":{"since":"2026-11-25"}}]',
    outcome: 'answered',
    before: [[GPT, 'OpenAI', 'rate_limited']],
    nanoUsd: 1_600_000,
  },
  {
    app: 'editor',
    model: 'gpt-6.1',
    endpoint: GPT,
    providerName: 'OpenAI',
    path: '/v1/chat/completions',
    turns: [user('Explain this stack trace.')],
    answer: null,
    outcome: 'failed',
  },
  {
    app: 'editor',
    model: 'everyday',
    endpoint: CLAUDE,
    providerName: 'OpenRouter',
    path: '/v1/chat/completions',
    turns: [user('<img src=x onerror=alert(1)> What is this?')],
    answer: HOSTILE,
    outcome: 'answered',
    nanoUsd: 900_000,
  },
  {
    app: 'nightly-digest',
    model: 'openai/text-embedding-4',
    endpoint: EMBEDDING,
    providerName: 'OpenAI',
    path: '/v1/embeddings',
    turns: [user('How a patchbay is wired.\n\nWhat a normalled jack does.')],
    answer: '2 vectors of 1,536 numbers',
    outcome: 'answered',
    nanoUsd: 260,
  },
];

/** So many requests, the newest first; the same few over and over. */
export function gatewayRequests(now: number, count: number): MadeRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const sample = SAMPLES[index % SAMPLES.length] ?? SAMPLES[1];
    if (!sample) throw new Error('there are no samples');
    // Only the newest goes on.
    const wanted = index > 0 && sample.outcome === 'running' ? SAMPLES[1] : sample;
    return made(wanted ?? sample, count - index, now - 5_000 - index * 7 * MINUTE);
  });
}

function made(sample: Sample, serial: number, at: number): MadeRequest {
  const { endpoint, providerName, outcome, turns, nanoUsd } = sample;
  const before = (sample.before ?? []).map(([way, name, failure], ordinal) =>
    failed(attempt(ordinal, way, name, { startedAt: at }), failureNamed(failure), failure),
  );
  const first = attempt(before.length, endpoint, providerName, { startedAt: at });
  const writes = sample.path === '/v1/embeddings' ? 0 : 292;
  const counted = usage({ input: writes === 0 ? 13 : 412, output: writes });
  const last: AttemptView =
    outcome === 'failed'
      ? failed(first, failureNamed('overloaded'), null)
      : outcome === 'running'
        ? { ...first, firstTokenMillis: 398 }
        : {
            ...answered(first, counted),
            ...costOf(counted),
            cost: { nanoUsd: nanoUsd ?? null, kind: 'computed' },
          };
  const attempts = [...before, last];
  const runId = `app-run-${serial}`;
  const run = emptyAnswer(`answer-${runId}`, '', runId, endpoint, 1).run;
  if (!run) throw new Error('an answer has a run');
  const question = turns?.findLast(({ role }) => role === 'user')?.text ?? null;
  const receipt = receiptOf(attempts);
  const view: AppRequestView = {
    serial,
    receipt: {
      runId,
      conversationId: null,
      title: null,
      comparisonCase: null,
      question,
      routeName: sample.model === 'everyday' ? 'everyday' : null,
      model: endpoint.model,
      startedAt: at,
      outcome,
      origin: 'gateway',
      purpose: 'answer',
      app: sample.app,
      attempts: attempts.map((each) => ({
        providerName: each.providerName,
        madeBecause: each.madeBecause,
        status: each.status,
        failure: each.failure?.class ?? null,
        httpStatus: each.failure?.status ?? null,
      })),
      cost: receipt.cost,
      firstTokenMillis: outcome === 'failed' ? null : last.firstTokenMillis,
    },
    tookMillis: outcome === 'running' ? null : 4_900,
    app: sample.app,
    path: sample.path,
    model: sample.model,
    isStream: true,
    clientTitle: sample.app === 'editor' ? 'aider' : null,
    clientAddress: null,
    clientAgent: 'OpenAI/Python 2.8.0',
    question,
    hasTexts: turns !== null,
    conversationId: null,
  };
  return {
    view,
    turns: turns ?? [],
    answer: turns === null ? null : sample.answer,
    toolCalls: sample.toolCalls ?? null,
    run: { ...run, receipt, routeName: view.receipt.routeName },
  };
}
