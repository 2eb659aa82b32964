import { describe, expect, it } from 'vitest';

import type { BalanceView } from '../../lib/ipc/gen/types';
import { balanceWords, momentWords } from './balance';

const NOW = new Date(2026, 10, 20, 16, 0).getTime();
const HOUR = 3_600_000;

const balance = (rest: Partial<BalanceView> = {}): BalanceView => ({
  lines: [{ label: 'left', amount: '12.40', unit: 'USD', resetsAt: null }],
  fetchedAt: NOW - 90 * 60_000,
  failure: null,
  failedAt: null,
  ...rest,
});

describe('a moment', () => {
  it('is a time today and a day before', () => {
    expect(momentWords(NOW - HOUR, NOW)).toBe('15:00');
    expect(momentWords(NOW - 17 * HOUR, NOW)).toBe('19 Nov 2026');
    expect(momentWords(NOW + 30 * HOUR, NOW)).toBe('21 Nov 2026');
  });
});

describe('what is left', () => {
  it('is told as the provider wrote it, with its time', () => {
    expect(balanceWords(balance(), NOW)).toEqual({
      words: '$12.40 left',
      when: '14:30',
      isFailure: false,
    });
  });

  it('keeps other units, and says when it is filled up', () => {
    const lines = [
      { label: 'left', amount: '88.10', unit: 'CNY', resetsAt: null },
      { label: 'free', amount: '47', unit: 'requests', resetsAt: NOW + 2 * HOUR },
      { label: 'limit', amount: '100', unit: 'USD', resetsAt: NOW + 72 * HOUR },
      { label: '', amount: '5', unit: '', resetsAt: NOW - HOUR },
    ];
    expect(balanceWords(balance({ lines }), NOW).words).toBe(
      '88.10 CNY left · 47 requests free, resets at 18:00 · $100 limit, resets 23 Nov 2026 · 5',
    );
  });

  it('shows dollars to the cent, as prices are', () => {
    const dollars = (amount: string) =>
      balanceWords(balance({ lines: [{ label: '', amount, unit: 'USD', resetsAt: null }] }), NOW)
        .words;
    expect(['12.5', '100', '0.25', '0.0375', '0'].map(dollars)).toEqual([
      '$12.50',
      '$100',
      '$0.25',
      '$0.0375',
      '$0',
    ]);
  });

  it('is never made up where no figure came', () => {
    expect(balanceWords(balance({ lines: [], fetchedAt: null }), NOW)).toEqual({
      words: 'The provider tells no figure.',
      when: '',
      isFailure: false,
    });
  });

  it('keeps the old figure beside why there is no new one', () => {
    const failure = { failure: 'The provider did not say.', failedAt: NOW };
    expect(balanceWords(balance(failure), NOW)).toEqual({
      words: 'The provider did not say. Before, 14:30: $12.40 left',
      when: '16:00',
      isFailure: true,
    });
    const never = balanceWords(balance({ ...failure, lines: [], fetchedAt: null }), NOW);
    expect(never.words).toBe('The provider did not say.');
  });
});
