import { describe, expect, it } from 'vitest';

import type { AppView } from '../../lib/ipc/gen/types';
import { NEW_RULES } from '../../lib/state/gateway.svelte';
import { budgetWords, foundNames, kindWords, limitWords, mayUseWords, refusedWords } from './words';

const NOW = Date.UTC(2026, 10, 26, 9);
const DAY = 86_400_000;
const app = (rest: Partial<AppView>): AppView => ({
  id: 'editor',
  name: 'Editor',
  rules: NEW_RULES,
  tokenHint: 'aX4e',
  createdAt: NOW - DAY,
  lastUsedAt: null,
  revokedAt: null,
  ...rest,
});

describe('an app in words', () => {
  it('says why its token is refused, and nothing where it is taken', () => {
    expect(refusedWords(app({}), NOW)).toBeNull();
    expect(refusedWords(app({ revokedAt: NOW }), NOW)?.word).toBe('revoked');
    const until = (expiresAt: number) => app({ rules: { ...NEW_RULES, expiresAt } });
    expect(refusedWords(until(NOW), NOW)?.word).toBe('expired');
    expect(refusedWords(until(NOW + 1), NOW)).toBeNull();
  });

  it('says whom it may ask', () => {
    const words = (models: string[], answersWith: string | null = null) =>
      mayUseWords({ ...NEW_RULES, models, answersWith });
    expect(words([])).toBe('everything');
    expect(words(['everyday'])).toBe('everyday');
    expect(words(['everyday', 'a/b'])).toBe('everyday, a/b');
    expect(words(['everyday', 'a/b', 'c/d'])).toBe('everyday and 2 more');
    expect(words(['everyday'], 'cheap')).toBe('always cheap');
  });

  it('names its limits, and none of those that it has not', () => {
    expect(limitWords(NEW_RULES, NOW)).toEqual([]);
    const rules = {
      ...NEW_RULES,
      requestsAMinute: 60,
      requestsAtOnce: 4,
      firstTokenMillis: 2_500,
      keepsTexts: false,
      holdsBack: true,
      origins: ['http://localhost:5173'],
    };
    expect(limitWords(rules, NOW)).toEqual([
      '60 a minute',
      '4 at once',
      'first token in 2.5 s',
      'texts not kept',
      'held back',
      '1 web page',
    ]);
    // What is over stands beside its name.
    expect(limitWords({ ...NEW_RULES, expiresAt: NOW - DAY }, NOW)).toEqual([]);
  });

  it('shows the budgets that hold it alone', () => {
    const budget = (id: string, limitNanoUsd: number) => ({
      budget: {
        budgetId: id,
        scope: { kind: 'app' as const, app: id },
        period: 'day' as const,
        limit: '1',
        warnsAt: null,
        savesAt: null,
        savesWithRouteId: null,
        stops: true,
        refusesUnknown: false,
      },
      name: id,
      limitNanoUsd,
      spentNanoUsd: 0,
      reservedNanoUsd: 0,
      unknown: 0,
      stage: 'fine' as const,
      paceNanoUsd: null,
      resetsAt: NOW,
      words: '',
    });
    const all = [budget('editor', 1_000_000_000), budget('other', 2_000_000_000)];
    expect(budgetWords('editor', all)).toEqual(['$1.00 a day']);
  });
});

describe('names that can be asked for', () => {
  const names = [
    { name: 'everyday', title: 'Everyday', isRoute: true, isChat: true },
    {
      name: 'anthropic/claude-sonnet-4.6',
      title: 'Claude Sonnet 4.6',
      isRoute: false,
      isChat: true,
    },
    { name: 'openai/text-embedding-4', title: 'Embedding 4', isRoute: false, isChat: false },
  ];

  it('are found by all words that are typed, in the name or the title', () => {
    expect(foundNames(names, '')).toHaveLength(3);
    expect(foundNames(names, 'sonnet CLAUDE')).toEqual([names[1]]);
    expect(foundNames(names, 'sonnet everyday')).toEqual([]);
  });

  it('say where they are no models that chat', () => {
    expect(names.map(kindWords)).toEqual(['route', '', 'embeddings']);
  });
});
