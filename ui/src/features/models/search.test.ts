import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FakeBackend } from '../../lib/ipc/fake/backend';
import type { ModelView, PriceView } from '../../lib/ipc/gen/types';
import { comparePrice, defaultWay, groupModels, sortGroups, type ModelGroup } from './groups';
import { rowsOf, stepFrom } from './rows';
import { SEARCH_EXAMPLES } from './search-examples';
import { FLAGS, hasFlag, parseSearch, searchGroups, toggleFlag } from './search';
import { groupPriceWords, priceWords } from './words';

const NOW = Date.UTC(2026, 10, 25);
const DAY = 86_400_000;

function price(input: number | null, output: number | null = input): PriceView {
  return {
    input: input === null ? null : input * 1e9,
    output: output === null ? null : output * 1e9,
    cacheRead: null,
    isFree: input === 0 && output === 0,
    hasConditions: false,
    tag: { source: 'snapshot', name: 'a list', asOf: NOW },
  };
}

function way(rest: Partial<ModelView> & { name: string; provider?: string }): ModelView {
  const { provider = 'OpenRouter', ...view } = rest;
  return {
    endpoint: { providerId: provider.toLowerCase(), model: `id/${rest.name}` },
    providerName: provider,
    key: rest.name,
    canonicalId: null,
    maker: null,
    family: null,
    releasedAt: null,
    contextLength: null,
    maxOutput: null,
    reads: [],
    gives: [],
    hasTools: null,
    hasReasoning: null,
    hasJsonSchema: null,
    hasOpenWeights: null,
    quantization: null,
    isChat: true,
    price: null,
    isLocal: false,
    isStarred: false,
    lastUsedAt: null,
    firstSeenAt: null,
    colour: null,
    unavailableBecause: null,
    ...view,
  };
}

const MODELS: ModelView[] = [
  way({
    name: 'GPT-4o',
    maker: 'OpenAI',
    provider: 'OpenAI',
    price: price(2.5, 10),
    reads: ['text', 'image'],
    contextLength: 128_000,
  }),
  way({
    name: 'GPT-4o',
    maker: 'OpenAI',
    provider: 'NanoGPT',
    price: price(0.9, 8),
    contextLength: 64_000,
  }),
  way({
    name: 'llama',
    maker: 'Meta',
    provider: 'Groq',
    price: price(1, 1),
    hasOpenWeights: true,
    hasTools: true,
    isStarred: true,
  }),
  way({
    name: 'llama',
    maker: 'Meta',
    provider: 'Ollama',
    price: price(0),
    isLocal: true,
    isStarred: true,
  }),
  way({ name: 'riddle', provider: 'Groq', hasReasoning: true, lastUsedAt: NOW - DAY }),
  way({
    name: 'fresh',
    maker: 'Mistral',
    firstSeenAt: NOW - DAY,
    price: price(5),
    contextLength: 1_000_000,
  }),
  way({ name: 'embed', isChat: false, price: price(0.1, 0) }),
];
const GROUPS = groupModels(MODELS, NOW);

const names = (search: string, groups: readonly ModelGroup[] = GROUPS) =>
  searchGroups(groups, parseSearch(search), NOW).map(
    ({ name, ways }) => `${name}: ${ways.map(({ providerName }) => providerName).join(', ')}`,
  );
const LLAMA = 'llama: Ollama, Groq';
const GPT = 'GPT-4o: NanoGPT, OpenAI';

