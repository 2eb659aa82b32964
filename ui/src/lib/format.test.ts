import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import vectors from '../../../src-tauri/crates/domain/tests/money-words.json';
import {
  dayGroup,
  formatAgo,
  formatCompactCount,
  formatCount,
  formatDay,
  formatDuration,
  formatExactMoney,
  formatLimit,
  formatMoney,
  formatRate,
  formatSpeed,
  groupByDay,
} from './format';

describe('money as Rust writes it', () => {
  it.each(vectors)('$nano_usd nano-dollars', ({ nano_usd, money, limit }) => {
    expect(formatMoney(nano_usd)).toBe(money);
    expect(formatLimit(nano_usd)).toBe(limit);
  });

  it('shows a limit as it was set, however small', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_000_000_000_000_000 }), (nanoDollars) => {
        const [dollars = '', rest = ''] = formatLimit(nanoDollars).replace(/[$,]/g, '').split('.');
        expect(Number(dollars + rest.padEnd(9, '0'))).toBe(nanoDollars);
      }),
    );
  });
});

describe('formatMoney', () => {
  it.each([
    [0, '$0.0000'],
    [1, '<$0.0001'],
    [99_999, '<$0.0001'],
    [100_000, '$0.0001'],
    [6_200_000, '$0.0062'],
    [412_700_000, '$0.4127'],
    [999_949_999, '$0.9999'],
    [999_950_000, '$1.00'],
    [6_204_100_000, '$6.20'],
    [1_234_567_890_000, '$1,234.57'],
    [-1_720_000_000, '−$1.72'],
    [-5, '−<$0.0001'],
    [null, 'unknown'],
    [undefined, 'unknown'],
  ])('shows %s nano-dollars as %s', (nanoDollars, shown) => {
    expect(formatMoney(nanoDollars)).toBe(shown);
  });

  it('marks an estimate, but has nothing to mark on an unknown amount', () => {
    expect(formatMoney(11_800_000, { estimated: true })).toBe('~$0.0118');
    expect(formatMoney(null, { estimated: true })).toBe('unknown');
  });

  it('never shows an amount that is not zero as zero', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_000_000_000_000_000 }), (nanoDollars) => {
        expect(formatMoney(nanoDollars)).not.toMatch(/^\$[0.]+$/);
      }),
    );
  });

  it('never shows more when the amount is less', () => {
    const shown = (nanoDollars: number) =>
      Number(formatMoney(nanoDollars).replace('<$0.0001', '0').replace(/[$,]/g, ''));
    fc.assert(
      fc.property(fc.nat(3_000_000_000), fc.nat(3_000_000_000), (a, b) => {
        expect(shown(Math.min(a, b))).toBeLessThanOrEqual(shown(Math.max(a, b)));
      }),
    );
  });
});

describe('formatExactMoney', () => {
  it.each([
    [0, '$0.0000'],
    [7_060_000, '$0.00706'],
    [7_450_001, '$0.007450001'],
    [1_000_000_000, '$1.0000'],
    [-390_000, '−$0.00039'],
    [null, 'unknown'],
  ])('shows %s nano-dollars as %s', (nanoDollars, shown) => {
    expect(formatExactMoney(nanoDollars)).toBe(shown);
  });

  it('loses no digit', () => {
    fc.assert(
      fc.property(fc.nat(), (nanoDollars) => {
        const digits = formatExactMoney(nanoDollars).replace(/[$,]/g, '');
        const [dollars = '', rest = ''] = digits.split('.');
        expect(Number(dollars) * 1e9 + Number(rest.padEnd(9, '0'))).toBe(nanoDollars);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [655, '655 ms'],
    [999.6, '1.0 s'],
    [4_890, '4.9 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [59_700, '1 min'],
    [125_000, '2 min 5 s'],
    [3_780_000, '1 h 3 min'],
    [null, 'unknown'],
  ])('shows %s as %s', (milliseconds, shown) => {
    expect(formatDuration(milliseconds)).toBe(shown);
  });
});

describe('counts and speed', () => {
  it('separates thousands', () => {
    expect(formatCount(2148)).toBe('2,148');
    expect(formatCount(null)).toBe('unknown');
  });

  it.each([
    [950, '950'],
    [131_072, '131K'],
    [999_700, '1M'],
    [1_048_576, '1M'],
    [1_500_000, '1.5M'],
  ])('shortens %s to %s', (count, shown) => {
    expect(formatCompactCount(count)).toBe(shown);
  });

  it.each([
    [138.2, '138/s'],
    [4.24, '4.2/s'],
    [9.97, '10/s'],
    [Number.POSITIVE_INFINITY, 'unknown'],
    [null, 'unknown'],
  ])('shows %s tokens a second as %s', (speed, shown) => {
    expect(formatSpeed(speed)).toBe(shown);
  });
});

describe('dayGroup', () => {
  const now = new Date(2026, 10, 22, 0, 5).getTime();

  it.each([
    [new Date(2026, 10, 22, 0, 1), 'Today'],
    [new Date(2026, 10, 22, 9, 0), 'Today'],
    [new Date(2026, 10, 21, 23, 59), 'Yesterday'],
    [new Date(2026, 10, 20, 12, 0), 'Friday'],
    [new Date(2026, 10, 16, 12, 0), 'Monday'],
    [new Date(2026, 10, 15, 12, 0), 'November'],
    [new Date(2026, 1, 3), 'February'],
    [new Date(2025, 10, 30), 'November 2025'],
  ])('puts %s under %s', (date, heading) => {
    expect(dayGroup(date.getTime(), now)).toBe(heading);
  });

  it('keeps the order and joins neighbours', () => {
    const at = (day: number) => ({ at: new Date(2026, 10, day, 0, 1).getTime() });
    const groups = groupByDay([at(22), at(22), at(21)], (item) => item.at, now);
    expect(groups.map((group) => [group.heading, group.items.length])).toEqual([
      ['Today', 2],
      ['Yesterday', 1],
    ]);
  });
});

describe('formatRate', () => {
  it.each([
    [3_000_000_000, '$3'],
    [150_000_000, '$0.15'],
    [600_000_000, '$0.60'],
    [75_000_000, '$0.075'],
    [1_250_000_000, '$1.25'],
    [1_234_000_000_000, '$1,234'],
    [1, '$0.000000001'],
    [0, '$0'],
    [null, 'unknown'],
  ])('shows %s as %s', (nanoDollars, shown) => {
    expect(formatRate(nanoDollars)).toBe(shown);
  });

  it('never rounds', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), (nanoDollars) => {
        const digits = formatRate(nanoDollars).replace(/[$,]/g, '');
        const [dollars = '', rest = ''] = digits.split('.');
        expect(Number(`${dollars}${rest.padEnd(9, '0')}`)).toBe(nanoDollars);
      }),
    );
  });
});

describe('days', () => {
  const now = new Date(2026, 10, 25, 12).getTime();

  it('are written in full', () => {
    expect(formatDay(now)).toBe('25 Nov 2026');
  });

  it.each([
    [0, 'just now'],
    [5 * 60_000, '5 min ago'],
    [3 * 3_600_000, '3 h ago'],
    [24 * 3_600_000, '1 day ago'],
    [4 * 86_400_000, '4 days ago'],
    [40 * 86_400_000, '16 Oct 2026'],
  ])('%s ms ago is “%s”', (ago, words) => {
    expect(formatAgo(now - ago, now)).toBe(words);
  });
});
