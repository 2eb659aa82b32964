import { describe, expect, it } from 'vitest';

import { attempt, costOf, receiptOf, usage as counted } from '../../lib/ipc/fake/script';
import { spokenUntil, spokenWords } from './announce';
import { costExplanation, costWords, exactCostWords } from './facts';
import { fieldsOf, parametersSummary, readFields } from './parameters';
import { attemptsWords, cardOf } from './receipt/receipt';

describe('costs in words', () => {
  it('never show zero for what nobody knows, nor a price for what is free', () => {
    const unknown = { nanoUsd: null, kind: 'unknown' } as const;
    expect(costWords(unknown, true)).toBe('cost unknown');
    expect(exactCostWords(unknown, false)).toBe('unknown');
    const nothing = { nanoUsd: 0, kind: 'computed' } as const;
    expect(costWords(nothing, true)).toBe('free');
    expect(exactCostWords(nothing, true)).toBe('free, on this computer');
    expect(costWords(nothing, false)).toBe('$0.0000');
    expect(exactCostWords({ nanoUsd: 7_450_000, kind: 'estimated' }, false)).toBe(
      '~$0.00745, estimated',
    );
  });
});

describe('a card of the receipt', () => {
  const endpoint = { providerId: 'p', model: 'asked' };
  const run = {
    id: 'r',
    endpoint,
    colour: 0,
    target: null,
    routeName: null,
    skipped: [],
    receipt: receiptOf([]),
    failure: null,
  };
  const lines = (rest: Parameters<typeof attempt>[3]) =>
    Object.fromEntries(
      cardOf(attempt(0, endpoint, 'P', rest), run).lines.map(({ name, value }) => [name, value]),
    );

  it('leaves out what is not known, and says what was not counted', () => {
    expect(lines({ status: 'answered' })).toEqual({
      tokens: 'not counted by the provider',
      cost: 'unknown',
    });
    expect(lines({ status: 'failed', totalMillis: 310 })).toEqual({
      waited: '310 ms',
      'tokens, money': 'not counted, cost unknown',
    });
  });

  it('explains no price of what runs on this computer', () => {
    const counts = counted({ input: 84, output: 6 });
    const local = attempt(0, { providerId: 'local', model: 'small' }, 'This computer', {
      status: 'answered',
      usage: counts,
      ...costOf(counts),
    });
    const card = cardOf(local, run);
    expect([card.costs, card.sums, card.priceList]).toEqual([[], [], null]);
    expect(card.lines).toContainEqual({ name: 'cost', value: 'free, on this computer' });
  });

  it('counts the prompt once, with what of it came from the cache', () => {
    const usage = counted({ input: 100, cacheRead: 900, cacheWrite: 20, output: 5, reasoning: 7 });
    expect(lines({ status: 'answered', usage })).toMatchObject({
      input: '1,020, of them 900 cached',
      'written to cache': '20 for 5 min',
      output: '12, of them 7 thinking',
    });
  });

  it('says when another model answered than was asked', () => {
    expect(lines({ servedModel: 'asked-2025-01-01' })['answered as']).toBe('asked-2025-01-01');
  });
});

