/** The routes of the fake: kept, checked and put in order as the shell does it. */

import type { RouteEntryView, RouteView, StoreChanged } from '../gen/types';
import { refuse } from './refuse';

const SECOND = 1_000;

/** A route with the settings that a new one has. */
export function usualRoute(name: string, entries: RouteEntryView[] = []): RouteView {
  return {
    id: null,
    name,
    entries,
    policy: 'as_listed',
    requirements: {
      answerCeiling: null,
      outputCeiling: null,
      contextFits: true,
      images: false,
      tools: false,
      reasoning: false,
      jsonSchema: false,
      openWeights: false,
      localOnly: false,
      directOnly: false,
      noTraining: false,
      noKeeping: false,
      regions: [],
      excluded: [],
    },
    limits: {
      connectMillis: 8 * SECOND,
      firstTokenMillis: 12 * SECOND,
      silenceMillis: 15 * SECOND,
      totalMillis: 900 * SECOND,
      attemptsPerEndpoint: 2,
      attempts: 6,
    },
    isHedged: false,
    bestFor: null,
    halfAnswer: 'replace',
    localWhenOffline: true,
  };
}

/** The one of the design's picture. */
export function everydayRoute(): RouteView {
  const usual = usualRoute('everyday', [
    { kind: 'model', key: 'deepseek/deepseek-chat' },
    { kind: 'endpoint', endpoint: { providerId: 'nanogpt', model: 'anthropic/claude-sonnet-4.6' } },
    { kind: 'model', key: 'google/gemini-flash' },
  ]);
  return {
    ...usual,
    id: 'route-everyday',
    policy: 'cheapest',
    requirements: { ...usual.requirements, answerCeiling: '0.02' },
    limits: { ...usual.limits, firstTokenMillis: 3 * SECOND },
  };
}

export class FakeRoutes {
  #routes: RouteView[];
  readonly #deleted = new Map<string, { route: RouteView; at: number }>();
  #nextId = 1;

  constructor(
    routes: readonly RouteView[],
    private readonly changed: (change: Partial<StoreChanged>) => void,
  ) {
    this.#routes = [...routes];
  }

  list(): RouteView[] {
    return [...this.#routes];
  }

  get(id: string): RouteView {
    return this.#routes.find((route) => route.id === id) ?? gone();
  }

  /** Up to three of these, under a name that is free. */
  template(keys: readonly string[]): RouteView {
    const names = new Set(this.#routes.map(({ name }) => name));
    let name = 'everyday';
    for (let number = 2; names.has(name); number += 1) name = `everyday ${number}`;
    return usualRoute(
      name,
      keys.slice(0, 3).map((key) => ({ kind: 'model', key })),
    );
  }

  save(route: RouteView): RouteView {
    const name = route.name.trim().replace(/\s+/g, ' ');
    check({ ...route, name });
    const isTaken = this.#routes.some(
      (other) => other.id !== route.id && other.name.toLowerCase() === name.toLowerCase(),
    );
    if (isTaken) {
      refuse(
        'invalid_input',
        'There is a route with this name already.',
        'Give it another name.',
        'name',
      );
    }
    const saved = { ...route, name, id: route.id ?? `route-${this.#nextId++}` };
    const index = this.#routes.findIndex(({ id }) => id === saved.id);
    if (index < 0) this.#routes.push(saved);
    else this.#routes[index] = saved;
    this.changed({ routes: true });
    return saved;
  }

  delete(id: string): void {
    const at = this.#routes.findIndex((route) => route.id === id);
    const route = this.#routes[at] ?? gone();
    this.#deleted.set(id, { route, at });
    this.#routes.splice(at, 1);
    this.changed({ routes: true });
  }

  restore(id: string): RouteView {
    const { route, at } = this.#deleted.get(id) ?? gone();
    this.#deleted.delete(id);
    this.#routes.splice(at, 0, route);
    this.changed({ routes: true });
    return route;
  }

  reorder(ids: readonly string[]): void {
    this.#routes.sort((left, right) => ids.indexOf(left.id ?? '') - ids.indexOf(right.id ?? ''));
    this.changed({ routes: true });
  }
}

function gone(): never {
  return refuse('not_found', 'The route is not there any more.', 'Choose another one.');
}

function check({ name, entries, limits, requirements }: RouteView): void {
  const wrong = (field: string, message: string, advice: string) =>
    refuse('invalid_input', message, advice, field);
  if (name === '') wrong('name', 'A route needs a name.', 'Give it a name.');
  if ([...name].length > 60) {
    wrong('name', 'A route’s name has at most 60 characters.', 'Shorten it.');
  }
  if (entries.length === 0) {
    wrong('entries', 'A route needs at least one model or way in.', 'Add a model or a way in.');
  }
  const ranges = [
    [limits.connectMillis, 500, 600_000],
    [limits.firstTokenMillis, 500, 3_600_000],
    [limits.silenceMillis, 500, 3_600_000],
    [limits.totalMillis, 1_000, 86_400_000],
    [limits.attemptsPerEndpoint, 1, 10],
    [limits.attempts, 1, 50],
  ] as const;
  for (const [value, least, most] of ranges) {
    if (value < least || value > most) {
      wrong(
        'limits',
        `It must be between ${least} and ${most}.`,
        'Choose a value between the two.',
      );
    }
  }
  for (const field of ['answerCeiling', 'outputCeiling'] as const) {
    amountOf(requirements[field], field);
  }
}

/** Nano-dollars; `null` for no ceiling. */
export function amountOf(text: string | null, field: string): number | null {
  if (text === null || text.trim() === '') return null;
  const typed = text.trim().replace(/^\$/, '').replace(',', '.');
  if (!/^\d+(\.\d+)?$/.test(typed)) {
    refuse('invalid_input', 'This is not an amount of dollars.', 'Write it like 0.02.', field);
  }
  const nano = Math.round(Number(typed) * 1_000_000_000);
  if (nano === 0 && field === 'answerCeiling') {
    refuse(
      'invalid_input',
      'A price ceiling must be above 0.',
      'Leave it empty for no ceiling.',
      field,
    );
  }
  return nano;
}
