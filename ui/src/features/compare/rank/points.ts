/** What the plot shows: models with a score and a figure, and the line of those that nothing beats. */

import type { RankingRow } from '../../../lib/ipc/gen/types';

export type Against = 'cost' | 'speed';

export interface PlotPoint {
  row: RankingRow;
  score: number;
  value: number;
  isOnFrontier: boolean;
}

export function pointsOf(rows: readonly RankingRow[], against: Against): PlotPoint[] {
  return rows.flatMap((row) => {
    const value = against === 'cost' ? row.medianNanoUsd : row.medianTokensPerSecond;
    if (row.score === null || value === null) return [];
    const isOnFrontier = against === 'cost' ? row.isOnCostFrontier : row.isOnSpeedFrontier;
    return [{ row, score: row.score, value, isOnFrontier }];
  });
}

/** The frontier of each group, from left to right. */
export function frontiersOf(points: readonly PlotPoint[]): PlotPoint[][] {
  const groups = new Map<number, PlotPoint[]>();
  for (const point of points) {
    if (!point.isOnFrontier) continue;
    const { group } = point.row;
    groups.set(group, [...(groups.get(group) ?? []), point]);
  }
  return [...groups.values()].map((group) => group.sort((one, other) => one.value - other.value));
}
