import { describe, expect, it } from 'vitest';

import { failureNamed } from '../../../lib/ipc/fake/failures';
import { attempt, failed, receiptOf, usage } from '../../../lib/ipc/fake/script';
import type { AttemptView, RunView } from '../../../lib/ipc/gen/types';
import { answeredBy, answeringColour } from '../answered';
import { answeringAttempt, cableAttempts, firstTokenOf, headerFacts } from '../facts';
import { readerCard } from './readers';
import { cardOf, directWords, receiptHeading, wastedOfTotal } from './receipt';
import { isCountingDown, skippedCard } from './skipped';
import { receiptText } from './text';

const AT = new Date(2026, 10, 20, 9, 41, 7).getTime();
const endpoint = { providerId: 'openai', model: 'gpt-6.1' };

function runOf(attempts: AttemptView[], rest: Partial<RunView> = {}): RunView {
  return {
    id: 'r',
    endpoint,
    colour: 0,
    target: { kind: 'route', id: 'everyday' },
    routeName: 'everyday',
    skipped: [],
    receipt: receiptOf(attempts),
    failure: null,
    ...rest,
  };
}

/** No list has a model of these. */
const unknown = () => undefined;
const known = (nanoUsd: number) => ({ nanoUsd, kind: 'computed' as const });
const loser = attempt(1, { ...endpoint, providerId: 'groq' }, 'Groq', {
  status: 'stopped',
  leftBecause: 'another way in was faster',
  madeBecause: 'hedge',
  totalMillis: 900,
  usage: usage({ input: 412 }),
  cost: known(1_236_000),
});
const winner = attempt(0, endpoint, 'OpenAI', {
  status: 'answered',
  firstTokenMillis: 655,
  totalMillis: 4_900,
  usage: usage({ input: 412, output: 388 }),
  cost: known(7_056_000),
});

describe('a race', () => {
  const run = runOf([winner, loser]);

  it('ends with the wire that answered, whoever was asked last', () => {
    expect(cableAttempts(run).map(({ label, outcome }) => [label, outcome])).toEqual([
      ['groq', 'raced'],
      ['openai', 'answered'],
    ]);
    expect(answeringAttempt(run)).toBe(winner);
    expect(firstTokenOf(run)).toBe(655);
    expect(headerFacts(run)).toEqual(['388 tok', '4.9 s']);
  });

  it('tells what was read where nothing was written, as for embeddings', () => {
    const embedded = { ...winner, usage: usage({ input: 13 }) };
    expect(headerFacts(runOf([embedded]))).toEqual(['13 tok read', '4.9 s']);
  });

  it('says why the second was made, that it lost, and what it took', () => {
    const card = cardOf(loser, run);
    expect(card.outcome).toBe('lost the race');
    expect(card.status).toBe('raced');
    expect(card.made).toBe('The first token was late, so this way in raced it.');
    expect(card.lines).toContainEqual({ name: 'waited', value: '900 ms' });
    expect(card.lines).toContainEqual({ name: 'tokens, money', value: '412, $0.001236' });
    expect(cardOf({ ...loser, leftBecause: null }, run).outcome).toBe('stopped by you');
  });

  it('shows the wire that brings tokens as the one that goes on, while both are asked', () => {
    const running = { ...winner, status: 'running' as const };
    const waiting = { ...loser, status: 'running' as const, leftBecause: null };
    expect(answeringAttempt(runOf([running, waiting]))).toBe(running);
    expect(firstTokenOf(runOf([{ ...running, firstTokenMillis: null }, waiting]))).toBeNull();
  });
});

