/** Whether keys can be kept in this computer's keychain. */

import type { Backend } from '../ipc/backend';
import type { VaultView } from '../ipc/gen/types';
import { Fact } from './facts.svelte';

const NOT_ASKED: VaultView = {
  state: 'waiting',
  title: 'Asking the keychain',
  explanation: 'It answers in a moment.',
};

export class Vault extends Fact<VaultView> {
  isRetrying: boolean = $state(false);

  constructor(private readonly backend: Backend) {
    super(NOT_ASKED, () => backend.call('vault_status', null));
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
