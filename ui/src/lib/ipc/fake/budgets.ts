/** The budgets of the fake, kept and checked as the shell does it, and counters of free allowances. */

import type { PlainName, Reply, Request } from '../backend';
import type {
  BudgetScopeView,
  BudgetStage,
  BudgetStanding,
  BudgetView,
  FreeTierView,
  StoreChanged,
} from '../gen/types';
import { refuse } from './refuse';

type BudgetName = Extract<PlainName, `budget_${string}` | 'free_tier_list'>;
export type BudgetHandlers = { [Name in BudgetName]: (request: Request<Name>) => Reply<Name> };

export interface BudgetSurroundings {
  providerName: (providerId: string) => string | undefined;
  modelName: (modelKey: string) => string | undefined;
  chatTitle: (conversationId: string) => string | undefined;
  appName: (id: string) => string | undefined;
  changed: (change: Partial<StoreChanged>) => void;
}

const NANO = 1_000_000_000;
const HOUR = 3_600_000;

/** What was spent by what; the fake does not keep a ledger. */
export interface Spent {
  today: number;
  week: number;
  month: number;
  reserved: number;
  unknown: number;
}
const NOTHING: Spent = { today: 0, week: 0, month: 0, reserved: 0, unknown: 0 };
const MUCH: Spent = {
  today: 415_900_000,
  week: 2_318_400_000,
  month: 6_204_100_000,
  reserved: 41_200_000,
  unknown: 3,
};

export class FakeBudgets {
  #budgets: BudgetView[] = [];
  readonly #deleted = new Map<string, BudgetView>();
  #nextId = 1;
  #spent: Spent;
  #tiers: FreeTierView[];

  constructor(
    private readonly around: BudgetSurroundings,
    isSeeded: boolean,
  ) {
    this.#spent = isSeeded ? MUCH : NOTHING;
    this.#tiers = isSeeded ? freeTiers(Date.now()) : [];
    if (!isSeeded) return;
    const usual = { savesWithRouteId: null, refusesUnknown: false };
    this.#add({
      ...usual,
      period: 'month',
      limit: '20',
      scope: { kind: 'everything' },
      warnsAt: 80,
      savesAt: 90,
      stops: true,
    });
    this.#add({
      ...usual,
      period: 'day',
      limit: '0.52',
      scope: { kind: 'everything' },
      warnsAt: 80,
      savesAt: null,
      stops: false,
    });
    this.#add({
      ...usual,
      period: 'week',
      limit: '1',
      scope: { kind: 'provider', providerId: 'openrouter' },
      warnsAt: 50,
      savesAt: 75,
      stops: true,
      refusesUnknown: true,
    });
  }

  readonly handlers: BudgetHandlers = {
    budget_list: () => this.#budgets.map((budget) => this.#standing(budget)),
    budget_save: (budget) => {
      check(budget);
      const saved = budget.budgetId === null ? this.#add(budget) : this.#replace(budget);
      this.around.changed({ budgets: true });
      return this.#standing(saved);
    },
    budget_delete: ({ budgetId }) => {
      const budget = this.#budgets.find((each) => each.budgetId === budgetId) ?? gone();
      this.#deleted.set(budgetId, budget);
      this.#budgets = this.#budgets.filter((each) => each !== budget);
      this.around.changed({ budgets: true });
      return null;
    },
    budget_restore: ({ budgetId }) => {
      this.#budgets = [...this.#budgets, this.#deleted.get(budgetId) ?? gone()];
      this.#deleted.delete(budgetId);
      this.around.changed({ budgets: true });
      return null;
    },
    free_tier_list: () => this.#tiers,
  };

  /** The one that is nearest to its end, of those that hold everything. */
  nearest(): BudgetStanding | null {
    const all = this.handlers.budget_list(null);
    const whole = all.filter(({ budget }) => budget.scope.kind === 'everything');
    const share = ({ spentNanoUsd, limitNanoUsd }: BudgetStanding) => spentNanoUsd / limitNanoUsd;
    return (
      (whole.length > 0 ? whole : all).toSorted((left, right) => share(right) - share(left))[0] ??
      null
    );
  }

  /** Spends, as answers do. */
  spend(nanoUsd: number): void {
    const { today, week, month } = this.#spent;
    this.#spent = {
      ...this.#spent,
      today: today + nanoUsd,
      week: week + nanoUsd,
      month: month + nanoUsd,
    };
  }

  #add(budget: Omit<BudgetView, 'budgetId'>): BudgetView {
    const saved = { ...budget, budgetId: `budget-${this.#nextId}` };
    this.#nextId += 1;
    this.#budgets = [...this.#budgets, saved];
    return saved;
  }

  #replace(budget: BudgetView): BudgetView {
    if (!this.#budgets.some(({ budgetId }) => budgetId === budget.budgetId)) gone();
    this.#budgets = this.#budgets.map((each) =>
      each.budgetId === budget.budgetId ? budget : each,
    );
    return budget;
  }

  #nameOf(scope: BudgetScopeView): string {
    switch (scope.kind) {
      case 'everything':
        return 'Everything';
      case 'provider':
        return this.around.providerName(scope.providerId) ?? scope.providerId;
      case 'model':
        return this.around.modelName(scope.modelKey) ?? scope.modelKey;
      case 'conversation':
        return this.around.chatTitle(scope.conversationId) ?? 'A chat that is gone';
      case 'app':
        return this.around.appName(scope.app) ?? scope.app;
    }
  }

  #standing(budget: BudgetView): BudgetStanding {
    const { today, week, month, reserved, unknown } = this.#spent;
    const whole = { day: today, week, month }[budget.period];
    const isWhole = budget.scope.kind === 'everything';
    const spent = isWhole ? whole : Math.round(whole * 0.36);
    const limit = Math.round(Number(budget.limit) * NANO);
    const stage = stageOf(budget, (100 * spent) / limit);
    const resetsAt = endOf(budget.period, new Date());
    return {
      budget,
      name: this.#nameOf(budget.scope),
      limitNanoUsd: limit,
      spentNanoUsd: spent,
      reservedNanoUsd: isWhole ? reserved : 0,
      unknown: isWhole ? unknown : 0,
      stage,
      paceNanoUsd: spent === 0 ? null : Math.round(spent * (budget.period === 'day' ? 1.4 : 1.47)),
      resetsAt,
      words: wordsOf(budget, stage, Math.floor((100 * spent) / limit)),
    };
  }
}

