/** The search of receipts in memory, and answers that switched, raced, went on and failed to find. */

import type {
  AttemptView,
  ConversationView,
  DataPolicyView,
  EndpointView,
  FoundReceipt,
  MessageView,
  PriceTagView,
  ReaderView,
  ReceiptSearch,
  RunView,
  SkippedView,
} from '../gen/types';
import { failureNamed } from './failures';
import { refuse } from './refuse';
import { answered, attempt, costOf, emptyAnswer, failed, receiptOf, usage } from './script';
import { HAIKU, SECOND_ANSWER, SHORT_ANSWER } from './texts';

const MINUTE = 60_000;
const NANO = 1_000_000_000;

interface Kept {
  run: RunView;
  message: MessageView;
  conversation: ConversationView;
  isGone: boolean;
}

function keptIn(conversation: ConversationView, isGone: boolean): Kept[] {
  return conversation.messages.flatMap((message) =>
    message.run ? [{ run: message.run, message, conversation, isGone }] : [],
  );
}

export class FakeReceipts {
  constructor(
    private readonly conversations: () => Iterable<ConversationView>,
    private readonly deleted: () => Iterable<ConversationView>,
  ) {}

  find(search: ReceiptSearch): FoundReceipt[] {
    const all = this.#all();
    const from =
      search.beforeRunId === null
        ? 0
        : all.findIndex(({ run }) => run.id === search.beforeRunId) + 1;
    return all
      .slice(from)
      .filter((kept) => fits(kept, search))
      .slice(0, search.limit)
      .map(foundOf);
  }

  open(runId: string): RunView {
    return (
      this.#all().find(({ run }) => run.id === runId)?.run ??
      refuse('not_found', 'The receipt is not there any more.', '')
    );
  }

  #all(): Kept[] {
    return [
      ...[...this.conversations()].flatMap((each) => keptIn(each, false)),
      ...[...this.deleted()].flatMap((each) => keptIn(each, true)),
    ].sort((left, right) => right.message.createdAt - left.message.createdAt);
  }
}

function fits({ run, message }: Kept, search: ReceiptSearch): boolean {
  const { attempts } = run.receipt;
  const isMade = (because: string) => attempts.some((each) => each.madeBecause === because);
  const firstToken = firstTokenOf(attempts);
  const known = attempts.reduce((sum, { cost }) => sum + (cost.nanoUsd ?? 0), 0);
  return [
    !search.switched || attempts.length > 1,
    !search.failed || message.status === 'failed',
    !search.hedged || isMade('hedge'),
    !search.continued || isMade('continuation'),
    search.costAbove === null || known > Number(search.costAbove) * NANO,
    search.firstTokenAboveMillis === null || (firstToken ?? 0) > search.firstTokenAboveMillis,
    search.providerId === null || attempts.some((each) => each.providerId === search.providerId),
    search.model === null ||
      attempts.some(({ model }) =>
        model.toLowerCase().includes((search.model ?? '').toLowerCase()),
      ),
  ].every(Boolean);
}

function firstTokenOf(attempts: readonly AttemptView[]): number | null {
  return attempts.find(({ status }) => status === 'answered')?.firstTokenMillis ?? null;
}

function foundOf({ run, message, conversation, isGone }: Kept): FoundReceipt {
  const { attempts, cost } = run.receipt;
  const question = conversation.messages.find(({ id }) => id === message.parentId);
  const outcome = message.status === 'complete' ? 'answered' : message.status;
  return {
    runId: run.id,
    conversationId: isGone ? null : conversation.summary.id,
    title: isGone ? null : conversation.summary.title,
    comparisonCase: null,
    question: isGone ? null : (question?.text.slice(0, 120) ?? null),
    routeName: run.routeName,
    model: attempts.find(({ status }) => status === 'answered')?.model ?? run.endpoint.model,
    startedAt: message.createdAt,
    outcome: outcome === 'streaming' ? 'running' : outcome,
    origin: 'chat',
    purpose: 'answer',
    app: null,
    attempts: attempts.map(({ providerName, madeBecause, status, failure }) => ({
      providerName,
      madeBecause,
      status,
      failure: failure?.class ?? null,
      httpStatus: failure?.status ?? null,
    })),
    cost,
    firstTokenMillis: firstTokenOf(attempts),
  };
}

