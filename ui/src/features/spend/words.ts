/** Spend in words, in one place. */

import { formatCount, formatMoney } from '../../lib/format';
import type {
  SpendGroup,
  SpendOverview,
  SpendQuery,
  SpendSums,
  SpendTokens,
} from '../../lib/ipc/gen/types';
import type { Split } from '../../lib/state/spend.svelte';

export const SPLIT_LABELS: Record<Split, string> = {
  provider: 'Provider',
  model: 'Model',
  origin: 'Origin',
  app: 'App',
  conversation: 'Chat',
  key: 'Key',
  purpose: 'Purpose',
  cost_kind: 'How the cost is known',
};

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** "2 attempts of unknown cost". */
export function unknownWords(count: number): string {
  return `${counted(count, 'attempt')} of unknown cost`;
}

/** "2 stopped by a budget". */
export function stoppedWords(count: number): string {
  return `${formatCount(count)} stopped by a budget`;
}

/** "14 attempts, 2 of unknown cost". */
export function attemptsWords({ attempts, unknown }: SpendSums): string {
  const words = attempts === 0 ? 'nothing was asked' : counted(attempts, 'attempt');
  return unknown === 0 ? words : `${words}, ${formatCount(unknown)} of unknown cost`;
}

/** Nothing of it is known. */
export function isUnknown({ knownNanoUsd, unknown }: SpendSums): boolean {
  return knownNanoUsd === 0 && unknown > 0;
}

/** What is known of a sum; what ran on this computer and cost nothing is free. */
export function sumWords(sums: SpendSums): string {
  const { knownNanoUsd, answered, estimated } = sums;
  if (isUnknown(sums)) return 'unknown';
  if (knownNanoUsd === 0 && answered > 0) return 'free';
  return formatMoney(knownNanoUsd, { estimated: estimated > 0 });
}

/** With its sign: "+$0.38", "−$0.12". */
export function formatDifference(nanoUsd: number): string {
  return `${nanoUsd > 0 ? '+' : ''}${formatMoney(nanoUsd)}`;
}

/** "6.1 %"; less than a tenth is not nothing. */
export function formatPercent(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.1) return '<0.1 %';
  // What is not all is not 100.
  if (percent > 99 && percent < 100) return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`;
  return `${percent >= 10 || Number.isInteger(percent) ? Math.round(percent) : percent.toFixed(1)} %`;
}

export function markupWords({
  comparedAttempts,
  comparedListNanoUsd,
  comparedPaidNanoUsd,
}: SpendOverview): { figure: string; caption: string } {
  if (comparedAttempts === 0) {
    return { figure: '–', caption: 'no attempt has a bill and a list price' };
  }
  const difference = comparedPaidNanoUsd - comparedListNanoUsd;
  const share = formatPercent(Math.abs(difference), comparedListNanoUsd);
  const side =
    difference === 0
      ? 'exactly the makers’ list'
      : `${share} ${difference > 0 ? 'over' : 'under'} the makers’ list`;
  return {
    figure: formatDifference(difference),
    caption: `${side}, ${counted(comparedAttempts, 'attempt')} compared`,
  };
}

/** What caches did for the bill, in a sentence. */
export function cacheWords({ cacheSavedNanoUsd, tokens, span }: SpendOverview): string {
  if (tokens.cacheRead === 0 && tokens.cacheWrite === 0) {
    return span.attempts === 0 ? 'Nothing was read.' : 'No prompt was read from a cache.';
  }
  if (cacheSavedNanoUsd === null) return 'What caches saved is unknown: no rate is known.';
  if (cacheSavedNanoUsd < 0) {
    return `Writing to caches cost ${formatMoney(-cacheSavedNanoUsd)} more than reading from them saved.`;
  }
  const all = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const share = formatPercent(tokens.cacheRead, all);
  return `Caches saved ${formatMoney(cacheSavedNanoUsd)}: ${share} of what was read came from one.`;
}

/** How much of what is known is known how well, in a sentence. */
export function coverageWords(sums: SpendSums): string {
  if (sums.attempts === 0) return 'Nothing was asked in these days.';
  const share = formatPercent(sums.reportedNanoUsd, sums.knownNanoUsd);
  const said =
    sums.knownNanoUsd === 0
      ? 'Nothing that is known cost anything'
      : sums.reportedNanoUsd === 0
        ? 'None of what is known was said by providers'
        : `${share} of what is known was said by providers`;
  if (sums.unknown === 0) return `${said}; no attempt is unknown.`;
  const are = sums.unknown === 1 ? 'attempt is' : 'attempts are';
  return `${said}; ${formatCount(sums.unknown)} ${are} unknown, so the true sum is larger.`;
}

export interface TokenKind {
  kind: keyof SpendTokens;
  name: string;
}

/** Searches are counted beside the tokens, and are none. */
export const TOKEN_KINDS: readonly TokenKind[] = [
  { kind: 'input', name: 'Input' },
  { kind: 'cacheRead', name: 'Cached input' },
  { kind: 'cacheWrite', name: 'Cache write' },
  { kind: 'output', name: 'Output' },
  { kind: 'reasoning', name: 'Thinking' },
  { kind: 'media', name: 'Media' },
];

export function tokenSum(tokens: SpendTokens): number {
  return TOKEN_KINDS.reduce((sum, { kind }) => sum + tokens[kind], 0);
}

/** What of the query is this group; `null` where the query has no words for it. */
export function queryOfGroup(
  { key, providerId }: SpendGroup,
  split: Split,
): Partial<SpendQuery> | null {
  if (key === '' || key === 'rest') return null;
  switch (split) {
    case 'provider':
      return { providerId: key };
    case 'model':
      return { modelKey: key };
    case 'origin':
      return { origin: key };
    case 'app':
      return { app: key };
    case 'conversation':
      return { conversationId: key };
    case 'key':
      return { keyId: key, providerId };
    case 'purpose':
      return { purpose: key };
    case 'cost_kind':
      return isCostKind(key) ? { costKind: key } : null;
  }
}

type KnownKind = NonNullable<SpendQuery['costKind']>;
const KINDS: readonly string[] = ['reported', 'computed', 'estimated', 'unknown'];
const isCostKind = (key: string): key is KnownKind => KINDS.includes(key);
