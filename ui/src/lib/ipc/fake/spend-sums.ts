/** What made-up attempts add up to. */

import type { SpendSums, SpendTokens } from '../gen/types';
import { NO_TOKENS, type MadeAttempt } from './spend-history';

const NO_SUMS: SpendSums = {
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
};

/** In the order in which each group was met first. */
export function groupedBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

/** All of what `amountOf` knows. */
export function total(
  attempts: readonly MadeAttempt[],
  amountOf: (each: MadeAttempt) => number | null,
): number {
  return attempts.reduce((sum, each) => sum + (amountOf(each) ?? 0), 0);
}

export function sumsOf(attempts: readonly MadeAttempt[]): SpendSums {
  const sums = { ...NO_SUMS };
  for (const { costKind, nanoUsd, status } of attempts) {
    const amount = nanoUsd ?? 0;
    sums.attempts += 1;
    sums[costKind] += 1;
    sums.knownNanoUsd += amount;
    if (costKind !== 'unknown') sums[`${costKind}NanoUsd`] += amount;
    if (status === 'answered') sums.answered += 1;
    else sums.wastedNanoUsd += amount;
    if (status === 'failed') sums.failed += 1;
  }
  return sums;
}

export function tokensOf(attempts: readonly MadeAttempt[]): SpendTokens {
  const sum = { ...NO_TOKENS };
  for (const { tokens } of attempts) {
    for (const kind of Object.keys(sum) as (keyof SpendTokens)[]) sum[kind] += tokens[kind];
  }
  return sum;
}