describe('an answer of another model than was asked', () => {
  const other = { providerId: 'openrouter', model: 'qwen/qwen3-235b' };
  const left = failed(
    attempt(0, endpoint, 'OpenAI', { colour: 2 }),
    failureNamed('overloaded'),
    '',
  );
  const answer = { ...attempt(1, other, 'OpenRouter', { colour: 4 }), status: 'answered' as const };
  const run = runOf([left, answer], { colour: 2 });

  it('is headed by the model that answered, in its colour, and names the one that was asked', () => {
    expect(answeredBy(run)).toEqual(other);
    expect(answeringColour(run)).toBe(4);
    expect(receiptHeading(run, AT, unknown)).toBe(
      'qwen3-235b · asked for gpt-6.1 · route “everyday” · 09:41:07',
    );
    expect(cardOf(answer, run).lines).toContainEqual({ name: 'model', value: other.model });
  });

  it('is that of the attempt that goes on, while it streams', () => {
    const running = { ...answer, status: 'running' as const, firstTokenMillis: 655 };
    expect(answeringColour(runOf([left, running]))).toBe(4);
    expect(answeringColour(runOf([], { colour: 2 }))).toBe(2);
  });

  it('is no other model where two lists spell it differently', () => {
    expect(receiptHeading(run, AT, () => 'the same')).toBe(
      'qwen3-235b · route “everyday” · 09:41:07',
    );
    const gateway = runOf([{ ...answer, model: `openai/${endpoint.model}` }]);
    expect(receiptHeading(gateway, AT, unknown)).not.toContain('asked for');
  });
});

describe('a continuation', () => {
  const cut = {
    ...failed(attempt(0, endpoint, 'OpenAI'), failureNamed('stream_cut'), 'Groq went on'),
    replacedText: 'Half of it',
  };
  const rest = { ...winner, ordinal: 1, madeBecause: 'continuation' as const, continuesAt: 1_214 };

  it('says where it goes on, and what became of the half answer', () => {
    const run = runOf([cut, rest]);
    expect(cardOf(rest, run).lines).toContainEqual({
      name: 'goes on',
      value: 'after 1,214 characters of the answer',
    });
    expect(cardOf(cut, run).half).toEqual({
      title: 'The half answer that the next attempt went on with',
      text: 'Half of it',
    });
    expect(cableAttempts(run).map(({ isContinuation }) => isContinuation)).toEqual([false, true]);
    const again = runOf([cut, { ...rest, madeBecause: 'restart' }]);
    expect(cardOf(cut, again).half?.title).toBe('The half answer that was replaced');
  });
});

describe('what was paid', () => {
  const of = (attempts: AttemptView[], nanoUsd: number | null) => {
    const run = runOf(attempts);
    run.receipt.wasted = nanoUsd === null ? { nanoUsd, kind: 'unknown' } : known(nanoUsd);
    return wastedOfTotal(run);
  };

  it('names what of it went to attempts without a whole answer', () => {
    expect(of([winner, loser], 1_236_000)).toBe(
      '$0.001236 of it went to attempts that gave no whole answer.',
    );
    expect(of([winner, loser], null)).toContain('is unknown');
    expect(of([winner, loser], 0)).toBeNull();
    expect(of([winner], 0)).toBeNull();
    expect(of([loser], 1)).toBeNull();
  });
});

describe('the list of the maker', () => {
  const tag = { source: 'snapshot' as const, name: 'The list', asOf: AT };
  const listed = (listNanoUsd: number | null, rest: Partial<AttemptView> = {}): AttemptView => ({
    ...winner,
    listNanoUsd,
    listTag: tag,
    reservedNanoUsd: 61_200_000,
    ...rest,
  });
  const listOf = (view: AttemptView) => cardOf(view, runOf([view])).makersList;

  it('stands beside the charge, with how far that is above or below, and its name and day', () => {
    expect(listOf(listed(6_720_000))).toEqual({
      amount: '$0.00672',
      note: 'charged 5 % above',
      list: 'The list, 20 Nov 2026',
    });
    expect(listOf(listed(14_112_000))?.note).toBe('charged 50 % below');
    expect(listOf(listed(7_056_000))?.note).toBe('charged the same');
    expect(listOf(listed(7_056_100))?.note).toBe('charged about the same');
  });

  it('is compared only where both are known', () => {
    const unknownCost = { cost: { nanoUsd: null, kind: 'unknown' as const } };
    expect(listOf(listed(6_720_000, unknownCost))?.note).toBe('');
    expect(listOf(listed(null))).toBeNull();
    expect(listOf(listed(0, { providerId: 'local' }))).toBeNull();
  });

  it('is told at the end where it is something else, and never guessed', () => {
    const direct = (...attempts: AttemptView[]) => directWords(runOf(attempts));
    const free = { ...listed(null), cost: known(0) };
    expect(direct(free, listed(6_720_000))).toBe(
      'Direct from the maker this would have cost $0.00672.',
    );
    expect(direct(listed(7_056_000))).toBeNull();
    expect(direct(listed(6_720_000), listed(null))).toBeNull();
    expect(direct(free)).toBeNull();
  });

  it('is in the text for the clipboard, with what was held and what a budget changed', () => {
    const run = runOf([listed(6_720_000)]);
    run.receipt.budgetNote = 'The cheapest way in was asked first.';
    const text = receiptText(run, AT, unknown);
    expect(text).toContain('Budget: The cheapest way in was asked first.');
    expect(text).toContain('$0.00672, charged 5 % above, The list, 20 Nov 2026');
    expect(text).toContain('held before         $0.0612, its worst case');
    expect(text).toContain('Direct from the maker this would have cost $0.00672.');
  });
});

