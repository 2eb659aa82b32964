/** A budget as it is typed, and what cannot be read of it. */

import type { IpcError, BudgetScopeView, BudgetView } from '../../../lib/ipc/gen/types';
import { newBudget } from '../../../lib/state/budgets.svelte';

export interface BudgetDraft {
  budgetId: string | null;
  scope: BudgetScopeView;
  period: BudgetView['period'];
  /** Dollars. */
  limit: string;
  warns: boolean;
  /** Percent. */
  warnsAt: string;
  saves: boolean;
  /** Percent. */
  savesAt: string;
  /** '' for the cheapest way in to what was asked. */
  savesWithRouteId: string;
  stops: boolean;
  refusesUnknown: boolean;
}

export type BudgetField = 'scope' | 'limit' | 'warnsAt' | 'savesAt' | 'savesWithRouteId';
export type BudgetProblems = Partial<Record<BudgetField, string>>;

export const NEW_BUDGET: BudgetView = newBudget({ kind: 'everything' });

/** Budgets that can be made with one press, each with what it does. */
export const PROPOSALS: readonly { name: string; does: string; budget: BudgetView }[] = [
  {
    name: '$1 a day',
    does: 'Tells at 80 %, then stops for the day.',
    budget: { ...NEW_BUDGET, period: 'day', limit: '1' },
  },
  {
    name: '$20 a month',
    does: 'Tells at 80 %, takes cheaper ways in at 90 %, then stops.',
    budget: { ...NEW_BUDGET, limit: '20', savesAt: 90 },
  },
  {
    name: '$20 a month, warn only',
    does: 'Tells at 80 % and stops nothing.',
    budget: { ...NEW_BUDGET, limit: '20', stops: false },
  },
];

const USUAL_WARNING = '80';
const USUAL_SAVING = '90';

export function draftOf(budget: BudgetView): BudgetDraft {
  const { warnsAt, savesAt, savesWithRouteId, ...rest } = budget;
  return {
    ...rest,
    warns: warnsAt !== null,
    warnsAt: warnsAt === null ? USUAL_WARNING : String(warnsAt),
    saves: savesAt !== null,
    savesAt: savesAt === null ? USUAL_SAVING : String(savesAt),
    savesWithRouteId: savesWithRouteId ?? '',
  };
}

export function budgetOf(draft: BudgetDraft): BudgetView {
  return {
    budgetId: draft.budgetId,
    scope: draft.scope,
    period: draft.period,
    limit: amountOf(draft.limit),
    warnsAt: draft.warns ? Number(draft.warnsAt.trim()) : null,
    savesAt: draft.saves ? Number(draft.savesAt.trim()) : null,
    savesWithRouteId: draft.saves && draft.savesWithRouteId !== '' ? draft.savesWithRouteId : null,
    stops: draft.stops,
    refusesUnknown: draft.refusesUnknown,
  };
}

/** A comma is a point, and the sign of the dollar may stand before it. */
function amountOf(typed: string): string {
  return typed
    .trim()
    .replace(/^\$\s*/, '')
    .replace(',', '.');
}

/** In the order of the form, so that the first can be led to. */
export function problemsOf(draft: BudgetDraft): BudgetProblems {
  const problems: BudgetProblems = {};
  const scope = scopeProblem(draft.scope);
  if (scope) problems.scope = scope;
  const limit = amountOf(draft.limit);
  if (limit === '') problems.limit = 'How much may be spent? Dollars, such as 20 or 0.50.';
  else if (!/^(\d{1,6}(\.\d{0,9})?|\.\d{1,9})$/.test(limit)) {
    problems.limit = 'That is no amount. Dollars, such as 20 or 0.50.';
  } else if (Number(limit) === 0) {
    problems.limit = 'A budget of nothing would stop everything. Dollars, such as 20 or 0.50.';
  }
  if (draft.warns && !isPart(draft.warnsAt)) problems.warnsAt = 'A whole number from 1 to 100.';
  if (draft.saves && !isPart(draft.savesAt)) problems.savesAt = 'A whole number from 1 to 100.';
  return problems;
}

function scopeProblem(scope: BudgetScopeView): string | null {
  switch (scope.kind) {
    case 'everything':
      return null;
    case 'provider':
      return scope.providerId === '' ? 'Choose a provider.' : null;
    case 'model':
      return scope.modelKey === '' ? 'Choose a model.' : null;
    case 'conversation':
      return scope.conversationId === '' ? 'Choose a chat.' : null;
    case 'app':
      return scope.app.trim() === '' ? 'Choose an app.' : null;
  }
}

function isPart(typed: string): boolean {
  const part = Number(typed.trim());
  return /^\d{1,3}$/.test(typed.trim()) && part >= 1 && part <= 100;
}

const FIELDS: readonly BudgetField[] = ['scope', 'limit', 'warnsAt', 'savesAt', 'savesWithRouteId'];

/** A refusal at its field; `null` where it is about none of them. */
export function problemFrom({ field, message, advice }: IpcError): BudgetProblems | null {
  const words = `${message} ${advice}`.trim();
  const known = FIELDS.find((each) => each === field);
  if (known) return { [known]: words };
  const isScope = ['providerId', 'modelKey', 'conversationId', 'app'].includes(field ?? '');
  return isScope ? { scope: words } : null;
}

export function isSameBudget(left: BudgetDraft, right: BudgetDraft): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
