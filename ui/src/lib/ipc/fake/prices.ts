/**
 * What was paid against the makers' lists in the fake: the figures of the design's picture, and the same
 * usage elsewhere by the prices of the fake's own list.
 */

import type { PlainName, Reply, Request } from '../backend';
import type {
  EndpointView,
  MarkupView,
  MathRequest,
  MathRow,
  MathView,
  MathWay,
  ModelView,
  PriceTagView,
} from '../gen/types';
import { refuse } from './refuse';

type PriceName = Extract<PlainName, 'markup_open' | 'math_open'>;
export type PriceHandlers = { [Name in PriceName]: (request: Request<Name>) => Reply<Name> };

const DAY = 86_400_000;
const CENT = 10_000_000;
const LISTED = Date.UTC(2026, 10, 20);

const way = (providerId: string, model: string): EndpointView => ({ providerId, model });
const MAKERS_LIST: PriceTagView = {
  source: 'snapshot',
  name: 'Patchbay’s list of November 2026',
  asOf: LISTED,
};
const listOf = (name: string): PriceTagView => ({
  source: 'provider',
  name: `${name}’s list`,
  asOf: LISTED + 4 * DAY,
});

export class FakePrices {
  constructor(
    private readonly models: () => readonly ModelView[],
    private readonly isSeeded: boolean,
  ) {}

  readonly handlers: PriceHandlers = {
    markup_open: () => (this.isSeeded ? MARKUP : { rows: [], fees: [], warnings: [] }),
    math_open: (request) => this.#math(request),
  };

  #math({ days, modelKeys }: MathRequest): MathView {
    if (modelKeys.length > 8) {
      refuse('invalid_input', 'That are too many models.', 'Choose 8 at most.', 'modelKeys');
    }
    const to = new Date();
    const from = new Date(to.getTime() - (days - 1) * DAY);
    const span = { from: dateOf(from), to: dateOf(to) };
    if (!this.isSeeded) {
      return {
        ...span,
        rows: [],
        elsewhere: [],
        findings: [],
        tooThin: 'Nothing was asked in these days, so there is nothing to work out.',
      };
    }
    const share = days / 30;
    const rows = ROWS.map((row) => scaled(row, share));
    const paid = rows.reduce((sum, { paidNanoUsd }) => sum + paidNanoUsd, 0);
    const isThin = days < 30;
    return {
      ...span,
      rows,
      elsewhere: modelKeys.map((key) => this.#elsewhere(key, paid)),
      findings: isThin ? [] : FINDINGS,
      tooThin: isThin
        ? 'Of the last 7 days there are 74 answers. That is too few to advise anything by.'
        : null,
    };
  }

  /** As if every token cost what it costs there, against a dollar for a million. */
  #elsewhere(modelKey: string, paid: number) {
    const ways = this.models().filter(({ key }) => key === modelKey);
    const cheapest = ways
      .flatMap(({ price, providerName }) =>
        typeof price?.input === 'number' ? [{ input: price.input, providerName }] : [],
      )
      .sort((left, right) => left.input - right.input)[0];
    return {
      modelKey,
      modelName: ways[0]?.name ?? modelKey,
      providerName: cheapest?.providerName ?? null,
      wouldBeNanoUsd: cheapest ? Math.round(paid * (cheapest.input / 1_200_000_000)) : null,
      paidNanoUsd: paid,
      attempts: 1_241,
    };
  }
}

function dateOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function scaled(row: MathRow, share: number): MathRow {
  const of = (amount: number) => Math.round(amount * share);
  const orNull = (amount: number | null) => (amount === null ? null : of(amount));
  return {
    ...row,
    paidNanoUsd: of(row.paidNanoUsd),
    listNanoUsd: orNull(row.listNanoUsd),
    attempts: of(row.attempts),
    ways: row.ways.map((each) => ({
      ...each,
      attempts: of(each.attempts),
      paidNanoUsd: of(each.paidNanoUsd),
      wouldBeNanoUsd: orNull(each.wouldBeNanoUsd),
    })),
  };
}

