/** Rankings in words: what a figure means, and how sure it is. */

import { formatDuration, formatMoney, formatSpeed } from '../../../lib/format';
import type { JudgeView, RankingPair, RankingRow } from '../../../lib/ipc/gen/types';

const points = (value: number) => Math.round(value).toLocaleString('en-US');

/** "1,024"; "too few votes" before there is a score. */
export function scoreWords({ score }: RankingRow): string {
  return score === null ? 'too few votes' : points(score);
}

/** "from 980 to 1,070". */
export function intervalWords({ low, high }: Pick<RankingRow, 'low' | 'high'>): string {
  return low === null || high === null ? '' : `from ${points(low)} to ${points(high)}`;
}

/** "5 won, 1 tied, 2 lost". */
export function recordWords({ wins, ties, losses }: Pick<RankingRow, 'wins' | 'ties' | 'losses'>) {
  return `${wins} won, ${ties} tied, ${losses} lost`;
}

/** "+62 points, −10 to +134"; what is not known has no figure. */
export function differenceWords({ difference, low, high }: RankingPair): string {
  if (difference === null || low === null || high === null) return 'not enough votes yet';
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${points(Math.abs(value))}`;
  return `${signed(difference)} points, ${signed(low)} to ${signed(high)}`;
}

/** The same pair as the other one sees it. */
export function turned(pair: RankingPair): RankingPair {
  const { first, second, wins, ties, losses, difference, low, high } = pair;
  return {
    first: second,
    second: first,
    wins: losses,
    ties,
    losses: wins,
    difference: difference === null ? null : -difference,
    low: high === null ? null : -high,
    high: low === null ? null : -low,
  };
}

/** "67 % of 12, between 39 % and 86 %". */
export function agreementWords({ shared, same, low, high }: JudgeView): string {
  if (shared === 0) return 'no prompt in common yet';
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const range =
    low === null || high === null ? '' : `, between ${percent(low)} and ${percent(high)}`;
  return `${percent(same / shared)} of ${shared}${range}`;
}

export function medianWords(row: RankingRow): { cost: string; firstToken: string; speed: string } {
  return {
    cost: formatMoney(row.medianNanoUsd),
    firstToken: formatDuration(row.medianFirstTokenMillis),
    speed: formatSpeed(row.medianTokensPerSecond),
  };
}

/** Models that votes join, the best group first; those without a score stand with their group. */
export function groupsOf(rows: readonly RankingRow[]): RankingRow[][] {
  const groups = new Map<number, RankingRow[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return [...groups.values()];
}
