import { describe, expect, it } from 'vitest';

import { formatInCurrency, rateWords } from '../../lib/currency';
import type { SpendChart, SpendGroup, SpendSums } from '../../lib/ipc/gen/types';
import {
  isDay,
  lastOfMonth,
  mondayOf,
  plusDays,
  spanOf,
  spanWords,
} from '../../lib/state/spend-span';
import {
  drawingOf,
  labelledBars,
  niceTicks,
  OTHERS,
  partsOf,
  stackOf,
  unitFor,
} from './overview/drawing';
import { KIND_LOOKS, Palette } from './overview/palette';
import { sorted, turned } from './overview/sorting';
import { coverageWords, formatPercent, queryOfGroup } from './words';

const NO_TOKENS = {
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  media: 0,
  webSearches: 0,
};

function sums(rest: Partial<SpendSums> = {}): SpendSums {
  return {
    knownNanoUsd: 0,
    reportedNanoUsd: 0,
    computedNanoUsd: 0,
    estimatedNanoUsd: 0,
    attempts: 0,
    reported: 0,
    computed: 0,
    estimated: 0,
    unknown: 0,
    answered: 0,
    failed: 0,
    wastedNanoUsd: 0,
    ...rest,
  };
}

function group(key: string, byDayNanoUsd: number[], rest: Partial<SpendGroup> = {}): SpendGroup {
  return {
    key,
    name: key.toUpperCase(),
    providerId: null,
    colour: null,
    sums: sums({ knownNanoUsd: byDayNanoUsd.reduce((sum, each) => sum + each, 0) }),
    tokens: NO_TOKENS,
    words: 0,
    thousandWordsNanoUsd: null,
    byDayNanoUsd,
    ...rest,
  };
}

/** As Rust sends it: seven parts have their days, the others share theirs. */
function chartOf(
  from: string,
  count: number,
  groups: SpendGroup[],
  unknown: readonly number[] = [],
): SpendChart {
  const days = Array.from({ length: count }, (_, index) => plusDays(from, index));
  const isDrawn = ({ key, sums: { knownNanoUsd } }: SpendGroup) =>
    key !== 'rest' && knownNanoUsd !== 0;
  const drawn = groups.filter(isDrawn).slice(0, 7);
  const others = groups.filter((each) => !drawn.includes(each));
  return {
    days,
    groups: groups.map((each) => (drawn.includes(each) ? each : { ...each, byDayNanoUsd: [] })),
    othersByDayNanoUsd: days.map((_, day) =>
      others.reduce((sum, { byDayNanoUsd }) => sum + (byDayNanoUsd[day] ?? 0), 0),
    ),
    unknownByDay: days.map((_, day) => unknown[day] ?? 0),
  };
}

/** Both ends counted. */
function daysBetween({ from, to }: { from: string; to: string }): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
}