describe('how a cost comes about', () => {
  const endpoint = { providerId: 'p', model: 'asked' };
  const counts = counted({ input: 412, output: 292, reasoning: 96 });
  const priced = attempt(0, endpoint, 'P', {
    status: 'answered',
    usage: counts,
    ...costOf(counts),
  });
  const runOf = (...attempts: (typeof priced)[]) => ({
    id: 'r',
    endpoint,
    colour: 0,
    target: null,
    routeName: null,
    skipped: [],
    receipt: { ...receiptOf(attempts), cost: priced.cost },
    failure: null,
  });

  it('is tokens times rate, with the list and its day', () => {
    const run = runOf({ ...priced });
    run.receipt.cost = { nanoUsd: 7_056_000, kind: 'computed' };
    expect(costExplanation(run)).toEqual([
      'input: 412 × $3 per million = $0.001236',
      'output: 292 × $15 per million = $0.00438',
      'thinking: 96 × $15 per million = $0.00144',
      'Price list: OpenRouter’s list, 20 Nov 2026',
    ]);
    const { costs, sums } = cardOf(priced, run);
    expect(costs[0]).toEqual({
      label: 'input',
      reckoning: '412 × $3 per million',
      amount: '$0.001236',
      isGuess: false,
    });
    expect(sums).toEqual([{ name: 'by the price list', amount: '$0.007056', note: '' }]);
  });

  it('sets what was charged beside what the list says', () => {
    const charged = { ...priced, reportedNanoUsd: 6_200_000 };
    expect(cardOf(charged, runOf(charged)).sums.at(-1)).toEqual({
      name: 'charged by the provider',
      amount: '$0.0062',
      note: '12 % less',
    });
  });

  it('stays unknown where nobody knows it', () => {
    const run = runOf(attempt(0, endpoint, 'P', { status: 'answered' }));
    expect(costExplanation(run)).toEqual([
      'What is not listed here nobody knows, and Patchbay does not guess.',
    ]);
    expect(cardOf(run.receipt.attempts[0] ?? priced, run).sums).toEqual([]);
  });

  it('counts every class of tokens and every key', () => {
    const usage = counted({
      input: 10,
      cacheRead: 5,
      cacheWrite: 20,
      cacheWriteLong: 30,
      imageInput: 7,
      audioInput: 3,
      output: 4,
      reasoning: 2,
      audioOutput: 1,
      webSearches: 2,
    });
    const run = runOf(
      { ...priced, status: 'failed', keyLabel: 'first' },
      { ...priced, ordinal: 1, keyLabel: 'second', usage, serviceTier: 'flex' },
    );
    const card = cardOf(run.receipt.attempts[1] ?? priced, run);
    expect(card.lines).toEqual([
      { name: 'input', value: '75, of them 5 cached, 7 pictures, 3 sound' },
      { name: 'written to cache', value: '20 for 5 min, 30 for 1 h' },
      { name: 'output', value: '7, of them 2 thinking, 1 sound' },
      { name: 'web searches', value: '2' },
      { name: 'tier of service', value: 'flex' },
    ]);
    expect(card.title).toBe('P · key “second”');
    expect(attemptsWords(run)).toBe('2 attempts, 2 keys tried');
  });
});

describe('parameters', () => {
  it('are read as they were written', () => {
    const parameters = {
      temperature: 0.7,
      topP: 0.9,
      seed: 42,
      maxTokens: 256,
      stop: ['\n\n', '\\n'],
      reasoningEffort: 'high' as const,
    };
    expect(readFields(fieldsOf(parameters))).toEqual({ parameters, errors: null });
    expect(parametersSummary(parameters)).toBe(
      'temp 0.7 · top-p 0.9 · seed 42 · max 256 · 2 stop · think high',
    );
  });

  it.each([
    ['temperature', '2.1'],
    ['temperature', 'hot'],
    ['topP', '0'],
    ['seed', '1.5'],
    ['seed', '9007199254740993'],
    ['maxTokens', '0'],
    ['stop', 'a\nb\nc\nd\ne'],
  ] as const)('refuse %s %s', (field, value) => {
    const empty = {
      temperature: '',
      topP: '',
      seed: '',
      maxTokens: '',
      stop: '',
      reasoningEffort: '' as const,
    };
    const read = readFields({ ...empty, [field]: value });
    expect(Object.keys(read.errors ?? {})).toEqual([field]);
  });
});

describe('what is read out', () => {
  it('ends with a whole sentence', () => {
    const text = 'One. Two is 3.5 or so. Three';
    expect(text.slice(0, spokenUntil(text, 0))).toBe('One. Two is 3.5 or so.');
    expect(spokenUntil(text, spokenUntil(text, 0))).toBe(spokenUntil(text, 0));
    expect(spokenUntil('# A heading\nand', 0)).toBe(12);
  });

  it('is words without marks', () => {
    expect(spokenWords('## A\n- **b** `c` [d](https://e.example)\n```rust\nlet f;')).toBe(
      'A b c d let f;',
    );
  });
});