const MODEL = 'anthropic/claude-sonnet-4.6';
const by = (providerId: string, model = MODEL): EndpointView => ({ providerId, model });

const ANTHROPIC_POLICY: DataPolicyView = {
  training: 'no',
  keepsDays: 30,
  words: 'What breaks its rules is kept for longer.',
  source: 'https://privacy.anthropic.example/commercial',
  asOf: '2026-07',
};
const OPENROUTER_POLICY: DataPolicyView = {
  training: 'depends_on_host',
  keepsDays: 0,
  words: 'Each host has terms of its own.',
  source: 'https://openrouter.example/docs/privacy',
  asOf: '2026-06',
};

const reader = (
  name: string,
  policy: DataPolicyView | null,
  role = 'provider',
  isLocal = false,
): ReaderView => ({ name, role, isLocal, policy });

const READERS: ReaderView[] = [
  reader('Anthropic', ANTHROPIC_POLICY),
  reader('OpenRouter', OPENROUTER_POLICY),
  reader('Google Vertex', null, 'host'),
];

interface Sample {
  id: string;
  question: string;
  text: string;
  minutesAgo: number;
  attempts: AttemptView[];
  status?: MessageView['status'];
  skipped?: SkippedView[];
  readers?: ReaderView[];
  routeName?: string;
  budgetNote?: string;
}

const MAKERS_LIST: PriceTagView = {
  source: 'snapshot',
  name: 'Patchbay’s list of November 2026',
  asOf: Date.UTC(2026, 10, 20),
};
const COUNTED = usage({ input: 412, output: 292, reasoning: 96 });
const PROMPT = usage({ input: 412, output: 120 });

/** An attempt that cost what its tokens do, against a maker who asks a twentieth less. */
function priced(view: AttemptView, counts = COUNTED): AttemptView {
  const costs = costOf(counts);
  return {
    ...view,
    ...costs,
    usage: counts,
    cost: { nanoUsd: costs.computedNanoUsd, kind: 'computed' },
    listNanoUsd: costs.computedNanoUsd === null ? null : Math.round(costs.computedNanoUsd * 0.95),
    listTag: MAKERS_LIST,
    reservedNanoUsd: 61_236_000,
  };
}

function samples(now: number): Sample[] {
  const anthropic = (ordinal: number, rest: Partial<AttemptView> = {}) =>
    attempt(ordinal, by('anthropic', 'claude-sonnet-4.6'), 'Anthropic', rest);
  const openrouter = (ordinal: number, rest: Partial<AttemptView> = {}) =>
    attempt(ordinal, by('openrouter'), 'OpenRouter', rest);
  const overloaded = failed(anthropic(0), failureNamed('overloaded'), 'went on to OpenRouter');
  const paused: SkippedView = {
    endpoint: by('nanogpt'),
    name: 'NanoGPT',
    entry: 0,
    reason: 'circuit_open',
    because: 'paused after an error of its own',
    until: now + 18_000,
  };
  const overBudget: SkippedView = {
    endpoint: by('openai', 'gpt-6.1'),
    name: 'OpenAI',
    entry: 0,
    reason: 'over_budget',
    because: 'the budget for Everything, a month does not hold its worst case, $0.0612',
    until: null,
  };
  const withoutKey = ['Together', 'Groq', 'Mistral', 'DeepSeek'].map((name, index) => ({
    endpoint: by(name.toLowerCase()),
    name,
    entry: index + 1,
    reason: 'no_key',
    because: 'no key',
    until: null,
  }));
  return [
    {
      id: 'switched',
      question: 'How do I get back-pressure when I stream model output?',
      text: SHORT_ANSWER,
      minutesAgo: 1,
      attempts: [overloaded, priced(answered(openrouter(1), COUNTED))],
      skipped: [paused, ...withoutKey],
      budgetNote:
        'The budget for Everything, a month is past 90 %, so the cheapest way in was asked first.',
      readers: READERS,
      routeName: 'everyday',
    },
    {
      id: 'raced',
      question: 'And how large should the bound be?',
      text: SECOND_ANSWER,
      minutesAgo: 4,
      attempts: [
        priced({ ...answered(anthropic(0), COUNTED), firstTokenMillis: 2_310 }),
        {
          ...priced(openrouter(1, { madeBecause: 'hedge' }), usage({ input: 412 })),
          status: 'stopped',
          leftBecause: 'another way in was faster',
          totalMillis: 640,
        },
      ],
      readers: READERS.slice(0, 2),
      routeName: 'everyday',
    },
    {
      id: 'continued',
      question: 'Write a haiku about fallbacks',
      text: HAIKU,
      minutesAgo: 9,
      attempts: [
        {
          ...priced(
            failed(anthropic(0), failureNamed('stream_cut'), 'OpenRouter went on with the half'),
            PROMPT,
          ),
          firstTokenMillis: 480,
          totalMillis: 2_100,
          replacedText: HAIKU.slice(0, 40),
        },
        priced(answered(openrouter(1, { madeBecause: 'continuation', continuesAt: 40 }), COUNTED)),
      ],
      readers: READERS,
      routeName: 'everyday',
    },
    {
      id: 'long-way',
      question: 'What is left when everything fails?',
      text: SECOND_ANSWER,
      minutesAgo: 14,
      attempts: [
        overloaded,
        failed(
          anthropic(1, { madeBecause: 'next_key', keyLabel: 'home' }),
          failureNamed('rate_limited'),
          'asked again after 1.5 s',
        ),
        failed(
          anthropic(2, { madeBecause: 'retry', keyLabel: 'home' }),
          failureNamed('rate_limited'),
          'went on to a provider with a very long name',
        ),
        failed(
          attempt(3, by('long'), 'A provider with a very long name'),
          failureNamed('payment_required'),
          'went on to OpenRouter',
        ),
        priced(
          answered(
            attempt(4, by('openrouter', 'openai/gpt-6.1'), 'OpenRouter', { colour: 4 }),
            COUNTED,
          ),
        ),
      ],
      skipped: [overBudget],
      readers: READERS,
    },
    {
      id: 'failed',
      question: 'Is anybody there?',
      text: '',
      minutesAgo: 20,
      status: 'failed',
      attempts: [failed(anthropic(0), failureNamed('authentication'), null)],
      readers: READERS.slice(0, 1),
    },
  ];
}