describe('what was left out', () => {
  const paused = {
    endpoint,
    name: 'NanoGPT',
    entry: 0,
    reason: 'circuit_open',
    because: 'paused until 09:41 after an error of its own',
    until: AT + 18_000,
  };

  it('counts down what passes by itself, and only while it is to come', () => {
    const run = runOf([winner]);
    expect(skippedCard(paused, run, AT).lines).toEqual([
      { name: 'until', value: '09:41:25, 18 s more' },
    ]);
    expect(skippedCard(paused, run, AT + 20_000).lines).toEqual([
      { name: 'until', value: '09:41:25' },
    ]);
    expect(isCountingDown([paused], AT)).toBe(true);
    expect(isCountingDown([paused, { ...paused, until: null }], AT + 20_000)).toBe(false);
  });
});

describe('who read it', () => {
  const policy = {
    training: 'no' as const,
    keepsDays: 30,
    words: 'Longer where the law asks for it.',
    source: 'https://privacy.example/models',
    asOf: '2026-07',
  };
  const reader = { name: 'Anthropic', role: 'provider', isLocal: false, policy };

  it('is told with what it declares, and never with more', () => {
    expect(readerCard(reader)).toEqual({
      name: 'Anthropic',
      role: 'asked by you',
      declares: [
        'Trains no models with it.',
        'Keeps it for 30 days.',
        'Longer where the law asks for it.',
      ],
      source: { url: policy.source, host: 'privacy.example', asOf: '2026-07' },
    });
    expect(readerCard({ ...reader, role: 'host', policy: null })).toMatchObject({
      role: 'the host behind it',
      declares: ['Declares nothing that we know of.'],
      source: null,
    });
    const silent = {
      ...policy,
      training: 'unknown' as const,
      keepsDays: null,
      words: '',
      source: '',
    };
    expect(readerCard({ ...reader, policy: silent })).toMatchObject({
      declares: [
        'Does not say whether models are trained with it.',
        'Does not say for how long it is kept.',
      ],
      source: null,
    });
    expect(readerCard({ ...reader, policy: { ...policy, keepsDays: 0 } }).declares[1]).toBe(
      'Does not keep it.',
    );
    expect(readerCard({ ...reader, isLocal: true, policy: null }).declares).toEqual([
      'The text did not leave it.',
    ]);
  });
});

describe('a receipt as text', () => {
  it('holds everything that the sheet does, in its order', () => {
    const skipped = {
      endpoint,
      name: 'NanoGPT',
      entry: 0,
      reason: 'no_key',
      because: 'no key',
      until: null,
    };
    const run = runOf([winner, loser], { skipped: [skipped] });
    const text = receiptText(run, AT, unknown);
    const inOrder = [
      `Receipt: ${receiptHeading(run, AT, unknown)}`,
      'gpt-6.1 · route “everyday” · 09:41:07',
      '1. OpenAI · key “work”: answered',
      '2. Groq · key “work”: lost the race',
      '   The first token was late, so this way in raced it.',
      'You paid: $0.008292',
      'Left out: NanoGPT, no key',
      'Who read it',
      '   Groq, asked by you: Declares nothing that we know of.',
    ];
    const places = inOrder.map((words) => text.indexOf(words));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
  });
});
