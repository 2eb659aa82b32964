/** What is left of a key, and when something was so, in words. */

import { dayGroup, formatDay, formatTimeOfDay } from '../../lib/format';
import type { BalanceLineView, BalanceView } from '../../lib/ipc/gen/types';

export interface BalanceWords {
  words: string;
  /** When that was true; empty where nobody knows. */
  when: string;
  isFailure: boolean;
}

/** "14:05" today, and the day at any other time. */
export function momentWords(at: number, now: number): string {
  const isToday = at <= now && dayGroup(at, now) === 'Today';
  return isToday ? formatTimeOfDay(at).slice(0, 5) : formatDay(at);
}

const DAY = 86_400_000;

/** "12.5" as "12.50"; whole dollars, and what is finer than a cent, stay as the provider said them. */
function toTheCent(amount: string): string {
  return /\.\d$/.test(amount) ? `${amount}0` : amount;
}

function line({ label, amount, unit, resetsAt }: BalanceLineView, now: number): string {
  const figure = unit === 'USD' ? `$${toTheCent(amount)}` : `${amount} ${unit}`.trim();
  const words = `${figure} ${label}`.trim();
  if (resetsAt === null || resetsAt <= now) return words;
  const isSoon = resetsAt - now < DAY;
  const reset = isSoon ? `at ${formatTimeOfDay(resetsAt).slice(0, 5)}` : formatDay(resetsAt);
  return `${words}, resets ${reset}`;
}

export function balanceWords(balance: BalanceView, now: number): BalanceWords {
  const { lines, fetchedAt, failure, failedAt } = balance;
  const said = lines.map((each) => line(each, now)).join(' · ');
  if (failure !== null) {
    const before =
      lines.length > 0 && fetchedAt !== null
        ? ` Before, ${momentWords(fetchedAt, now)}: ${said}`
        : '';
    return {
      words: `${failure}${before}`,
      when: failedAt === null ? '' : momentWords(failedAt, now),
      isFailure: true,
    };
  }
  return {
    words: said === '' ? 'The provider tells no figure.' : said,
    when: fetchedAt === null ? '' : momentWords(fetchedAt, now),
    isFailure: false,
  };
}