function conversationOf(
  id: string,
  title: string,
  all: readonly Sample[],
  now: number,
): ConversationView {
  const messages: MessageView[] = [];
  // The newest is the last one said.
  for (const sample of [...all].sort((left, right) => right.minutesAgo - left.minutesAgo)) {
    const at = now - sample.minutesAgo * MINUTE;
    const question: MessageView = {
      id: `${id}-${sample.id}-q`,
      parentId: messages.at(-1)?.id ?? null,
      role: 'user',
      text: sample.question,
      reasoning: '',
      status: 'complete',
      createdAt: at,
      run: null,
    };
    const empty = emptyAnswer(
      `${id}-${sample.id}`,
      question.id,
      `run-${id}-${sample.id}`,
      by('openrouter'),
      1,
      sample.routeName ? { kind: 'route', id: 'route-everyday' } : undefined,
    );
    const receipt = { ...receiptOf(sample.attempts), budgetNote: sample.budgetNote ?? null };
    messages.push(question, {
      ...empty,
      text: sample.text,
      status: sample.status ?? 'complete',
      createdAt: at,
      run: empty.run && {
        ...empty.run,
        routeName: sample.routeName ?? null,
        skipped: sample.skipped ?? [],
        receipt: { ...receipt, readers: sample.readers ?? receipt.readers },
        failure: sample.status === 'failed' ? (sample.attempts.at(-1)?.failure ?? null) : null,
      },
    });
  }
  return {
    summary: { id, title, createdAt: now - 30 * MINUTE, updatedAt: now - MINUTE },
    systemPrompt: '',
    parameters: {
      temperature: null,
      topP: null,
      seed: null,
      maxTokens: null,
      stop: [],
      reasoningEffort: null,
    },
    endpoint: by('openrouter'),
    target: { kind: 'endpoint', endpoint: by('openrouter') },
    activeLeaf: messages.at(-1)?.id ?? null,
    messages,
  };
}

/** One chat with an answer of each kind. */
export function receiptHistory(now: number): ConversationView[] {
  return [conversationOf('receipts', 'Answers on their way', samples(now), now)];
}

/** A chat that was deleted, whose receipts are still there. */
export function deletedHistory(now: number): ConversationView[] {
  const [first] = samples(now);
  if (!first) return [];
  return [conversationOf('gone', 'Gone', [{ ...first, minutesAgo: 3_000 }], now)];
}