describe('the search', () => {
  it.each<[string, string[]]>([
    ['', [GPT, LLAMA, 'riddle: Groq', 'fresh: OpenRouter']],
    ['gpt', [GPT]],
    ['gpt4o', [GPT]],
    ['4O gpt', [GPT]],
    ['groq', ['llama: Groq', 'riddle: Groq']],
    ['provider:groq', ['llama: Groq', 'riddle: Groq']],
    ['maker:openai', [GPT]],
    ['Maker:OpenAI', [GPT]],
    ['< 1', ['GPT-4o: NanoGPT', 'llama: Ollama']],
    ['<1', ['GPT-4o: NanoGPT', 'llama: Ollama']],
    ['price<1', ['GPT-4o: NanoGPT', 'llama: Ollama']],
    ['price < $1', ['GPT-4o: NanoGPT', 'llama: Ollama']],
    ['<= 1', ['GPT-4o: NanoGPT', LLAMA]],
    ['> 1', ['GPT-4o: OpenAI', 'fresh: OpenRouter']],
    ['out<5', [LLAMA]],
    ['gpt < 1', ['GPT-4o: NanoGPT']],
    ['ctx>100k', ['GPT-4o: OpenAI', 'fresh: OpenRouter']],
    ['ctx >= 1m', ['fresh: OpenRouter']],
    ['free', ['llama: Ollama']],
    ['images', ['GPT-4o: OpenAI']],
    ['tools', ['llama: Groq']],
    ['thinking', ['riddle: Groq']],
    ['open', ['llama: Groq']],
    ['"open"', [GPT, 'fresh: OpenRouter']],
    ['local', ['llama: Ollama']],
    ['new', ['fresh: OpenRouter']],
    ['starred', ['llama: Ollama, Groq']],
    ['recent', ['riddle: Groq']],
    ['kind:other', ['embed: OpenRouter']],
    ['zebra', []],
    ['toString', []],
    // What is still being typed takes nothing away.
    ['gpt <', [GPT]],
    ['gpt price<', [GPT]],
    ['gpt provider:', [GPT]],
  ])('“%s” finds %j', (search, expected) => {
    expect(names(search)).toEqual(expected);
  });

  it('keeps what is unknown out of every limit', () => {
    const unknown = groupModels([way({ name: 'x' })], NOW);
    for (const limit of ['< 1', '> 0', 'out<1', 'ctx>1', 'ctx<1m', 'free']) {
      expect(names(limit, unknown)).toEqual([]);
    }
  });

  it('finds a model by a word of its name that is a term too', () => {
    const groups = groupModels([way({ name: 'sonar-reasoning-pro' }), way({ name: 'sonar' })], NOW);
    for (const typed of ['reasoning', 'sonar reasoning', 'thinking']) {
      const found = searchGroups(groups, parseSearch(typed), NOW);
      expect(found.map(({ name }) => name)).toEqual(['sonar-reasoning-pro']);
    }
  });

  it('takes a thousand of dollars for a word', () => {
    expect(parseSearch('< 1k')).toEqual([{ kind: 'word', word: '1k' }]);
  });
});

const words = fc.array(
  fc.oneof(
    fc.constantFrom(
      'gpt',
      'llama',
      '< 1',
      'ctx>100k',
      'out<5',
      '"open"',
      'provider:groq',
      ...FLAGS,
    ),
    fc.string({ maxLength: 6 }),
  ),
  { maxLength: 5 },
);

describe('any search', () => {
  it('finds a part of the list, in its order, and never fails', () => {
    fc.assert(
      fc.property(fc.string(), (search) => {
        const found = searchGroups(GROUPS, parseSearch(search), NOW).map(({ key }) => key);
        const all = GROUPS.map(({ key }) => key).filter((key) => found.includes(key));
        expect(found).toEqual(all);
      }),
    );
  });

  it('finds no more for one term more', () => {
    fc.assert(
      fc.property(words, words, (some, more) => {
        const few = parseSearch([...some, ...more].join(' '));
        const isOther = ({ kind, flag }: { kind: string; flag?: string }) =>
          kind === 'flag' && flag === 'kind:other';
        const many = few.slice(0, Math.ceil(few.length / 2));
        // Asking for the other kinds turns to another list.
        fc.pre(few.some(isOther) === many.some(isOther));
        const before = searchGroups(GROUPS, many, NOW).flatMap(({ ways }) => ways);
        const after = searchGroups(GROUPS, few, NOW).flatMap(({ ways }) => ways);
        expect(before).toEqual(expect.arrayContaining(after));
      }),
    );
  });

  it('says the same in any order of its terms', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...FLAGS, 'gpt', '< 1', 'ctx>1k']), (terms) => {
        expect(names(terms.join(' '))).toEqual(names([...terms].reverse().join(' ')));
      }),
    );
  });

  it('is the same again when a chip is pressed twice', () => {
    fc.assert(
      fc.property(words, fc.constantFrom(...FLAGS), (parts, flag) => {
        const search = parts.join(' ');
        const once = toggleFlag(search, flag);
        expect(hasFlag(once, flag)).toBe(!hasFlag(search, flag));
        const twice = toggleFlag(once, flag);
        expect(hasFlag(twice, flag)).toBe(hasFlag(search, flag));
        if (!hasFlag(search, flag)) expect(parseSearch(twice)).toEqual(parseSearch(search));
      }),
    );
  });
});

