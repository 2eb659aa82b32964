/** What is set up, in words. */

import { formatMoney } from '../../../lib/format';
import type {
  ColumnEstimate,
  ColumnView,
  ComparisonEstimate,
  ModelView,
  RouteView,
} from '../../../lib/ipc/gen/types';
import { parametersSummary } from '../../chat/parameters';
import { count } from '../../models/words';
import { targetWords } from '../../routes/targets';

export function columnName(
  { label, target }: ColumnView,
  models: readonly ModelView[],
  routes: readonly RouteView[],
): { name: string; colour: number | null } {
  if (target === null) return { name: label || 'Past answers', colour: null };
  const { name, colour } = targetWords(target, models, routes);
  return { name: label.trim() || name, colour };
}

/** What makes it different from the plain model: "system prompt · temp 0.2". */
export function columnNote({ systemPrompt, parameters }: ColumnView): string {
  const summary = parametersSummary(parameters);
  return [
    systemPrompt.trim() === '' ? '' : 'system prompt',
    summary === 'Parameters' ? '' : summary,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** "about $0.0051, asks OpenAI first". */
export function estimateNote({ nanoUsd, firstWayIn, problem }: ColumnEstimate): string {
  if (problem !== null) return problem;
  const price = nanoUsd === null ? 'price unknown' : `about ${formatMoney(nanoUsd)}`;
  return firstWayIn === null ? price : `${price}, asks ${firstWayIn} first`;
}

/** "est. $0.0118"; where a price is missing, what is known and that there is more. */
export function totalWords({ totalNanoUsd, knownNanoUsd }: ComparisonEstimate): string {
  if (totalNanoUsd !== null) return `est. ${formatMoney(totalNanoUsd)}`;
  return knownNanoUsd === 0 ? 'est. unknown' : `est. ${formatMoney(knownNanoUsd)} + unknown`;
}

/** "12 prompts × 3 rows × 2 repeats = 216 answers". */
export function sizeWords({ cases, cells, columns }: ComparisonEstimate, repeats: string): string {
  const times = repeats.trim() === '1' ? '' : ` × ${repeats.trim()} repeats`;
  const all = count(cells, 'answer');
  return `${count(cases, 'prompt')}${times} × ${count(columns.length, 'column')} = ${all}`;
}
