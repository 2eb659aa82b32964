/** The models that can be asked, each by every way in. */

import { SvelteSet } from 'svelte/reactivity';

import type { Backend } from '../ipc/backend';
import type { EndpointView, ModelView } from '../ipc/gen/types';
import { Fact } from './facts.svelte';
import { hasWords, searchWords } from './search';

export class Models extends Fact<readonly ModelView[]> {
  /** Providers whose list is being read again. */
  readonly refreshing = new SvelteSet<string>();

  constructor(private readonly backend: Backend) {
    super([], () => backend.call('model_list', null));
  }

  find(endpoint: EndpointView | null): ModelView | undefined {
    if (!endpoint) return undefined;
    return this.value.find((model) => isSameEndpoint(model.endpoint, endpoint));
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
}

export function isSameEndpoint(left: EndpointView, right: EndpointView): boolean {
  return left.providerId === right.providerId && left.model === right.model;
}

/** The models whose name, id, provider or maker contain every word of the search. */
export function searchModels(models: readonly ModelView[], search: string): ModelView[] {
  const words = searchWords(search);
  return models.filter(({ name, endpoint, providerName, maker }) =>
    hasWords(`${name} ${endpoint.model} ${providerName} ${maker ?? ''}`, words),
  );
}
