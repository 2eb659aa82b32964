/** Histories to begin with: the one of the design's pictures, and a very long one. */

import type { ConversationView, EndpointView, MessageView } from '../gen/types';
import { answered, attempt, costOf, emptyAnswer, failed, receiptOf, usage } from './script';
import { failureNamed } from './failures';
import { SECOND_ANSWER, SHORT_ANSWER, THOUGHTS } from './texts';

const DAY = 86_400_000;
const CLAUDE: EndpointView = { providerId: 'openrouter', model: 'anthropic/claude-sonnet-4.6' };

function question(
  id: string,
  parentId: string | null,
  text: string,
  createdAt: number,
): MessageView {
  return {
    id,
    parentId,
    role: 'user',
    text,
    reasoning: '',
    status: 'complete',
    createdAt,
    run: null,
  };
}

function answer(
  id: string,
  parentId: string,
  text: string,
  at: number,
  switched = false,
): MessageView {
  const counted = usage({ input: 412, output: 292, reasoning: 96 });
  const first = failed(
    attempt(0, CLAUDE, 'Anthropic', { startedAt: at }),
    failureNamed('overloaded'),
    'overloaded, no retry hint',
  );
  const last = answered(attempt(1, CLAUDE, 'OpenRouter', { startedAt: at + 310 }), counted);
  const priced = {
    ...last,
    ...costOf(counted),
    cost: { nanoUsd: 6_200_000, kind: 'reported' as const },
    reportedNanoUsd: 6_200_000,
    serviceTier: 'standard' as const,
    warnings: switched
      ? ['The provider left out the parameter “seed”, which this model does not know.']
      : [],
  };
  const attempts = switched ? [first, priced] : [{ ...priced, ordinal: 0 }];
  const empty = emptyAnswer(id, parentId, `run-${id}`, CLAUDE, 1);
  return {
    ...empty,
    text,
    reasoning: switched ? THOUGHTS : '',
    status: 'complete',
    createdAt: at,
    run: empty.run && { ...empty.run, receipt: receiptOf(attempts) },
  };
}

function conversation(
  id: string,
  title: string,
  at: number,
  messages: MessageView[],
): ConversationView {
  return {
    summary: { id, title, createdAt: at, updatedAt: at },
    systemPrompt: '',
    parameters: {
      temperature: null,
      topP: null,
      seed: null,
      maxTokens: null,
      stop: [],
      reasoningEffort: null,
    },
    endpoint: CLAUDE,
    target: { kind: 'endpoint', endpoint: CLAUDE },
    activeLeaf: messages.at(-1)?.id ?? null,
    messages,
  };
}

export function pictureHistory(now: number): ConversationView[] {
  const titles: [string, number][] = [
    ['Tax letter, plain English', 0],
    ['Haiku about fallbacks', 0],
    ['SQL window functions', 1],
    ['Trip plan: Lisbon in May', 1],
    ['Name ideas for the cat', 1],
  ];
  const first = conversation('rust', 'Rust channel back-pressure', now - 60_000, [
    question(
      'q1',
      null,
      'How do I get back-pressure when I stream model output through a Tokio channel?',
      now - 90_000,
    ),
    answer('a0', 'q1', 'Use a bounded channel.', now - 88_000),
    answer('a1', 'q1', SHORT_ANSWER, now - 80_000, true),
    question('q2', 'a1', 'And how large should the bound be?', now - 70_000),
    answer('a2', 'q2', SECOND_ANSWER, now - 60_000),
  ]);
  const rest = titles.map(([title, days], index) => {
    const at = now - days * DAY - (index + 2) * 60_000;
    const id = `seed-${index}`;
    return conversation(id, title, at, [
      question(`${id}-q`, null, title, at),
      answer(`${id}-a`, `${id}-q`, SECOND_ANSWER, at),
    ]);
  });
  return [first, ...rest];
}

/** Question and answer, so many times over. */
export function longConversation(turns: number, now: number): ConversationView {
  const messages: MessageView[] = [];
  for (let index = 0; index < turns; index += 1) {
    const parent = messages.at(-1)?.id ?? null;
    const at = now - (turns - index) * 1_000;
    messages.push(question(`long-q${index}`, parent, `Question ${index + 1}: and then?`, at));
    messages.push(
      answer(
        `long-a${index}`,
        `long-q${index}`,
        index % 3 === 0 ? SHORT_ANSWER : SECOND_ANSWER,
        at,
      ),
    );
  }
  return conversation('long', 'A very long chat', now, messages);
}
