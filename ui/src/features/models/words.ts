/** Prices and abilities of models in words, the same in the list, in the picker and in the details. */

import { formatCount, formatRate } from '../../lib/format';
import type { ModelView, PriceView } from '../../lib/ipc/gen/types';
import { inputPrice, outputPrice, priceOf, type ModelGroup } from './groups';

/** "$3 / $15", "free", "unknown": prompt and answer for a million tokens. */
export function priceWords(price: PriceView | null): string {
  if (price?.isFree) return 'free';
  const input = inputPrice(price);
  const output = outputPrice(price);
  if (input === null && output === null) return 'unknown';
  const side = (rate: number | null) => (rate === null ? '?' : formatRate(rate));
  return `${side(input)} / ${side(output)}`;
}

/** The price of the cheapest way in; "from" where another one asks something else. */
export function groupPriceWords(group: Pick<ModelGroup, 'ways'>): string {
  const words = priceWords(priceOf(group));
  if (words === 'unknown') return words;
  return group.ways.some(({ price }) => priceWords(price) !== words) ? `from ${words}` : words;
}

/** The same as a sentence, for those who hear it. */
export function spokenPrice(price: PriceView | null): string {
  if (price?.isFree) return 'free';
  const input = inputPrice(price);
  const output = outputPrice(price);
  if (input === null && output === null) return 'price unknown';
  const conditions = price?.hasConditions ? ', more for long prompts or at other hours' : '';
  return `${formatRate(input)} for a million tokens of prompt, ${formatRate(output)} of answer${conditions}`;
}

export const ABILITIES = ['images', 'pdf', 'tools', 'thinking', 'json', 'open'] as const;
export type Ability = (typeof ABILITIES)[number];

export const ABILITY_WORDS: Record<Ability, string> = {
  images: 'Reads images',
  pdf: 'Reads PDF',
  tools: 'Calls tools',
  thinking: 'Thinks first',
  json: 'Keeps to a JSON schema',
  open: 'Open weights',
};

/** What some way in is said to do. What nobody says is not claimed. */
export function abilitiesOf(ways: readonly ModelView[]): Set<Ability> {
  const found = new Set<Ability>();
  for (const way of ways) {
    if (way.reads.includes('image')) found.add('images');
    if (way.reads.includes('pdf')) found.add('pdf');
    if (way.hasTools) found.add('tools');
    if (way.hasReasoning) found.add('thinking');
    if (way.hasJsonSchema) found.add('json');
    if (way.hasOpenWeights) found.add('open');
  }
  return found;
}

export function count(amount: number, one: string, many = `${one}s`): string {
  return `${formatCount(amount)} ${amount === 1 ? one : many}`;
}

/** "38 of 412 models", "412 models". */
export function countWords(shown: number, all: number): string {
  if (shown === all) return count(all, 'model');
  return `${formatCount(shown)} of ${count(all, 'model')}`;
}
