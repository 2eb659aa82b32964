/** How the ways in fare, from the traffic of this computer alone. */

import type { Backend } from '../ipc/backend';
import type { EndpointHealthView, EndpointView, HealthView } from '../ipc/gen/types';
import { endpointKey } from './endpoints';
import { Fact } from './facts.svelte';

/** How often what counts down on screen moves on. */
const TICK_MS = 1_000;

export class Health extends Fact<readonly EndpointHealthView[]> {
  /** The time that pauses are counted against; it only moves while one of them is running. */
  now: number = $state(Date.now());
  readonly #byEndpoint = $derived(byEndpoint(this.value));
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly backend: Backend) {
    super([], () => backend.call('health_list', null));
  }

  override set(value: readonly EndpointHealthView[]): void {
    super.set(value);
    this.now = Date.now();
    this.#wake();
  }

  /** `undefined` where this way in was never asked. */
  of(endpoint: EndpointView | null): HealthView | undefined {
    return endpoint ? this.#byEndpoint.get(endpointKey(endpoint)) : undefined;
  }

  /** Forgets the pause, so that the way in may be asked at once. */
  async reset(endpoint: EndpointView): Promise<void> {
    await this.backend.call('health_reset', { endpoint });
    await this.refresh();
  }

  /** Ends the clock, for a window that goes. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #wake(): void {
    const isPaused = () => this.value.some(({ health }) => (health.pausedUntil ?? 0) > this.now);
    if (!isPaused()) {
      this.stop();
      return;
    }
    this.#timer ??= setInterval(() => {
      this.now = Date.now();
      if (isPaused()) return;
      this.stop();
      // What comes after the pause only the backend knows.
      void this.refresh();
    }, TICK_MS);
  }
}

function byEndpoint(list: readonly EndpointHealthView[]): ReadonlyMap<string, HealthView> {
  return new Map(list.map(({ endpoint, health }) => [endpointKey(endpoint), health]));
}
