/** Figures of spend in words, the same in every tab. */

import { formatDay, formatTimeOfDay } from '../../lib/format';

const DAY = 86_400_000;

/** "+14.9 %", "0 %", "−20 %": to a tenth below a hundred, where it is still seen. */
export function percentWords(percent: number): string {
  const size = Math.abs(percent);
  const digits = size < 99.95 && !Number.isInteger(Math.round(size * 10) / 10) ? 1 : 0;
  const figure = size.toFixed(digits);
  if (Number(figure) === 0) return '0\u00a0%';
  return `${percent < 0 ? '−' : '+'}${figure}\u00a0%`;
}

/** "today, 14:05", "25 Nov 2026, 14:05" */
export function momentWords(at: number): string {
  return `${formatDay(at)}, ${formatTimeOfDay(at).slice(0, 5)}`;
}

/** "at 00:00" within a day, else the day: when something starts anew. */
export function resetWords(at: number, now: number): string {
  return at - now <= DAY ? `at ${formatTimeOfDay(at).slice(0, 5)}` : `on ${formatDay(at)}`;
}

/** "2026-11-25" as "25 Nov 2026". */
export function dateWords(date: string): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return formatDay(new Date(year, month - 1, day).getTime());
}
