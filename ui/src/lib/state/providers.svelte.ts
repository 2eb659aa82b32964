/** Providers, where their keys are, and the models that they list. A typed key only passes through. */

import { SvelteSet } from 'svelte/reactivity';

import type { Backend } from '../ipc/backend';
import type {
  EndpointView,
  KeySet,
  ModelView,
  ProviderDraft,
  ProviderTest,
  ProviderView,
} from '../ipc/gen/types';
import { Fact } from './facts.svelte';
import { hasWords, searchWords } from './search';

export class Providers extends Fact<readonly ProviderView[]> {
  constructor(
    private readonly backend: Backend,
    private readonly models: Models,
  ) {
    super([], () => backend.call('provider_list', null));
  }

  async save(draft: ProviderDraft): Promise<ProviderView> {
    const saved = await this.backend.call('provider_save', draft);
    await Promise.all([this.refresh(), this.models.refresh()]);
    return saved;
  }

  test(draft: ProviderDraft): Promise<ProviderTest> {
    return this.backend.call('provider_test', draft);
  }

  async delete(providerId: string): Promise<void> {
    await this.backend.call('provider_delete', { providerId });
    await Promise.all([this.refresh(), this.models.refresh()]);
  }

  async restore(providerId: string): Promise<void> {
    await this.backend.call('provider_restore', { providerId });
    await Promise.all([this.refresh(), this.models.refresh()]);
  }

  async setKey(request: KeySet): Promise<void> {
    await this.backend.call('key_set', request);
    await Promise.all([this.refresh(), this.models.refresh()]);
  }

  async deleteKey(providerId: string): Promise<void> {
    await this.backend.call('key_delete', { providerId });
    await Promise.all([this.refresh(), this.models.refresh()]);
  }
}

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
  return models.filter(({ name, endpoint, providerName, ownedBy }) =>
    hasWords(`${name} ${endpoint.model} ${providerName} ${ownedBy ?? ''}`, words),
  );
}
