/** Whether keys can be kept in this computer's keychain. */

import type { Backend } from '../ipc/backend';
import type { VaultView } from '../ipc/gen/types';
import { Fact } from './facts.svelte';

const NOT_ASKED: VaultView = {
  state: 'waiting',
  title: 'Asking the keychain',
  explanation: 'It answers in a moment.',
};

const WAITING_MS = 1_000;

export class Vault extends Fact<VaultView> {
  isRetrying: boolean = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly backend: Backend) {
    super(NOT_ASKED, () => backend.call('vault_status', null));
  }

  /** The keychain may wait for a person, and nobody is told when it stops waiting. */
  override async refresh(): Promise<void> {
    await super.refresh();
    if (this.value.state !== 'waiting' || this.error) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), WAITING_MS);
  }

  get isReady(): boolean {
    return this.value.state === 'ready';
  }

  async retry(): Promise<void> {
    if (this.isRetrying) return;
    this.isRetrying = true;
    try {
      this.set(await this.backend.call('vault_retry', null));
    } finally {
      this.isRetrying = false;
    }
  }
}
