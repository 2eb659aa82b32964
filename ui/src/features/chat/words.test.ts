import { describe, expect, it } from 'vitest';

import { attempt, usage as counted } from '../../lib/ipc/fake/script';
import { spokenUntil, spokenWords } from './announce';
import { costWords, exactCostWords } from './facts';
import { fieldsOf, parametersSummary, readFields } from './parameters';
import { cardOf } from './receipt/receipt';

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
    receipt: { attempts: [], cost: { nanoUsd: null, kind: 'unknown' as const } },
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
      cost: 'unknown',
    });
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
