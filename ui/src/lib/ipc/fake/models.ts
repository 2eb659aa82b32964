/** The models of the fake: every way in with its price, stars and prices of one's own. */

import type {
  EndpointView,
  ModelDetail,
  ModelView,
  PriceOverride,
  PriceRuleView,
  PriceTagView,
  PriceView,
  ProviderView,
  RateView,
} from '../gen/types';
import { generated, KNOWN, OTHERS, type Known } from './catalogue';
import { LISTED } from './provider-test';
import { refuse } from './refuse';

const DAY = 86_400_000;
const NANO = 1_000_000_000;
const MILLION = 1_000_000;

/** Which of the known models each provider lists, and what it adds to their price. */
const SHELVES: Record<string, { makers: readonly string[] | 'open' | 'all'; factor: number }> = {
  openai: { makers: ['OpenAI'], factor: 1 },
  anthropic: { makers: ['Anthropic'], factor: 1 },
  google: { makers: ['Google'], factor: 1 },
  deepseek: { makers: ['DeepSeek'], factor: 1 },
  mistral: { makers: ['Mistral'], factor: 1 },
  groq: { makers: 'open', factor: 0.9 },
  together: { makers: 'open', factor: 1.2 },
  openrouter: { makers: 'all', factor: 1 },
  nanogpt: { makers: 'all', factor: 0.8 },
};

/** Only these are there where nothing more was asked for. */
const FEW = 4;

const keyOf = ({ providerId, model }: EndpointView) => `${providerId} ${model}`;
const nano = (dollars: number) => Math.round(dollars * 1000) * (NANO / 1000);

function tagOf(provider: ProviderView): PriceTagView {
  const isListed = ['openrouter', 'nanogpt', 'together'].includes(provider.id);
  return isListed
    ? { source: 'provider', name: `${provider.name}’s list`, asOf: provider.modelsListedAt ?? 0 }
    : {
        source: 'snapshot',
        name: 'Patchbay’s list of November 2026',
        asOf: Date.UTC(2026, 10, 20),
      };
}

function priceOf(model: Known, provider: ProviderView, factor: number): PriceView | null {
  if (!model.price) return null;
  const [input, output, cacheRead] = model.price;
  return {
    input: nano(input * factor),
    output: nano(output * factor),
    cacheRead: cacheRead === undefined ? null : nano(cacheRead * factor),
    isFree: input === 0 && output === 0,
    hasConditions: model.maker === 'Google' && input > 1,
    tag: tagOf(provider),
  };
}

function wayIn(model: Known, provider: ProviderView, index: number, factor = 1): ModelView {
  const isGateway = provider.id === 'openrouter' || provider.id === 'nanogpt';
  return {
    endpoint: {
      providerId: provider.id,
      model: isGateway ? model.id : model.name,
    },
    providerName: provider.name,
    key: model.id,
    canonicalId: model.id,
    name: model.name,
    maker: model.maker,
    family: model.family,
    releasedAt: model.releasedDaysAgo === null ? null : Date.now() - model.releasedDaysAgo * DAY,
    contextLength: model.context,
    maxOutput: model.maxOutput,
    reads: [...model.reads],
    gives: [...model.gives],
    hasTools: model.hasTools,
    hasReasoning: model.hasReasoning,
    hasJsonSchema: model.hasJsonSchema,
    hasOpenWeights: model.hasOpenWeights,
    quantization: model.hasOpenWeights && provider.id === 'together' ? 'fp8' : null,
    isChat: model.gives.includes('text'),
    price: priceOf(model, provider, factor),
    isLocal: false,
    isStarred: false,
    lastUsedAt: null,
    firstSeenAt:
      model.releasedDaysAgo !== null && model.releasedDaysAgo < 7 ? Date.now() - DAY : null,
    colour: index < FEW ? (index + 1) % 6 : null,
    unavailableBecause: null,
  };
}

/** What a provider of which nothing is known says of its models: their names. */
function bare(provider: ProviderView, model: string, index: number): ModelView {
  const endpoint = { providerId: provider.id, model };
  return {
    ...wayIn({ ...(KNOWN[0] as Known), id: model, name: model, price: null }, provider, index),
    endpoint,
    key: keyOf(endpoint),
    canonicalId: null,
    maker: null,
    family: null,
    releasedAt: null,
    contextLength: 32_768,
    maxOutput: null,
    reads: [],
    gives: [],
    hasTools: null,
    hasReasoning: null,
    hasJsonSchema: null,
    hasOpenWeights: null,
    isChat: true,
    colour: (index + 1) % 6,
  };
}

