/** Proof in words: how costs are known, what is not, and how two figures stand to each other. */

import { formatDay, formatMoney } from '../../../lib/format';
import type {
  OrganisationView,
  ReconcileView,
  RepriceView,
  SpendGroup,
  SpendSums,
  UnknownView,
  UsageImportLine,
  UsageImportView,
} from '../../../lib/ipc/gen/types';
import { count } from '../../models/words';
import { percentWords } from '../figures';

export const MOST_BYTES = 50 * 1024 * 1024;

/** In the order of how sure they are. */
export const KINDS = ['reported', 'computed', 'estimated', 'unknown'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_WORDS: Record<Kind, string> = {
  reported: 'Said by the provider',
  computed: 'Tokens × rate',
  estimated: 'Estimate',
  unknown: 'Unknown',
};

/** All groups together. */
export function totalOf(groups: readonly SpendGroup[]): Record<Kind | 'attempts', number> {
  const total = { attempts: 0, reported: 0, computed: 0, estimated: 0, unknown: 0 };
  for (const { sums } of groups) {
    total.attempts += sums.attempts;
    for (const kind of KINDS) total[kind] += sums[kind];
  }
  return total;
}

/** "96 %" of a whole; "-" of nothing. */
export function partWords(part: number, whole: number): string {
  if (whole === 0) return '-';
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 1) return '<1 %';
  return `${percent > 99 && percent < 100 ? 99 : Math.round(percent)} %`;
}

export function amountOf(sums: SpendSums, kind: Kind): string | null {
  if (kind === 'unknown' || sums[kind] === 0) return null;
  const amount = {
    reported: sums.reportedNanoUsd,
    computed: sums.computedNanoUsd,
    estimated: sums.estimatedNanoUsd,
  }[kind];
  return formatMoney(amount, { estimated: kind === 'estimated' });
}

export function spanWords({ firstAt, lastAt }: UnknownView): string {
  const [first, last] = [formatDay(firstAt), formatDay(lastAt)];
  return first === last ? first : `${first} to ${last}`;
}

/** What can be done about attempts of unknown cost, in a few words. */
export function remedyWords({ hasPrice, withTokens }: UnknownView): string {
  if (withTokens === 0) return 'nobody counted their tokens, so no price helps';
  return hasPrice ? `a price is there for ${withTokens}` : 'no price is there yet';
}

export function repriceWords({ changed, lookedAt }: RepriceView): string {
  if (changed === 0) return `${count(lookedAt, 'attempt')} looked at; none would change.`;
  return `${count(changed, 'attempt')} of ${lookedAt.toLocaleString('en-US')} would change.`;
}

export function driftTone(percent: number | null): 'good' | 'warn' | 'bad' | 'neutral' {
  if (percent === null) return 'neutral';
  const size = Math.abs(percent);
  if (size < 0.5) return 'good';
  return size < 5 ? 'warn' : 'bad';
}

export function driftWords(percent: number | null): string {
  if (percent === null) return 'no drift known';
  return Math.abs(percent) < 0.05 ? 'no drift' : `${percentWords(percent)} drift`;
}

export function reconcileName({ providerName, keyLabel }: ReconcileView): string {
  return `${providerName}, key “${keyLabel}”`;
}

/** The drift of an organisation; where only our side has an amount there is no percent of it. */
export function organisationDrift({ theirsNanoUsd, driftPercent, ours }: OrganisationView): string {
  if (theirsNanoUsd === 0 && ours.knownNanoUsd > 0) return 'only ours';
  return theirsNanoUsd === 0 ? 'no drift' : driftWords(driftPercent);
}

export function organisationTone(row: OrganisationView): ReturnType<typeof driftTone> {
  if (row.theirsNanoUsd !== 0) return driftTone(row.driftPercent);
  return row.ours.knownNanoUsd > 0 ? 'bad' : 'good';
}

/** "7 days, 1 of them differs" */
export function organisationDays({ days }: OrganisationView): string {
  const different = days.filter(({ differs }) => differs).length;
  const all = count(days.length, 'day');
  if (different === 0) return `${all}, none of them differs`;
  return `${all}, ${different} of them ${different === 1 ? 'differs' : 'differ'}`;
}

export const VERDICTS = ['differs', 'only_theirs', 'only_ours', 'equal'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const VERDICT_WORDS: Record<string, string> = {
  equal: 'equal',
  differs: 'differs',
  only_theirs: 'only theirs',
  only_ours: 'only ours',
};

/** Of the rows that are shown, how many have each verdict. */
export function verdictCounts(lines: readonly UsageImportLine[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verdict } of lines) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

/** Rows that there are but that did not cross, since 500 are the most. */
export function notShown({ matched, onlyTheirs, onlyOurs, lines }: UsageImportView): number {
  return Math.max(0, matched + onlyTheirs + onlyOurs - lines.length);
}

/** What is wrong with a file before it is read; `null` for nothing. */
export function fileProblem({ name, size }: { name: string; size: number }): string | null {
  if (size === 0) return `“${name}” is empty. Export the usage again as CSV.`;
  if (size > MOST_BYTES) {
    const megabytes = Math.ceil(size / 1024 / 1024);
    return `“${name}” has ${megabytes} MB; 50 MB are the most. Export a shorter span.`;
  }
  if (/\.(xlsx?|ods|pdf|zip|gz|json)$/i.test(name)) {
    return `“${name}” is no CSV. Export the usage as CSV on the provider’s page.`;
  }
  return null;
}
