/**
 * What was paid against the makers' lists, and what real usage would have cost elsewhere. Both are read
 * again when something was spent, and only while somebody looks at them.
 */

import type { Backend } from '../ipc/backend';
import type { MarkupView, MathView, SpendQuery } from '../ipc/gen/types';
import { Fact } from './facts.svelte';

/** Other models that everything can be priced on at once. */
export const MOST_MODELS = 8;
export const MATH_DAYS = [7, 30, 90, 365] as const;

export class Prices {
  /** The last so many days, for the sums of usage elsewhere. */
  days: number = $state(30);
  /** Other models to price everything on, by their canonical names. */
  modelKeys: readonly string[] = $state.raw([]);
  readonly markup: Fact<MarkupView | null>;
  readonly math: Fact<MathView | null>;
  #query: SpendQuery | null = null;

  constructor(backend: Backend) {
    this.markup = new Fact<MarkupView | null>(null, () =>
      this.#query === null ? Promise.resolve(null) : backend.call('markup_open', this.#query),
    );
    this.math = new Fact<MathView | null>(null, () =>
      backend.call('math_open', { days: this.days, modelKeys: [...this.modelKeys] }),
    );
  }

  openMarkup(query: SpendQuery): Promise<void> {
    this.#query = query;
    return this.markup.refresh();
  }

  setDays(days: number): Promise<void> {
    this.days = days;
    return this.math.refresh();
  }

  setModels(modelKeys: readonly string[]): Promise<void> {
    this.modelKeys = modelKeys
      .filter((key, index) => modelKeys.indexOf(key) === index)
      .slice(0, MOST_MODELS);
    return this.math.refresh();
  }

  /** Something was spent, or a price changed. */
  refresh(): void {
    if (this.markup.hasLoaded) void this.markup.refresh();
    if (this.math.hasLoaded) void this.math.refresh();
  }
}
