/**
 * Spans of whole days, as strings such as `2026-11-25`. Which day it is says Rust; here is only
 * arithmetic on the calendar, which knows no zone.
 */

export const SPANS = [
  'today',
  'week',
  '7_days',
  '30_days',
  'month',
  'last_month',
  '365_days',
  'all',
  'own',
] as const;
export type SpanName = (typeof SPANS)[number];

export const SPAN_LABELS: Record<SpanName, string> = {
  today: 'Today',
  week: 'This week',
  '7_days': 'Last 7 days',
  '30_days': 'Last 30 days',
  month: 'This month',
  last_month: 'Last month',
  '365_days': 'Last 365 days',
  all: 'All time',
  own: 'Own dates',
};

/** Where there is little room. */
export const SPAN_SHORT: Record<SpanName, string> = {
  today: 'today',
  week: 'this week',
  '7_days': '7 days',
  '30_days': '30 days',
  month: 'this month',
  last_month: 'last month',
  '365_days': '365 days',
  all: 'all time',
  own: 'own dates',
};

export interface Span {
  from: string;
  to: string;
}

const DAY_MS = 86_400_000;

/** Counts days of the calendar; UTC has no hours to skip, and no clock is read. */
const numberOf = (day: string) => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
const dayAt = (number: number) => new Date(number * DAY_MS).toISOString().slice(0, 10);

export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(numberOf(text)) && isReal(text);
}

/** The 31st of February is read as a day of March. */
const isReal = (text: string) => dayAt(numberOf(text)) === text;

export function plusDays(day: string, days: number): string {
  return dayAt(numberOf(day) + days);
}

/** The Monday of its week. */
export function mondayOf(day: string): string {
  const number = numberOf(day);
  // 1970 began on a Thursday.
  return dayAt(number - ((((number + 3) % 7) + 7) % 7));
}

export const firstOfMonth = (day: string) => `${day.slice(0, 7)}-01`;
export const lastOfMonth = (day: string) =>
  plusDays(firstOfMonth(plusDays(firstOfMonth(day), 31)), -1);

/** `firstDay` is the first of which anything is known. */
export function spanOf(
  name: Exclude<SpanName, 'own'>,
  today: string,
  firstDay: string | null,
): Span {
  const until = (from: string): Span => ({ from, to: today });
  switch (name) {
    case 'today':
      return until(today);
    case 'week':
      return until(mondayOf(today));
    case '7_days':
      return until(plusDays(today, -6));
    case '30_days':
      return until(plusDays(today, -29));
    case 'month':
      return until(firstOfMonth(today));
    case 'last_month': {
      const to = plusDays(firstOfMonth(today), -1);
      return { from: firstOfMonth(to), to };
    }
    case '365_days':
      return until(plusDays(today, -364));
    case 'all':
      return until(firstDay ?? today);
  }
}

/** Made once each: to make one takes an engine longer than to write a hundred days with it. */
const written = (options: Intl.DateTimeFormatOptions) => {
  const format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
  return (day: string) => format.format(new Date(`${day}T00:00:00Z`));
};

/** "20 Nov 2026". */
export const dayWords = written({ day: 'numeric', month: 'short', year: 'numeric' });
/** "20 Nov", for an axis. */
export const shortDayWords = written({ day: 'numeric', month: 'short' });
/** "Fri, 20 Nov 2026". */
export const weekdayWords = written({
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
/** "November 2026". */
export const monthWords = written({ month: 'long', year: 'numeric' });
/** "Nov 2026", for an axis. */
export const shortMonthWords = written({ month: 'short', year: 'numeric' });

/** "20 Nov 2026", or "14 to 20 Nov 2026". */
export function spanWords({ from, to }: Span): string {
  if (from === to) return dayWords(from);
  if (from.slice(0, 7) === to.slice(0, 7)) return `${Number(from.slice(8))} to ${dayWords(to)}`;
  if (from.slice(0, 4) === to.slice(0, 4)) return `${shortDayWords(from)} to ${dayWords(to)}`;
  return `${dayWords(from)} to ${dayWords(to)}`;
}
