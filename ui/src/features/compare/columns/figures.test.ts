import { describe, expect, it } from 'vitest';

import type { CellView } from '../../../lib/ipc/gen/types';
import { bestColumns, figuresOf, figureWords } from './figures';

function cell(column: number, rest: Partial<CellView> = {}): CellView {
  return {
    caseIndex: 0,
    repeat: 0,
    column,
    state: 'answered',
    runId: `run-${column}`,
    model: 'a/b',
    providerName: 'Somebody',
    firstTokenMillis: 400 + column,
    totalMillis: 2_000,
    tokensPerSecond: 50 + column,
    outputTokens: 96,
    cost: { nanoUsd: 1_000_000, kind: 'computed' },
    attempts: [],
    failure: null,
    length: 400,
    checks: [],
    ...rest,
  };
}

describe('the best of a case', () => {
  it('is the soonest, the fastest and the cheapest', () => {
    const cells = [cell(0), cell(1), cell(2)];
    expect([...bestColumns(cells, 'firstTokenMillis')]).toEqual([0]);
    expect([...bestColumns(cells, 'tokensPerSecond')]).toEqual([2]);
  });

  it('is nobody where all are the same, or nobody else can be compared', () => {
    expect(bestColumns([cell(0), cell(1)], 'cost').size).toBe(0);
    expect(bestColumns([cell(0)], 'firstTokenMillis').size).toBe(0);
    const failed = [cell(0), cell(1, { state: 'failed' })];
    expect(bestColumns(failed, 'firstTokenMillis').size).toBe(0);
  });

  it('is never one of which the figure is not known', () => {
    const unknown = cell(0, { cost: { nanoUsd: null, kind: 'unknown' } });
    const cheap = cell(1, { cost: { nanoUsd: 2, kind: 'computed' } });
    expect([...bestColumns([unknown, cheap, cell(2)], 'cost')]).toEqual([1]);
  });
});

describe('figures in words', () => {
  it('are a dash until they can be known, and unknown after', () => {
    const nothing = figuresOf(undefined, undefined);
    expect(figureWords(nothing, false).cost).toBe('–');
    expect(figureWords(nothing, true).speed).toBe('unknown');
    const words = figureWords(figuresOf(cell(0), undefined), true);
    expect(words).toEqual({ firstToken: '400 ms', speed: '50/s', tokens: '96', cost: '$0.0010' });
  });
});