function stageOf({ warnsAt, savesAt }: BudgetView, percent: number): BudgetStage {
  if (percent >= 100) return 'spent';
  if (savesAt !== null && percent >= savesAt) return 'saving';
  return warnsAt !== null && percent >= warnsAt ? 'warned' : 'fine';
}

function wordsOf({ stops, period }: BudgetView, stage: BudgetStage, percent: number): string {
  const of = `${percent} % of this ${period}’s budget is spent`;
  switch (stage) {
    case 'fine':
      return `${of}.`;
    case 'warned':
      return `${of}: past the point where you wanted to be told.`;
    case 'saving':
      return `${of}, so cheaper ways in are taken.`;
    case 'spent':
      return stops
        ? `${of}, so nothing that costs is asked until it starts anew.`
        : `${of}; it only tells, and stops nothing.`;
  }
}

function endOf(period: BudgetView['period'], now: Date): number {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  if (period === 'day') return new Date(year, month, day + 1).getTime();
  if (period === 'month') return new Date(year, month + 1, 1).getTime();
  return new Date(year, month, day + ((8 - now.getDay()) % 7 || 7)).getTime();
}

function check({ limit, warnsAt, savesAt, scope }: BudgetView): void {
  if (!/^\d{1,6}(\.\d{1,9})?$/.test(limit) || Number(limit) === 0) {
    refuse('invalid_input', 'That is no amount.', 'Dollars, such as 20 or 0.50.', 'limit');
  }
  const isPart = (part: number | null) => part === null || (part >= 1 && part <= 100);
  if (!isPart(warnsAt)) refuse('invalid_input', 'That is no part.', '1 to 100.', 'warnsAt');
  if (!isPart(savesAt)) refuse('invalid_input', 'That is no part.', '1 to 100.', 'savesAt');
  if (scope.kind === 'app' && scope.app.trim() === '') {
    refuse('invalid_input', 'The app has no name.', 'Write it as the gateway knows it.', 'scope');
  }
}

function gone(): never {
  return refuse('not_found', 'That budget is not there any more.', 'Make a new one.');
}

function freeTiers(now: number): FreeTierView[] {
  const tomorrow = endOf('day', new Date(now));
  const every = { keyId: null, keyLabel: null, model: null };
  return [
    {
      ...every,
      providerId: 'openrouter',
      providerName: 'OpenRouter',
      model: 'models that end in :free',
      window: 'day',
      unit: 'requests',
      used: 37,
      limit: 200,
      left: 163,
      saidAt: now - 2 * HOUR,
      resetsAt: tomorrow,
    },
    {
      ...every,
      providerId: 'google',
      providerName: 'Google AI Studio',
      keyId: 'slot-1',
      keyLabel: 'home',
      model: 'gemini-flash',
      window: 'minute',
      unit: 'requests',
      used: 2,
      limit: 10,
      left: null,
      saidAt: null,
      resetsAt: now + 41_000,
    },
    {
      ...every,
      providerId: 'groq',
      providerName: 'Groq',
      window: 'day',
      unit: 'tokens',
      used: 18_412,
      limit: null,
      left: 481_588,
      saidAt: now - 26 * 60_000,
      resetsAt: null,
    },
    {
      ...every,
      providerId: 'mistral',
      providerName: 'Mistral',
      window: 'day',
      unit: 'requests',
      used: 4,
      limit: null,
      left: null,
      saidAt: null,
      resetsAt: null,
    },
  ];
}