function localModel(unavailableBecause: string | null): ModelView {
  return {
    endpoint: { providerId: 'local', model: 'smollm2-135m-instruct' },
    providerName: 'This computer',
    key: 'huggingfacetb/smollm2-135m-instruct',
    canonicalId: 'huggingfacetb/smollm2-135m-instruct',
    name: 'SmolLM2 135M Instruct',
    maker: 'HuggingFaceTB',
    family: 'smollm',
    releasedAt: Date.UTC(2024, 9, 31),
    contextLength: 2_048,
    maxOutput: null,
    reads: ['text'],
    gives: ['text'],
    hasTools: false,
    hasReasoning: false,
    hasJsonSchema: false,
    hasOpenWeights: true,
    quantization: 'q4_k_m',
    isChat: true,
    price: {
      input: 0,
      output: 0,
      cacheRead: null,
      isFree: true,
      hasConditions: false,
      tag: { source: 'snapshot', name: 'This computer', asOf: Date.UTC(2026, 10, 20) },
    },
    isLocal: true,
    isStarred: false,
    lastUsedAt: null,
    firstSeenAt: null,
    colour: 0,
    unavailableBecause,
  };
}

export interface FakeModelsOptions {
  /** How many ways in there are at least; 0 for a handful. */
  atLeast?: number;
}

export class FakeModels {
  readonly #stars = new Set<string>();
  readonly #overrides = new Map<string, { price: PriceOverride; at: number }>();
  readonly #used = new Map<string, number>();
  #list: { for: string; models: ModelView[] } = { for: '', models: [] };
  readonly #atLeast: number;

  constructor({ atLeast = 0 }: FakeModelsOptions = {}) {
    this.#atLeast = atLeast;
    if (atLeast > 0) {
      this.#stars.add('anthropic/claude-sonnet-4.6').add('google/gemini-flash');
      this.#used.set('anthropic claude-sonnet-4.6', Date.now() - 2 * DAY);
      this.#used.set('openrouter openai/gpt-6.1', Date.now() - 3_600_000);
    }
  }

  list(providers: readonly ProviderView[], localBecause: string | null): ModelView[] {
    const names = providers.map(({ id, name, key }) => `${id} ${name} ${key.source}`).join('\n');
    if (this.#list.for !== names) {
      this.#list = { for: names, models: this.#listed(providers) };
    }
    return [localModel(localBecause), ...this.#list.models].map((model) => this.#own(model));
  }

  used(endpoint: EndpointView): void {
    this.#used.set(keyOf(endpoint), Date.now());
  }

  star(key: string, isStarred: boolean): void {
    if (isStarred) this.#stars.add(key);
    else this.#stars.delete(key);
  }

  setPrice(override: PriceOverride): void {
    for (const [field, text] of Object.entries(override)) {
      if (typeof text === 'string' && !/^\d+(\.\d+)?$/.test(text.trim())) {
        refuse('invalid_input', 'That is no amount in dollars.', 'Write it like 0.15.', field);
      }
    }
    this.#overrides.set(keyOf(override.endpoint), { price: override, at: Date.now() });
  }

  clearPrice(endpoint: EndpointView): void {
    this.#overrides.delete(keyOf(endpoint));
  }

  detail(models: readonly ModelView[], endpoint: EndpointView): ModelDetail {
    const model =
      models.find((each) => keyOf(each.endpoint) === keyOf(endpoint)) ??
      refuse('not_found', 'That model is not there any more.', 'Choose another one.');
    const listed = this.#list.models.find((each) => keyOf(each.endpoint) === keyOf(endpoint));
    const override = this.#overrides.get(keyOf(endpoint));
    const sources = [model.price, override ? (listed?.price ?? null) : null].filter(
      (price) => price !== null,
    );
    const before = listed?.price;
    return {
      model,
      priceRules: rulesOf(model, override?.price),
      listPrice: listPriceOf(model, models),
      priceSources: sources,
      priceProblem:
        model.name === 'kimi-k2'
          ? 'The list that was read last names a tenth of the earlier price, so the earlier one is kept.'
          : null,
      history: [
        ...(override && model.price ? [{ recordedAt: override.at, price: model.price }] : []),
        ...(before
          ? [
              { recordedAt: before.tag.asOf, price: before },
              {
                recordedAt: before.tag.asOf - 90 * DAY,
                price: { ...before, input: (before.input ?? 0) * 1.25 },
              },
            ]
          : []),
      ],
    };
  }

  #own(model: ModelView): ModelView {
    const override = this.#overrides.get(keyOf(model.endpoint));
    return {
      ...model,
      isStarred: this.#stars.has(model.key),
      lastUsedAt: this.#used.get(keyOf(model.endpoint)) ?? model.lastUsedAt,
      price: override ? priceOfOverride(override.price, override.at) : model.price,
    };
  }

