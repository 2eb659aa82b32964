/**
 * Budgets and counters of free allowances: where they stand, and the news when one reaches a stage that
 * it had not reached before in its period.
 */

import type { Backend } from '../ipc/backend';
import type {
  BudgetScopeView,
  BudgetStage,
  BudgetStanding,
  BudgetView,
  FreeTierView,
} from '../ipc/gen/types';
import { Fact } from './facts.svelte';

/** The stages in their order; each goes further than the one before. */
const STAGES: readonly BudgetStage[] = ['fine', 'warned', 'saving', 'spent'];

/** A budget with usual settings, without a limit. */
export function newBudget(scope: BudgetScopeView): BudgetView {
  return {
    budgetId: null,
    scope,
    period: 'month',
    limit: '',
    warnsAt: 80,
    savesAt: null,
    savesWithRouteId: null,
    stops: true,
    refusesUnknown: false,
  };
}

export class Budgets extends Fact<readonly BudgetStanding[]> {
  readonly freeTiers: Fact<readonly FreeTierView[]>;
  /** What the form is about; `null` while it is closed. */
  editing: BudgetView | null = $state.raw(null);
  /** The furthest stage that was seen of each budget in each of its periods. */
  readonly #seen: Record<string, number> = {};

  constructor(
    private readonly backend: Backend,
    private readonly onstage: (standing: BudgetStanding) => void = () => undefined,
  ) {
    super([], () => backend.call('budget_list', null));
    this.freeTiers = new Fact<readonly FreeTierView[]>([], () =>
      backend.call('free_tier_list', null),
    );
  }

  /** What is there at the start is no news: it stands in the view and beside today's spend. */
  override set(value: readonly BudgetStanding[]): void {
    const isFirst = !this.hasLoaded;
    super.set(value);
    for (const standing of value) this.#look(standing, isFirst);
  }

  /** Something was spent. */
  spent(): void {
    void this.refresh();
    if (this.freeTiers.hasLoaded) void this.freeTiers.refresh();
  }

  /** What a person just set is no news either, whatever stage it begins in. */
  async save(budget: BudgetView): Promise<BudgetStanding> {
    const saved = await this.backend.call('budget_save', budget);
    const { budgetId } = saved.budget;
    this.#seen[periodKey(saved)] = STAGES.indexOf(saved.stage);
    const isKnown = this.value.some(({ budget: each }) => each.budgetId === budgetId);
    this.set(
      isKnown
        ? this.value.map((each) => (each.budget.budgetId === budgetId ? saved : each))
        : [...this.value, saved],
    );
    return saved;
  }

  /** Gone from the list at once, and back where it cannot be taken away. */
  async delete(budgetId: string): Promise<void> {
    const before = this.value;
    this.set(before.filter(({ budget }) => budget.budgetId !== budgetId));
    try {
      await this.backend.call('budget_delete', { budgetId });
    } catch (thrown) {
      this.set(before);
      throw thrown;
    }
  }

  async restore(budgetId: string): Promise<void> {
    await this.backend.call('budget_restore', { budgetId });
    await this.refresh();
  }

  #look(standing: BudgetStanding, isFirst: boolean): void {
    const key = periodKey(standing);
    const stage = STAGES.indexOf(standing.stage);
    const seen = this.#seen[key] ?? 0;
    if (stage <= seen) return;
    this.#seen[key] = stage;
    if (!isFirst) this.onstage(standing);
  }
}

function periodKey({ budget, resetsAt }: BudgetStanding): string {
  return `${budget.budgetId ?? ''} ${resetsAt}`;
}
