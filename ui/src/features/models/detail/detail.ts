/** What is known of one way in, in words: its price with where it comes from, and what it can do. */

import { formatCount, formatDay, formatRate } from '../../../lib/format';
import type {
  EndpointView,
  ModelDetail,
  ModelView,
  PriceOverride,
  PriceTagView,
  PriceView,
  RateView,
} from '../../../lib/ipc/gen/types';
import { inputPrice, isBuiltIn } from '../groups';
import { ABILITIES, ABILITY_WORDS, abilitiesOf, priceWords } from '../words';

const MILLION = 1_000_000;

/** What a rate is for: "per million tokens", "each". */
export function perWords(per: number): string {
  switch (per) {
    case MILLION:
      return 'per million';
    case 1_000:
      return 'per thousand';
    case 1:
      return 'each';
    default:
      return `per ${formatCount(per)}`;
  }
}

/** "OpenRouter’s list, 20 Nov 2026". */
export function tagWords({ name, asOf }: PriceTagView): string {
  return `${name}, ${formatDay(asOf)}`;
}

/** With a capital letter, as a heading begins. */
export function sentence(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

export function sourceWords({ source }: PriceTagView): string {
  switch (source) {
    case 'snapshot':
      return 'the list that came with Patchbay';
    case 'provider':
      return 'the provider’s own list';
    case 'person':
      return 'your own price';
  }
}

/** How this price stands to the maker's: "20 % below", "the same"; `null` where that cannot be said. */
export function againstList(price: PriceView | null, list: PriceView | null): string | null {
  const own = inputPrice(price);
  const makers = inputPrice(list);
  if (own === null || makers === null || makers === 0) return null;
  const percent = Math.round(((own - makers) / makers) * 100);
  if (percent === 0) return own === makers ? 'the same' : 'about the same';
  return percent < 0 ? `${-percent} % below` : `${percent} % above`;
}

export function priceLine(price: PriceView): string {
  return `${priceWords(price)}${price.hasConditions ? ', with conditions' : ''}`;
}

const READS: Record<string, string> = {
  text: 'text',
  image: 'images',
  pdf: 'PDF',
  audio: 'sound',
  video: 'video',
};

function kinds(names: readonly string[]): string {
  return names.map((name) => READS[name] ?? name).join(', ');
}

/** What is known, name by name; what nobody says is left out. */
export function factsOf(model: ModelView): [name: string, value: string][] {
  const tokens = (count: number | null) => (count === null ? null : `${formatCount(count)} tokens`);
  const day = (at: number | null) => (at === null ? null : formatDay(at));
  const abilities = abilitiesOf([model]);
  const can = ABILITIES.filter((ability) => abilities.has(ability) && ability !== 'open').map(
    (ability) => ABILITY_WORDS[ability],
  );
  const facts: [string, string | null][] = [
    ['Maker', model.maker],
    ['Family', model.family],
    ['Context', tokens(model.contextLength)],
    ['Longest answer', tokens(model.maxOutput)],
    ['Reads', kinds(model.reads) || null],
    ['Gives', kinds(model.gives) || null],
    ['Can', can.length === 0 ? null : can.join(', ')],
    [
      'Weights',
      model.hasOpenWeights === null
        ? null
        : `${model.hasOpenWeights ? 'open' : 'closed'}${model.quantization === null ? '' : `, rounded to ${model.quantization} here`}`,
    ],
    ['Came out', day(model.releasedAt)],
    ['On the list since', day(model.firstSeenAt)],
    ['Last used', day(model.lastUsedAt)],
    ['Runs', model.isLocal ? (isBuiltIn(model) ? 'in Patchbay' : 'on this computer') : null],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

export const PRICE_FIELDS = [
  ['input', 'Input'],
  ['output', 'Output'],
  ['cacheRead', 'Cache read'],
  ['cacheWrite', 'Cache write'],
  ['reasoning', 'Thinking'],
  ['perRequest', 'Each request'],
] as const;

export type PriceField = (typeof PRICE_FIELDS)[number][0];
export type PriceFields = Record<PriceField, string>;

/** A rate as it is typed: "0.15". */
function typed(nanoUsd: number | null | undefined): string {
  if (nanoUsd === null || nanoUsd === undefined) return '';
  return formatRate(nanoUsd).replace(/[$,]/g, '');
}

/** The form as the person left it, or empty where the price is somebody else's. */
export function fieldsOf({ model, priceRules }: ModelDetail): PriceFields {
  const price = model.price?.tag.source === 'person' ? model.price : null;
  const rates = price ? (priceRules[0]?.rates ?? []) : [];
  const rate = (isIt: (rate: RateView) => boolean) => typed(rates.find(isIt)?.nanoUsd);
  return {
    input: typed(price?.input),
    output: typed(price?.output),
    cacheRead: typed(price?.cacheRead),
    cacheWrite: rate(({ label }) => label.startsWith('cache write')),
    reasoning: rate(({ label }) => /thinking|reasoning/.test(label)),
    perRequest: rate(({ label, per }) => per === 1 && label.includes('request')),
  };
}

/** Amounts go as they were typed: the shell reads them digit by digit. A comma stands for a point. */
export function overrideOf(endpoint: EndpointView, fields: PriceFields): PriceOverride {
  const amount = (field: PriceField) => {
    const text = fields[field]
      .trim()
      .replace(/^\$\s*/, '')
      .replace(',', '.');
    return text === '' ? null : text;
  };
  return {
    endpoint,
    input: amount('input'),
    output: amount('output'),
    cacheRead: amount('cacheRead'),
    cacheWrite: amount('cacheWrite'),
    reasoning: amount('reasoning'),
    perRequest: amount('perRequest'),
  };
}