  #listed(providers: readonly ProviderView[]): ModelView[] {
    const shelves = providers.map((provider) => ({ provider, shelf: SHELVES[provider.id] }));
    const isFew = this.#atLeast === 0;
    const known = isFew ? KNOWN.slice(0, FEW) : [...KNOWN, ...OTHERS];
    const models = shelves.flatMap(({ provider, shelf }) => {
      if (provider.id === 'ollama') return ollamaModels(provider);
      if (!shelf) return LISTED.map((model, index) => bare(provider, model, index));
      return known.flatMap((model, index) =>
        isOn(shelf, model) ? [wayIn(model, provider, index, shelf.factor)] : [],
      );
    });
    for (let index = 0; models.length < this.#atLeast; index += 1) {
      const model = generated(index);
      for (const { provider, shelf } of shelves) {
        if (models.length < this.#atLeast && shelf && isOn(shelf, model)) {
          models.push(wayIn(model, provider, FEW, shelf.factor));
        }
      }
      // Nobody lists it: there is no end to reach.
      if (index > this.#atLeast * 10) break;
    }
    const withoutKey = new Set(
      providers.filter(({ id, key }) => key.source === 'none' && SHELVES[id]).map(({ id }) => id),
    );
    return models.map((model) =>
      withoutKey.has(model.endpoint.providerId)
        ? { ...model, unavailableBecause: 'There is no key for this provider.' }
        : model,
    );
  }
}

function isOn({ makers }: { makers: readonly string[] | 'open' | 'all' }, model: Known): boolean {
  if (makers === 'all') return true;
  return makers === 'open' ? model.hasOpenWeights === true : makers.includes(model.maker);
}

function ollamaModels(provider: ProviderView): ModelView[] {
  return KNOWN.filter(({ price, hasOpenWeights }) => hasOpenWeights && price?.[0] === 0).map(
    (model, index) => ({
      ...wayIn(model, provider, FEW + index),
      isLocal: true,
      quantization: 'q4_k_m',
    }),
  );
}

function priceOfOverride(override: PriceOverride, at: number): PriceView {
  const amount = (text: string | null) => (text === null ? null : nano(Number(text)));
  return {
    input: amount(override.input),
    output: amount(override.output),
    cacheRead: amount(override.cacheRead),
    isFree: Number(override.input) === 0 && Number(override.output) === 0,
    hasConditions: false,
    tag: { source: 'person', name: 'Your own price', asOf: at },
  };
}

function rulesOf(model: ModelView, override: PriceOverride | undefined): PriceRuleView[] {
  const { price } = model;
  if (!price) return [];
  const rates = (factor: number): RateView[] =>
    (
      [
        ['input', price.input],
        ['cache read', price.cacheRead],
        ['output', price.output],
      ] as const
    ).flatMap(([label, rate]) =>
      rate === null ? [] : [{ label, nanoUsd: rate * factor, per: MILLION }],
    );
  const own: RateView[] = override
    ? (
        [
          ['cache write', override.cacheWrite, MILLION],
          ['thinking', override.reasoning, MILLION],
          ['request', override.perRequest, 1],
        ] as const
      ).flatMap(([label, text, per]) =>
        text === null ? [] : [{ label, nanoUsd: nano(Number(text)), per }],
      )
    : [];
  const base: PriceRuleView = { condition: '', isCurrent: true, rates: [...rates(1), ...own] };
  if (!price.hasConditions) return [base];
  return [
    base,
    { condition: 'prompts over 200,000 tokens', isCurrent: false, rates: rates(2) },
    { condition: 'in a batch', isCurrent: false, rates: rates(0.5) },
  ];
}

/** What the maker asks, for a way in by somebody else. */
function listPriceOf(model: ModelView, models: readonly ModelView[]): PriceView | null {
  const direct = models.find(
    ({ key, maker, providerName, endpoint }) =>
      key === model.key &&
      endpoint.providerId !== model.endpoint.providerId &&
      maker !== null &&
      providerName.startsWith(maker),
  );
  return direct?.price ?? null;
}
