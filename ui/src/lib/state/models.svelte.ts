/** The models that can be asked, each by every way in. */

import { SvelteSet } from 'svelte/reactivity';

import type { Backend } from '../ipc/backend';
import type { EndpointView, ModelDetail, ModelView, PriceOverride } from '../ipc/gen/types';
import { byEndpoint, endpointKey, isSameEndpoint } from './endpoints';
import { Fact } from './facts.svelte';

export type ModelSort = 'recommended' | 'price' | 'context' | 'newest';

export class Models extends Fact<readonly ModelView[]> {
  /** Providers whose list is being read again. */
  readonly refreshing = new SvelteSet<string>();
  /** What is looked for in the list and in which order, kept while another view is on screen. */
  search: string = $state('');
  sort: ModelSort = $state('recommended');

  readonly #byEndpoint = $derived(byEndpoint(this.value));

  constructor(private readonly backend: Backend) {
    super([], () => backend.call('model_list', null));
  }

  find(endpoint: EndpointView | null): ModelView | undefined {
    return endpoint ? this.#byEndpoint.get(endpointKey(endpoint)) : undefined;
  }

  /** Every way in to a model. */
  waysTo(key: string): readonly ModelView[] {
    return this.value.filter((model) => model.key === key);
  }

  /** Asks the provider for its list. */
  async relist(providerId: string): Promise<void> {
    this.refreshing.add(providerId);
    try {
      await this.backend.call('model_refresh', { providerId });
      await this.refresh();
    } finally {
      this.refreshing.delete(providerId);
    }
  }

  /** Shown at once, and taken back where it cannot be kept. */
  async star(key: string, isStarred: boolean): Promise<void> {
    const before = this.value;
    this.set(before.map((model) => (model.key === key ? { ...model, isStarred } : model)));
    try {
      await this.backend.call('model_star', { key, isStarred });
    } catch (thrown) {
      await this.refresh();
      throw thrown;
    }
  }

  /** Notes that this way in was asked just now, without reading the whole list again. */
  used(endpoint: EndpointView, colour: number): void {
    const model = this.find(endpoint);
    if (!model) return;
    this.set(
      this.value.map((each) => {
        if (each === model) return { ...each, lastUsedAt: Date.now(), colour };
        return each.key === model.key ? { ...each, colour } : each;
      }),
    );
  }

  detail(endpoint: EndpointView): Promise<ModelDetail> {
    return this.backend.call('model_detail', { endpoint });
  }

  async setPrice(override: PriceOverride): Promise<ModelDetail> {
    const detail = await this.backend.call('price_set', override);
    this.#replace(detail.model);
    return detail;
  }

  async clearPrice(endpoint: EndpointView): Promise<ModelDetail> {
    const detail = await this.backend.call('price_clear', { endpoint });
    this.#replace(detail.model);
    return detail;
  }

  #replace(model: ModelView): void {
    this.set(
      this.value.map((each) => (isSameEndpoint(each.endpoint, model.endpoint) ? model : each)),
    );
  }
}
