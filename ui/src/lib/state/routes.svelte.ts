/** Routes: written down, put in order, worked out for a text, and tested. */

import type { Backend } from '../ipc/backend';
import type { PlanRequest, PlanView, RouteTestView, RouteView } from '../ipc/gen/types';
import { Fact } from './facts.svelte';
import { moved } from './order';

export class Routes extends Fact<readonly RouteView[]> {
  constructor(private readonly backend: Backend) {
    super([], () => backend.call('route_list', null));
  }

  find(id: string | null): RouteView | undefined {
    return id === null ? undefined : this.value.find((route) => route.id === id);
  }

  /** A new route with usual settings, which is not saved yet. */
  template(): Promise<RouteView> {
    return this.backend.call('route_template', null);
  }

  async save(route: RouteView): Promise<RouteView> {
    const saved = await this.backend.call('route_save', route);
    const isKnown = this.value.some(({ id }) => id === saved.id);
    this.set(
      isKnown
        ? this.value.map((each) => (each.id === saved.id ? saved : each))
        : [...this.value, saved],
    );
    return saved;
  }

  /** Gone from the list at once, and back where it cannot be taken away. */
  async delete(id: string): Promise<void> {
    const before = this.value;
    this.set(before.filter((route) => route.id !== id));
    try {
      await this.backend.call('route_delete', { id });
    } catch (thrown) {
      this.set(before);
      throw thrown;
    }
  }

  async restore(id: string): Promise<void> {
    await this.backend.call('route_restore', { id });
    await this.refresh();
  }

  async move(from: number, to: number): Promise<void> {
    const before = this.value;
    this.set(moved(before, from, to));
    const ids = this.value.flatMap(({ id }) => (id === null ? [] : [id]));
    try {
      await this.backend.call('route_reorder', { ids });
    } catch (thrown) {
      this.set(before);
      throw thrown;
    }
  }

  /** What would be asked, in which order, and why. */
  plan(request: PlanRequest): Promise<PlanView> {
    return this.backend.call('route_plan', request);
  }

  /** Plays the sixteen faults against it; nobody is asked for that and it costs nothing. */
  test(route: RouteView): Promise<RouteTestView> {
    return this.backend.call('route_test', { route });
  }
}