function wayOf(
  endpoint: EndpointView,
  providerName: string,
  [paid, wouldBe, firstToken]: readonly [
    paid: number,
    wouldBe: number | null,
    first: number | null,
  ],
  more: Partial<MathWay> = {},
): MathWay {
  return {
    endpoint,
    providerName,
    attempts: paid === 0 ? 0 : 412,
    paidNanoUsd: paid * CENT,
    wouldBeNanoUsd: wouldBe === null ? null : wouldBe * CENT,
    priceTag: wouldBe === null ? null : listOf(providerName),
    firstTokenMillis: firstToken,
    measured: firstToken === null ? 0 : 412,
    isDirect: false,
    isUsable: true,
    ...more,
  };
}

const MAKER = { isDirect: true, priceTag: MAKERS_LIST };
const ROWS: readonly MathRow[] = [
  {
    modelKey: 'deepseek/deepseek-reasoner',
    modelName: 'deepseek-reasoner',
    colour: 2,
    paidNanoUsd: 231 * CENT,
    listNanoUsd: 201 * CENT,
    share: 0.5,
    attempts: 412,
    withoutTokens: 0,
    cheapest: 1,
    ways: [
      wayOf(way('openrouter', 'deepseek/deepseek-reasoner'), 'OpenRouter', [231, 231, 742]),
      wayOf(way('deepseek', 'deepseek-reasoner'), 'DeepSeek', [0, 201, null], MAKER),
      wayOf(way('nanogpt', 'deepseek/deepseek-reasoner'), 'NanoGPT', [0, 185, null], {
        isUsable: false,
      }),
      wayOf(way('together', 'deepseek-reasoner'), 'Together', [0, null, null]),
    ],
  },
  {
    modelKey: 'anthropic/claude-sonnet-4.6',
    modelName: 'claude-sonnet-4.6',
    colour: 0,
    paidNanoUsd: 142 * CENT,
    listNanoUsd: 135 * CENT,
    share: 0.31,
    attempts: 240,
    withoutTokens: 12,
    cheapest: 1,
    ways: [
      wayOf(way('openrouter', 'anthropic/claude-sonnet-4.6'), 'OpenRouter', [104, 142, 655]),
      wayOf(way('anthropic', 'claude-sonnet-4.6'), 'Anthropic', [38, 135, 631], MAKER),
    ],
  },
  {
    modelKey: 'google/gemini-flash',
    modelName: 'gemini-flash',
    colour: 1,
    paidNanoUsd: 84 * CENT,
    listNanoUsd: 84 * CENT,
    share: 0.18,
    attempts: 632,
    withoutTokens: 0,
    cheapest: 0,
    ways: [wayOf(way('google', 'gemini-flash'), 'Google AI Studio', [84, 84, 622], MAKER)],
  },
  {
    modelKey: 'moonshotai/kimi-k2',
    modelName: 'kimi-k2',
    colour: 3,
    paidNanoUsd: 6 * CENT,
    listNanoUsd: null,
    share: 0.01,
    attempts: 9,
    withoutTokens: 9,
    cheapest: null,
    ways: [wayOf(way('openrouter', 'moonshotai/kimi-k2'), 'OpenRouter', [6, null, 1_204])],
  },
];

const FINDINGS: MathView['findings'] = [
  {
    words:
      'Asking DeepSeek itself for deepseek-reasoner would have cost $0.30 less, and nothing else would have changed.',
    savesNanoUsd: 30 * CENT,
    evidence: [
      { name: 'Paid through OpenRouter', value: '$2.31 for 412 attempts' },
      { name: 'DeepSeek’s own list, same tokens', value: '$2.01' },
      { name: 'First token through OpenRouter', value: '742 ms, median of 412' },
      { name: 'First token through DeepSeek', value: 'not measured on this computer' },
    ],
  },
  {
    words:
      'Caches were written for 61 prompts of claude-sonnet-4.6 and read again for 4 of them, so they cost more than they saved.',
    savesNanoUsd: 4 * CENT,
    evidence: [
      { name: 'Written to caches', value: '88,412 tokens, $0.3315' },
      { name: 'Read from caches', value: '5,120 tokens, $0.0015' },
    ],
  },
  {
    words: 'gemini-flash is already asked by its cheapest way in.',
    savesNanoUsd: null,
    evidence: [{ name: 'Ways in that were compared', value: '1' }],
  },
];

