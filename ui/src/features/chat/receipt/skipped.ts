/** The ways in that were left out, in words. */

import { formatDuration, formatTimeOfDay } from '../../../lib/format';
import type { RunView, SkippedView } from '../../../lib/ipc/gen/types';
import { shortModel } from '../facts';
import type { Line } from './receipt';

/** More than these are unfolded on demand: a model can have dozens of ways in without a key. */
export const MOST_SKIPPED = 3;

export interface SkippedCard {
  title: string;
  because: string;
  lines: Line[];
}

export function skippedCard(skipped: SkippedView, run: RunView, now: number): SkippedCard {
  const { endpoint, name, because, until } = skipped;
  const lines: Line[] = [];
  if (endpoint && shortModel(endpoint.model) !== shortModel(run.endpoint.model)) {
    lines.push({ name: 'for', value: endpoint.model });
  }
  if (until !== null) lines.push({ name: 'until', value: untilWords(until, now) });
  return { title: name, because, lines };
}

/** "09:41:25", and how much longer that is where it is still to come. */
function untilWords(until: number, now: number): string {
  const at = formatTimeOfDay(until);
  return until > now ? `${at}, ${formatDuration(until - now)} more` : at;
}

/** Whether one of them passes by itself, so that what is left has to be counted down. */
export function isCountingDown(skipped: readonly SkippedView[], now: number): boolean {
  return skipped.some(({ until }) => until !== null && until > now);
}