describe('days', () => {
  it('are counted over months, leap days and years', () => {
    expect(plusDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(plusDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(daysBetween({ from: '2026-03-01', to: '2026-03-31' })).toBe(31);
    expect(lastOfMonth('2026-02-11')).toBe('2026-02-28');
    expect(lastOfMonth('2026-12-31')).toBe('2026-12-31');
  });

  it('know the Monday of their week', () => {
    expect(mondayOf('2026-11-26')).toBe('2026-11-23');
    expect(mondayOf('2026-11-23')).toBe('2026-11-23');
    expect(mondayOf('2026-11-22')).toBe('2026-11-16');
    expect(mondayOf('1969-12-31')).toBe('1969-12-29');
  });

  it('make spans that end today, or where the last month did', () => {
    const of = (name: Parameters<typeof spanOf>[0]) => spanOf(name, '2026-03-31', '2025-06-02');
    expect(of('today')).toEqual({ from: '2026-03-31', to: '2026-03-31' });
    expect(of('week')).toEqual({ from: '2026-03-30', to: '2026-03-31' });
    expect(of('30_days')).toEqual({ from: '2026-03-02', to: '2026-03-31' });
    expect(of('last_month')).toEqual({ from: '2026-02-01', to: '2026-02-28' });
    expect(daysBetween(of('365_days'))).toBe(365);
    expect(of('all').from).toBe('2025-06-02');
    expect(spanOf('all', '2026-03-31', null)).toEqual(of('today'));
  });

  it('are refused where the calendar has no such day', () => {
    expect(['2026-02-31', '2026-13-01', '', '26-1-1', 'today'].filter(isDay)).toEqual([]);
    expect(isDay('2028-02-29')).toBe(true);
  });

  it('read shortly', () => {
    expect(spanWords({ from: '2026-11-20', to: '2026-11-20' })).toBe('20 Nov 2026');
    expect(spanWords({ from: '2026-11-02', to: '2026-11-08' })).toBe('2 to 8 Nov 2026');
    expect(spanWords({ from: '2026-10-28', to: '2026-11-26' })).toBe('28 Oct to 26 Nov 2026');
    expect(spanWords({ from: '2025-12-28', to: '2026-01-03' })).toBe('28 Dec 2025 to 3 Jan 2026');
  });
});

describe('the axis', () => {
  it('has round figures up to the first that is not below the highest bar', () => {
    expect(niceTicks(4)).toEqual([0, 1, 2, 3, 4]);
    expect(niceTicks(810_000_000)).toEqual([
      0, 250_000_000, 500_000_000, 750_000_000, 1_000_000_000,
    ]);
    expect(niceTicks(1)).toEqual([0, 1]);
    expect(niceTicks(0)).toEqual([0]);
    for (const most of [3, 7, 19, 99, 101, 12_345_678, 999_999_999_999]) {
      const ticks = niceTicks(most);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(most);
      expect(ticks.at(-2)).toBeLessThan(most);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks.every(Number.isInteger)).toBe(true);
    }
  });

  it('stacks parts without a gap, and makes nothing of what was given back', () => {
    expect(stackOf([1, 2, -5, 1], 8)).toEqual([
      { from: 0, to: 0.125 },
      { from: 0.125, to: 0.375 },
      { from: 0.375, to: 0.375 },
      { from: 0.375, to: 0.5 },
    ]);
    expect(stackOf([1], 0)).toEqual([{ from: 0, to: 0 }]);
  });

  it('writes as many dates as have room', () => {
    expect(labelledBars(4, 1000)).toEqual([0, 1, 2, 3]);
    expect(labelledBars(30, 620)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
    expect(labelledBars(0, 620)).toEqual([]);
  });
});

describe('bars', () => {
  it('are days as long as they can be told apart, then weeks, then months', () => {
    expect([1, 93, 94, 366, 770, 771].map(unitFor)).toEqual([
      'day',
      'day',
      'week',
      'week',
      'week',
      'month',
    ]);
  });

  it('put the days of a week together, from Monday on, and lose none', () => {
    // From a Thursday to the Sunday of the week after.
    const chart = chartOf('2026-11-26', 11, [group('a', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])]);
    const { bars, parts } = drawingOf(chart, 'week');
    expect(bars.map(({ from, to, total }) => [from, to, total])).toEqual([
      ['2026-11-26', '2026-11-29', 10],
      ['2026-11-30', '2026-12-06', 56],
    ]);
    expect(parts[0]?.amounts).toEqual([10, 56]);
  });

  it('know how many attempts of theirs have no known cost, free days too', () => {
    const chart = chartOf('2026-11-26', 11, [group('a', [1])], [2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 5]);
    expect(drawingOf(chart, 'week').bars.map(({ total, unknown }) => [total, unknown])).toEqual([
      [1, 3],
      [0, 5],
    ]);
  });

  it('put the days of a month together, and name a whole one by its name', () => {
    const chart = chartOf('2026-01-30', 31, [
      group(
        'a',
        Array.from({ length: 31 }, () => 2),
      ),
    ]);
    expect(drawingOf(chart, 'month').bars.map(({ words, total }) => [words, total])).toEqual([
      ['30 to 31 Jan 2026', 4],
      ['February 2026', 56],
      ['1 Mar 2026', 2],
    ]);
  });
});

describe('many groups', () => {
  const many = Array.from({ length: 10 }, (_, index) => group(`g${index}`, [10 - index, 1]));

  it('are drawn as seven and the others, and the sum stays', () => {
    const parts = partsOf(chartOf('2026-11-01', 2, [...many, group('free', [0, 0])]));
    expect(parts).toHaveLength(8);
    expect(parts.at(-1)).toMatchObject({ key: OTHERS, name: '3 others', amounts: [6, 3] });
    const all = parts.flatMap(({ amounts }) => amounts).reduce((sum, each) => sum + each, 0);
    expect(all).toBe(65);
  });

  it('call the only other one by its name', () => {
    const parts = partsOf(chartOf('2026-11-01', 2, many.slice(0, 8)));
    expect(parts.at(-1)).toMatchObject({ key: OTHERS, name: 'G7', amounts: [3, 1] });
  });

  it('do not count what Rust had put together already', () => {
    const rest = group('rest', [4, 4], { name: 'All others' });
    const parts = partsOf(chartOf('2026-11-01', 2, [...many.slice(0, 2), rest]));
    expect(parts.map(({ name }) => name)).toEqual(['G0', 'G1', 'All others']);
  });

  it('never look alike, and keep their colour when others come and go', () => {
    const palette = new Palette();
    const parts = partsOf(chartOf('2026-11-01', 2, many));
    const looks = palette.looksOf(parts, 'provider');
    const shown = looks.map(({ slot, pattern }) => `${slot} ${pattern}`);
    expect(new Set(shown).size).toBe(parts.length);
    const [, second] = looks;
    expect(palette.looksOf(parts.slice(1, 3), 'provider')[0]?.slot).toBe(second?.slot);
  });

  it('of models have the cable of the model, and a pattern where two share it', () => {
    const models = [group('a', [3], { colour: 2 }), group('b', [2], { colour: 2 })];
    expect(new Palette().looksOf(partsOf(chartOf('2026-11-01', 1, models)), 'model')).toEqual([
      { slot: 2, pattern: 'plain' },
      { slot: 2, pattern: 'stripes' },
    ]);
  });
});

describe('how a cost is known', () => {
  it('looks the same wherever it is told', () => {
    const kinds = [group('estimated', [3]), group('reported', [2])];
    expect(new Palette().looksOf(partsOf(chartOf('2026-11-01', 1, kinds)), 'cost_kind')).toEqual([
      KIND_LOOKS.estimated,
      KIND_LOOKS.reported,
    ]);
  });
});

describe('another currency', () => {
  const rate = (perUsd: string) => ({ code: 'EUR', perUsd });

  it('is exact where floating point is not', () => {
    expect(formatInCurrency(1_000_000_000, rate('0.1'))).toBe('0.1000 EUR');
    expect(formatInCurrency(3_000_000_000, rate('0.1'))).toBe('0.3000 EUR');
    expect(formatInCurrency(1_005_000_000, rate('1'))).toBe('1.01 EUR');
    expect(formatInCurrency(9_007_199_254_740_991, rate('0.92'))).toBe('8,286,623.31 EUR');
    expect(formatInCurrency(1_000_000_000, rate('0.123456789012'))).toBe('0.1235 EUR');
  });

  it('has as many decimals as dollars have, and calls nothing zero that is not', () => {
    expect(formatInCurrency(999_960_000, rate('1'))).toBe('1.00 EUR');
    expect(formatInCurrency(999_940_000, rate('1'))).toBe('0.9999 EUR');
    expect(formatInCurrency(1, rate('0.92'))).toBe('<0.0001 EUR');
    expect(formatInCurrency(0, rate('0.92'))).toBe('0.0000 EUR');
    expect(formatInCurrency(-2_000_000_000, rate('155.5'))).toBe('−311.00 EUR');
  });

  it('makes nothing of what is not known', () => {
    expect(formatInCurrency(null, rate('0.92'))).toBeNull();
    expect(formatInCurrency(1, rate('a lot'))).toBeNull();
    expect(formatInCurrency(1, rate('1e3'))).toBeNull();
  });

  it('says at which rate', () => {
    const currency = { code: 'EUR', perUsd: '0.92', asOf: '2026-11-20', source: '' };
    expect(rateWords(currency)).toBe('at 0.92 of 2026-11-20');
    expect(rateWords({ ...currency, source: 'ECB' })).toBe('at 0.92 of 2026-11-20, ECB');
  });
});

describe('in words', () => {
  it('says how well it is known, and that unknown means more', () => {
    const known = { attempts: 40, knownNanoUsd: 100, reportedNanoUsd: 94, unknown: 3 };
    expect(coverageWords(sums(known))).toBe(
      '94 % of what is known was said by providers; 3 attempts are unknown, so the true sum is larger.',
    );
    expect(coverageWords(sums({ attempts: 2, knownNanoUsd: 5, unknown: 1 }))).toBe(
      'None of what is known was said by providers; 1 attempt is unknown, so the true sum is larger.',
    );
    expect(coverageWords(sums({ attempts: 2 }))).toBe(
      'Nothing that is known cost anything; no attempt is unknown.',
    );
  });

  it('never rounds a part to nothing or to all', () => {
    expect(formatPercent(1, 100_000)).toBe('<0.1 %');
    expect(formatPercent(99_999, 100_000)).toBe('99.9 %');
    expect(formatPercent(996, 1_000)).toBe('99.6 %');
    expect(formatPercent(61, 1_000)).toBe('6.1 %');
    expect(formatPercent(1, 1)).toBe('100 %');
    expect(formatPercent(0, 0)).toBe('0 %');
  });

  it('asks for the answers of a group only where the query has words for it', () => {
    expect(queryOfGroup(group('key-1', [1], { providerId: 'openrouter' }), 'key')).toEqual({
      keyId: 'key-1',
      providerId: 'openrouter',
    });
    expect(queryOfGroup(group('unknown', [1]), 'cost_kind')).toEqual({ costKind: 'unknown' });
    expect(queryOfGroup(group('', [1]), 'app')).toBeNull();
    expect(queryOfGroup(group('rest', [1]), 'model')).toBeNull();
  });
});

describe('a sorted table', () => {
  const rows = [{ value: 2 }, { value: null }, { value: 10 }];
  const order = (isDown: boolean) =>
    sorted(rows, { column: 'value', isDown }, (row) => row.value).map(({ value }) => value);

  it('has what nobody knows at its end, whichever way round', () => {
    expect(order(true)).toEqual([10, 2, null]);
    expect(order(false)).toEqual([2, 10, null]);
  });

  it('turns round at a second press', () => {
    const first = turned({ column: 'day', isDown: true }, 'all');
    expect(first).toEqual({ column: 'all', isDown: true });
    expect(turned(first, 'all')).toEqual({ column: 'all', isDown: false });
  });
});
