/**
 * Small facts that Rust knows and the window only shows: each is read once, and again when the store
 * says that it changed. What was shown before stays on screen until the new answer is there.
 */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type { IpcError } from '../ipc/gen/types';

export class Fact<Value> {
  value: Value = $state.raw() as Value;
  error: IpcError | null = $state.raw(null);
  hasLoaded: boolean = $state(false);
  #reading = 0;

  constructor(
    initial: Value,
    private readonly read: () => Promise<Value>,
  ) {
    this.value = initial;
  }

  /** An answer that was overtaken by a newer question is dropped. */
  async refresh(): Promise<void> {
    this.#reading += 1;
    const reading = this.#reading;
    try {
      const value = await this.read();
      if (reading === this.#reading) this.set(value);
    } catch (thrown) {
      if (reading === this.#reading) this.error = toIpcError(thrown);
    }
  }

  set(value: Value): void {
    this.#reading += 1;
    this.value = value;
    this.error = null;
    this.hasLoaded = true;
  }
}

export type SpendFact = ReturnType<typeof spendFact>;

export function spendFact(backend: Backend) {
  return new Fact(
    {
      todayNanoUsd: 0,
      todayUnknown: 0,
      todayEstimated: false,
      monthNanoUsd: 0,
      monthUnknown: 0,
      budget: null,
    },
    () => backend.call('spend_today', null),
  );
}
