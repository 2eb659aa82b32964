/** Providers, and where their keys are. A typed key only passes through. */

import type { Backend } from '../ipc/backend';
import type { KeySet, ProviderDraft, ProviderTest, ProviderView } from '../ipc/gen/types';
import { Fact } from './facts.svelte';
import type { Models } from './models.svelte';

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

  async deleteKey(providerId: string, keyId: string): Promise<void> {
    await this.backend.call('key_delete', { providerId, keyId });
    await Promise.all([this.refresh(), this.models.refresh()]);
  }
}
