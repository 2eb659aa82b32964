/** What was paid against other prices, in words. */

import { formatDuration, formatMoney } from '../../../lib/format';
import type { MathRow, MathWay, MathElsewhere } from '../../../lib/ipc/gen/types';
import { count } from '../../models/words';
import { percentWords } from '../figures';

/** How loud a markup is; the sign and the figure say the same. */
export function markupTone(percent: number | null): 'plain' | 'warn' | 'bad' | 'good' {
  if (percent === null) return 'plain';
  if (percent < -0.5) return 'good';
  if (percent >= 10) return 'bad';
  return percent > 0.5 ? 'warn' : 'plain';
}

/** `paid / list - 1` in percent; `null` where the list is not known or nothing. */
export function markupOf({
  paidNanoUsd,
  listNanoUsd,
}: Pick<MathRow, 'paidNanoUsd' | 'listNanoUsd'>): number | null {
  if (listNanoUsd === null || listNanoUsd === 0) return null;
  return (paidNanoUsd / listNanoUsd - 1) * 100;
}

export function markupWords(percent: number | null): string {
  return percent === null ? '-' : percentWords(percent);
}

export function wayName({ providerName, isDirect }: MathWay): string {
  return isDirect ? `${providerName} direct` : providerName;
}

/** Through whom it went: the most used, and how many more. */
export function usedWords({ ways }: MathRow): string {
  const used = ways.filter(({ attempts }) => attempts > 0);
  const [first, ...rest] = used;
  if (!first) return 'unknown';
  return rest.length === 0 ? first.providerName : `${first.providerName} and ${rest.length} more`;
}

export interface Cheapest {
  name: string;
  wouldBe: string;
  /** Why it is not simply the one to take. */
  note: string | null;
}

/** "as is" where the one that was used alone is the cheapest already. */
export function cheapestOf(row: MathRow): Cheapest {
  const way = row.cheapest === null ? undefined : row.ways[row.cheapest];
  if (!way) return { name: 'no price known', wouldBe: 'unknown', note: null };
  const used = row.ways.filter(({ attempts }) => attempts > 0);
  const isAsIs = used.length === 1 && used[0] === way;
  return {
    name: isAsIs ? 'as is' : wayName(way),
    wouldBe: formatMoney(way.wouldBeNanoUsd),
    note: way.isUsable ? null : 'needs a key',
  };
}

/** The median of the most used way in that was measured. */
export function firstTokenWords({ ways }: MathRow): string {
  const way = ways.find(({ firstTokenMillis }) => firstTokenMillis !== null);
  return way ? formatDuration(way.firstTokenMillis) : 'not measured';
}

/** What was paid; where nothing of it is known, that. */
export function paidWords({ paidNanoUsd, withoutTokens }: MathRow): string {
  return paidNanoUsd === 0 && withoutTokens > 0 ? 'unknown' : formatMoney(paidNanoUsd);
}

/** What is left out of a row of sums; `null` for nothing. */
export function leftOutWords({ withoutTokens }: MathRow): string | null {
  if (withoutTokens === 0) return null;
  return `${count(withoutTokens, 'attempt')} that cannot be priced, for want of a count or of a cost, left out`;
}

/** How the other model stands to what was paid: "$1.20 less". */
export function againstPaid({ wouldBeNanoUsd, paidNanoUsd }: MathElsewhere): string {
  if (wouldBeNanoUsd === null) return '-';
  const difference = wouldBeNanoUsd - paidNanoUsd;
  if (difference === 0) return 'the same';
  return `${formatMoney(Math.abs(difference))} ${difference < 0 ? 'less' : 'more'}`;
}