const MARKUP: MarkupView = {
  rows: [
    {
      endpoint: way('openrouter', 'deepseek/deepseek-reasoner'),
      providerName: 'OpenRouter',
      modelKey: 'deepseek/deepseek-reasoner',
      modelName: 'deepseek-reasoner',
      colour: 2,
      paidNanoUsd: 231 * CENT,
      listNanoUsd: 201 * CENT,
      percent: 14.93,
      attempts: 409,
      notCompared: 3,
      paidTag: listOf('OpenRouter'),
      listTag: MAKERS_LIST,
      isDirect: false,
      caveats: [
        'OpenRouter sends this name to whichever host is free, and some of them serve rounded weights.',
      ],
    },
    {
      endpoint: way('openrouter', 'anthropic/claude-sonnet-4.6'),
      providerName: 'OpenRouter',
      modelKey: 'anthropic/claude-sonnet-4.6',
      modelName: 'claude-sonnet-4.6',
      colour: 0,
      paidNanoUsd: 104 * CENT,
      listNanoUsd: 98_900_000 * 10,
      percent: 5.16,
      attempts: 187,
      notCompared: 0,
      paidTag: listOf('OpenRouter'),
      listTag: { ...MAKERS_LIST, asOf: LISTED - 92 * DAY },
      isDirect: false,
      caveats: ['The maker’s price is three months old.'],
    },
    {
      endpoint: way('google', 'gemini-flash'),
      providerName: 'Google AI Studio',
      modelKey: 'google/gemini-flash',
      modelName: 'gemini-flash',
      colour: 1,
      paidNanoUsd: 84 * CENT,
      listNanoUsd: 84 * CENT,
      percent: 0,
      attempts: 632,
      notCompared: 0,
      paidTag: MAKERS_LIST,
      listTag: MAKERS_LIST,
      isDirect: true,
      caveats: [],
    },
    {
      endpoint: way('openrouter', 'moonshotai/kimi-k2'),
      providerName: 'OpenRouter',
      modelKey: 'moonshotai/kimi-k2',
      modelName: 'kimi-k2',
      colour: 3,
      paidNanoUsd: 0,
      listNanoUsd: null,
      percent: null,
      attempts: 0,
      notCompared: 9,
      paidTag: listOf('OpenRouter'),
      listTag: null,
      isDirect: false,
      caveats: ['Nobody knows what its maker asks.'],
    },
    {
      endpoint: way('nanogpt', 'openai/gpt-oss-120b'),
      providerName: 'NanoGPT',
      modelKey: 'openai/gpt-oss-120b',
      modelName: 'gpt-oss-120b',
      colour: 5,
      paidNanoUsd: 9_120_000,
      listNanoUsd: 11_400_000,
      percent: -20,
      attempts: 41,
      notCompared: 0,
      paidTag: listOf('NanoGPT'),
      listTag: MAKERS_LIST,
      isDirect: false,
      caveats: [],
    },
  ],
  fees: [
    {
      providerId: 'openrouter',
      providerName: 'OpenRouter',
      words: 'Asks 5.5 % of each top-up by card, $0.80 at least, and 5 % by crypto currency.',
      byCardNanoUsd: 187_000_000,
      byCryptoNanoUsd: 170_500_000,
      spentNanoUsd: 341 * CENT,
      source: 'https://openrouter.example/docs/faq',
      asOf: '2026-07',
    },
    {
      providerId: 'nanogpt',
      providerName: 'NanoGPT',
      words: 'Asks no fee by crypto currency; by card the fee depends on the bank.',
      byCardNanoUsd: null,
      byCryptoNanoUsd: 0,
      spentNanoUsd: 9_120_000,
      source: 'https://nano-gpt.example/pricing',
      asOf: '2026-07',
    },
  ],
  warnings: [
    {
      endpoint: way('openrouter', 'anthropic/claude-sonnet-4.6'),
      providerName: 'OpenRouter',
      billedNanoUsd: 1_040_000_000,
      byListNanoUsd: 989_000_000,
      attempts: 187,
      words:
        'OpenRouter charged 5.2 % more for claude-sonnet-4.6 than its own list makes of the same tokens.',
    },
  ],
};
