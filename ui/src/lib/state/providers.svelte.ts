/** Providers, and where their keys are. A typed key only passes through. */

import { SvelteSet } from 'svelte/reactivity';

import type { Backend } from '../ipc/backend';
import type {
  KeySet,
  LocalServerView,
  PresetView,
  ProviderDraft,
  ProviderTest,
  ProviderView,
} from '../ipc/gen/types';
import { Fact } from './facts.svelte';
import type { Models } from './models.svelte';

export class Providers extends Fact<readonly ProviderView[]> {
  /** What can be chosen when one is added. It never changes while the window is open. */
  readonly presets: Fact<readonly PresetView[]>;
  /** Servers that run on this computer and are not among the providers yet. */
  readonly localServers: Fact<readonly LocalServerView[]>;
  /** Keys that are being tested or whose balance is being asked for, as `provider key`. */
  readonly busyKeys = new SvelteSet<string>();

  /** What was saved last, until its card has come into view. */
  lastSavedId: string | null = $state(null);

  constructor(
    private readonly backend: Backend,
    private readonly models: Models,
  ) {
    super([], () => backend.call('provider_list', null));
    this.presets = new Fact<readonly PresetView[]>([], () => backend.call('preset_list', null));
    this.localServers = new Fact<readonly LocalServerView[]>([], () =>
      backend.call('local_server_find', null),
    );
  }

  /** What a provider needs stands in its preset, so the two are read together. */
  override async refresh(): Promise<void> {
    await Promise.all([super.refresh(), this.presets.hasLoaded ? null : this.presets.refresh()]);
  }

  preset(id: string | null): PresetView | undefined {
    return id === null ? undefined : this.presets.value.find((preset) => preset.id === id);
  }

  async save(draft: ProviderDraft): Promise<ProviderView> {
    const saved = await this.backend.call('provider_save', draft);
    await this.#reread();
    this.lastSavedId = saved.id;
    return saved;
  }

  test(draft: ProviderDraft): Promise<ProviderTest> {
    return this.backend.call('provider_test', draft);
  }

  async delete(providerId: string): Promise<void> {
    await this.backend.call('provider_delete', { providerId });
    await this.#reread();
  }

  async restore(providerId: string): Promise<void> {
    await this.backend.call('provider_restore', { providerId });
    await this.#reread();
  }

  async setKey(request: KeySet): Promise<void> {
    this.#put(await this.backend.call('key_set', request));
    await this.models.refresh();
  }

  async deleteKey(providerId: string, keyId: string): Promise<void> {
    this.#put(await this.backend.call('key_delete', { providerId, keyId }));
    await this.models.refresh();
  }

  async switchKey(providerId: string, keyId: string, isDisabled: boolean): Promise<void> {
    this.#put(await this.backend.call('key_switch', { providerId, keyId, isDisabled }));
  }

  /** Moves a key one place up (-1) or down (1) in the order in which keys are tried. */
  async moveKey(provider: ProviderView, keyId: string, by: -1 | 1): Promise<void> {
    const keyIds = provider.keys.map(({ id }) => id);
    const from = keyIds.indexOf(keyId);
    const other = keyIds[from + by];
    if (from < 0 || other === undefined) return;
    keyIds[from] = other;
    keyIds[from + by] = keyId;
    this.#put(await this.backend.call('key_reorder', { providerId: provider.id, keyIds }));
  }

  /** Asks the provider whether it takes the key. The result also stays with the key. */
  testKey(providerId: string, keyId: string): Promise<ProviderTest> {
    return this.#whileBusy(providerId, keyId, async () => {
      const result = await this.backend.call('key_test', { providerId, keyId });
      await this.refresh();
      return result;
    });
  }

  refreshBalance(providerId: string, keyId: string): Promise<void> {
    return this.#whileBusy(providerId, keyId, async () => {
      this.#put(await this.backend.call('balance_refresh', { providerId, keyId }));
    });
  }

  isBusy(providerId: string, keyId: string): boolean {
    return this.busyKeys.has(`${providerId} ${keyId}`);
  }

  async #whileBusy<Result>(
    providerId: string,
    keyId: string,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const key = `${providerId} ${keyId}`;
    this.busyKeys.add(key);
    try {
      return await work();
    } finally {
      this.busyKeys.delete(key);
    }
  }

  #put(changed: ProviderView): void {
    this.set(this.value.map((provider) => (provider.id === changed.id ? changed : provider)));
  }

  async #reread(): Promise<void> {
    if (this.localServers.hasLoaded) void this.localServers.refresh();
    await Promise.all([this.refresh(), this.models.refresh()]);
  }
}
