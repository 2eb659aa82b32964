/** The maths of drawing spend: round figures for an axis, days put together, parts that share a bar. */

import type { SpendChart, SpendGroup } from '../../../lib/ipc/gen/types';
import {
  dayWords,
  firstOfMonth,
  lastOfMonth,
  mondayOf,
  monthWords,
  spanWords,
  weekdayWords,
} from '../../../lib/state/spend-span';

/** More bars than this cannot be told apart in a small window. */
const MOST_DAYS = 93;
const MOST_WEEKS = 110;
export const OTHERS = '\u0000others';

export type Unit = 'day' | 'week' | 'month';

export function unitFor(days: number): Unit {
  if (days <= MOST_DAYS) return 'day';
  return days / 7 <= MOST_WEEKS ? 'week' : 'month';
}

/** One part of all bars. Amounts are nano-dollars, one for each bar. */
export interface Part {
  key: string;
  name: string;
  group: SpendGroup | null;
  amounts: number[];
}

export interface Bar {
  from: string;
  to: string;
  /** "Fri, 20 Nov 2026", "14 to 20 Nov 2026", "November 2026". */
  words: string;
  /** Of all parts, in nano-dollars. */
  total: number;
  /** Attempts whose cost nobody knows: above 0 the truth is larger than `total`. */
  unknown: number;
}

export interface Drawing {
  unit: Unit;
  bars: Bar[];
  parts: Part[];
}

const sum = (amounts: readonly number[]) => amounts.reduce((all, each) => all + each, 0);

/** What is drawn one by one, which Rust decides, and what is drawn as one; the dearest first. */
export function partsOf({ groups, othersByDayNanoUsd }: SpendChart): Part[] {
  const parts = groups
    .filter(({ byDayNanoUsd }) => byDayNanoUsd.length > 0)
    .map((group): Part => ({
      key: group.key + (group.providerId ?? ''),
      name: group.name,
      group,
      amounts: group.byDayNanoUsd,
    }));
  if (othersByDayNanoUsd.every((amount) => amount === 0)) return parts;
  const rest = groups.filter(
    ({ byDayNanoUsd, sums }) => byDayNanoUsd.length === 0 && sums.knownNanoUsd !== 0,
  );
  const [only] = rest;
  const name =
    only && rest.length === 1
      ? only.name
      : rest.every(({ key }) => key !== 'rest')
        ? `${rest.length} others`
        : 'All others';
  return [...parts, { key: OTHERS, name, group: null, amounts: othersByDayNanoUsd }];
}

/** Bars of whole weeks, from Monday on, or of months; the first and the last may be shorter. */
export function drawingOf(chart: SpendChart, unit: Unit = unitFor(chart.days.length)): Drawing {
  const { days } = chart;
  const parts = partsOf(chart);
  const starts: number[] = [];
  days.forEach((day, index) => {
    const isStart = unit === 'day' || startOf(day, unit) === day;
    if (index === 0 || isStart) starts.push(index);
  });
  const ends = starts.map((_, index) => (starts[index + 1] ?? days.length) - 1);
  const together = (amounts: readonly number[]) =>
    starts.map((start, index) => sum(amounts.slice(start, (ends[index] ?? start) + 1)));
  const drawn = parts.map((part) => ({ ...part, amounts: together(part.amounts) }));
  const unknown = together(chart.unknownByDay);
  const bars = starts.map((start, index): Bar => {
    const from = days[start] ?? '';
    const to = days[ends[index] ?? start] ?? from;
    return {
      from,
      to,
      words: barWords(from, to, unit),
      total: sum(drawn.map(({ amounts }) => amounts[index] ?? 0)),
      unknown: unknown[index] ?? 0,
    };
  });
  return { unit, bars, parts: drawn };
}

function startOf(day: string, unit: 'week' | 'month'): string {
  return unit === 'week' ? mondayOf(day) : firstOfMonth(day);
}

function barWords(from: string, to: string, unit: Unit): string {
  if (unit === 'day') return weekdayWords(from);
  const isWholeMonth = from === firstOfMonth(from) && to === lastOfMonth(from);
  if (unit === 'month' && isWholeMonth) return monthWords(from);
  return from === to ? dayWords(from) : spanWords({ from, to });
}

/** Which bars have their date written beneath, so that the dates do not touch. */
export function labelledBars(bars: number, widthPx: number, labelPx = 62): number[] {
  if (bars === 0) return [];
  const every = Math.max(1, Math.ceil((labelPx * bars) / Math.max(widthPx, 1)));
  return Array.from({ length: Math.ceil(bars / every) }, (_, index) => index * every);
}

const STEPS = [1, 2, 2.5, 5, 10];
/** A nano-dollar cannot be halved. */
const SMALLEST_STEP = 1;

/** Round figures from 0 to the first that is not below `most`, about `count` of them above 0. */
export function niceTicks(most: number, count = 4): number[] {
  if (most <= 0) return [0];
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = STEPS.find((each) => each * power >= rough * (1 - 1e-9)) ?? 10;
  const step = Math.max(SMALLEST_STEP, Math.round(factor * power));
  const ticks = Math.ceil(most / step - 1e-9);
  return Array.from({ length: ticks + 1 }, (_, index) => index * step);
}

/** Where each part of a bar begins and ends, from 0 to 1 of the axis, from the ground up. */
export function stackOf(
  amounts: readonly number[],
  most: number,
): readonly { from: number; to: number }[] {
  let height = 0;
  return amounts.map((amount) => {
    const from = height;
    // What was given back makes no bar.
    height += most > 0 ? Math.max(0, amount) / most : 0;
    return { from, to: height };
  });
}