describe('ways in', () => {
  it('stand cheapest first, and what is unknown last', () => {
    const prices = [null, price(3), price(0), price(null, 2), price(1, 9), price(1, 2)];
    const sorted = [...prices].sort(comparePrice).map(priceWords);
    expect(sorted).toEqual(['free', '$1 / $2', '$1 / $9', '$3 / $3', '? / $2', 'unknown']);
  });

  it('are chosen by the last use, then by price, then by being there', () => {
    const cheap = way({ name: 'm', provider: 'Cheap', price: price(1) });
    const dear = way({ name: 'm', provider: 'Dear', price: price(2) });
    const blind = way({ name: 'm', provider: 'Blind' });
    const off = (view: ModelView) => ({ ...view, unavailableBecause: 'No key.' });
    const chosen = (...ways: ModelView[]) => defaultWay({ ways }).providerName;
    expect(chosen(cheap, { ...dear, lastUsedAt: 1 }, blind)).toBe('Dear');
    expect(chosen(cheap, dear, blind)).toBe('Cheap');
    expect(chosen(off(cheap), dear, blind)).toBe('Dear');
    expect(chosen(off(cheap), off({ ...dear, lastUsedAt: 1 }), blind)).toBe('Blind');
    expect(chosen(off(cheap), off(dear))).toBe('Cheap');
  });

  it('name the cheapest price, and “from” only where another asks more', () => {
    const of = (...ways: ModelView[]) => groupPriceWords({ ways });
    const first = way({ name: 'm', price: price(0.15, 0.6) });
    expect(of(first)).toBe('$0.15 / $0.60');
    expect(of(first, { ...first })).toBe('$0.15 / $0.60');
    expect(of(first, way({ name: 'm', price: price(1) }))).toBe('from $0.15 / $0.60');
    expect(of(way({ name: 'm' }))).toBe('unknown');
    expect(of(way({ name: 'm', price: price(0) }))).toBe('free');
  });
});

describe('the order', () => {
  const order = (sort: Parameters<typeof sortGroups>[1]) =>
    sortGroups(GROUPS, sort).map(({ name }) => name);

  it('recommends what has a star, then what was used', () => {
    const starred = MODELS.map((model) =>
      model.key === 'fresh' ? { ...model, isStarred: true } : { ...model, isStarred: false },
    );
    const sorted = sortGroups(groupModels(starred, NOW), 'recommended').map(({ name }) => name);
    expect(sorted).toEqual(['fresh', 'riddle', 'embed', 'GPT-4o', 'llama']);
  });

  it('goes by price, by context and by age, with the unknown at the end', () => {
    expect(order('price')).toEqual(['llama', 'embed', 'GPT-4o', 'fresh', 'riddle']);
    expect(order('context').slice(0, 2)).toEqual(['fresh', 'GPT-4o']);
    expect(order('newest')).toHaveLength(5);
  });
});

describe('rows', () => {
  it('unfold in place, and the keys pass over the headings', () => {
    const rows = rowsOf(GROUPS, (key) => key === 'GPT-4o', NOW);
    expect(rows.slice(0, 4).map(({ kind }) => kind)).toEqual(['model', 'head', 'way', 'way']);
    expect(stepFrom(rows, 0, 1)).toBe(2);
    expect(stepFrom(rows, 2, -1)).toBe(0);
    expect(stepFrom(rows, 0, -1)).toBe(0);
    expect(stepFrom(rows, rows.length - 1, 1)).toBe(rows.length - 1);
  });
});

it('reads a list of 2,500 ways in as it is', async () => {
  const models = await new FakeBackend({ waysIn: 2_500 }).call('model_list', null);
  const groups = groupModels(models, NOW);
  expect(groups.flatMap(({ ways }) => ways)).toHaveLength(models.length);
  expect(models.length).toBeGreaterThanOrEqual(2_500);
});

describe('the examples of the search', () => {
  it('are understood as they are explained', () => {
    const kinds = SEARCH_EXAMPLES.map(([example]) => [
      example,
      parseSearch(example).map((term) => term.kind),
    ]);
    expect(Object.fromEntries(kinds)).toEqual({
      'sonnet anthropic': ['word', 'word'],
      '"gpt 6"': ['word'],
      '< 1': ['limit'],
      'out < 5': ['limit'],
      'ctx > 100k': ['limit'],
      free: ['flag'],
      'images pdf': ['flag', 'flag'],
      'tools json': ['flag', 'flag'],
      thinking: ['flag'],
      open: ['flag'],
      local: ['flag'],
      starred: ['flag'],
      recent: ['flag'],
      new: ['flag'],
      'provider:openrouter': ['provider'],
      'maker:google': ['maker'],
    });
  });

  it('leave out no word that is a term', () => {
    const shown = SEARCH_EXAMPLES.flatMap(([example]) => example.split(' '));
    // "Other kinds" has its own chip, with its number.
    expect(FLAGS.filter((flag) => !shown.includes(flag))).toEqual(['kind:other']);
  });
});
