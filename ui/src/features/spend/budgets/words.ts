/** Where a budget stands, in words. */

import { formatDay, formatLimit, formatMoney, formatTimeOfDay, isoDay } from '../../../lib/format';
import type {
  BudgetPeriod,
  BudgetStage,
  BudgetStanding,
  BudgetView,
  FreeTierView,
  RouteView,
  SpendQuery,
} from '../../../lib/ipc/gen/types';
import { count } from '../../models/words';
import { resetWords } from '../figures';

export const PERIODS: readonly { value: BudgetPeriod; label: string; detail: string }[] = [
  { value: 'day', label: 'A day', detail: 'midnight to midnight' },
  { value: 'week', label: 'A week', detail: 'Monday to Sunday' },
  { value: 'month', label: 'A month', detail: 'by the calendar' },
];

export const PERIOD_WORDS: Record<BudgetPeriod, string> = {
  day: 'a day',
  week: 'a week',
  month: 'a month',
};

interface StageWords {
  word: string;
  tone: 'good' | 'warn' | 'bad';
}

export function stageWords(stage: BudgetStage): StageWords {
  switch (stage) {
    case 'fine':
      return { word: 'fine', tone: 'good' };
    case 'warned':
      return { word: 'past the warning', tone: 'warn' };
    case 'saving':
      return { word: 'taking cheaper ways in', tone: 'warn' };
    case 'spent':
      return { word: 'spent', tone: 'bad' };
  }
}

/** Where it goes if it goes on like this, and by how much that is too much; `null` before it can be told. */
export function pace({
  paceNanoUsd,
  limitNanoUsd,
}: BudgetStanding): { amount: string; beyond: string | null } | null {
  if (paceNanoUsd === null) return null;
  const beyond = paceNanoUsd - limitNanoUsd;
  return {
    amount: formatMoney(paceNanoUsd, { estimated: true }),
    beyond: beyond > 0 ? formatMoney(beyond, { estimated: true }) : null,
  };
}

export function anewWords({ resetsAt }: BudgetStanding, now: number): string {
  return resetWords(resetsAt, now);
}

/** What it does at which part, in one line. */
export function rulesWords(standing: BudgetStanding, routes: readonly RouteView[]): string[] {
  const { warnsAt, savesAt, savesWithRouteId, stops, refusesUnknown } = standing.budget;
  const route = routes.find(({ id }) => id === savesWithRouteId);
  const saving =
    savesWithRouteId === null
      ? 'the cheapest way in'
      : route
        ? `the route “${route.name}”`
        : 'a route that is gone';
  return [
    ...(warnsAt === null ? [] : [`tells at ${warnsAt}\u00a0%`]),
    ...(savesAt === null ? [] : [`takes ${saving} from ${savesAt}\u00a0%`]),
    stops ? 'stops when it is spent' : 'stops nothing',
    ...(refusesUnknown ? ['asks nobody whose price is unknown'] : []),
  ];
}

export function notCounted(unknown: number): string | null {
  if (unknown === 0) return null;
  return `${count(unknown, 'attempt')}, not counted`;
}

/** Read out for the bar. */
export function barWords({ spentNanoUsd, reservedNanoUsd, limitNanoUsd }: BudgetStanding): string {
  const way = reservedNanoUsd > 0 ? `, at most ${formatMoney(reservedNanoUsd)} on its way` : '';
  return `${formatMoney(spentNanoUsd)} of ${formatLimit(limitNanoUsd)} spent${way}`;
}

export interface BarParts {
  /** In percent of the whole bar. */
  spent: number;
  reserved: number;
  marks: { at: number; word: string }[];
}

export function barParts({
  budget,
  spentNanoUsd,
  reservedNanoUsd,
  limitNanoUsd,
}: BudgetStanding): BarParts {
  const part = (amount: number) => (limitNanoUsd > 0 ? (100 * amount) / limitNanoUsd : 100);
  const spent = Math.min(100, Math.max(0, part(spentNanoUsd)));
  return {
    spent,
    reserved: Math.min(100 - spent, Math.max(0, part(reservedNanoUsd))),
    marks: [
      ...(budget.warnsAt === null ? [] : [{ at: budget.warnsAt, word: 'tells' }]),
      ...(budget.savesAt === null ? [] : [{ at: budget.savesAt, word: 'cheaper' }]),
    ],
  };
}

/** Whose counter it is: "OpenRouter, models that end in :free". */
export function tierName({ providerName, keyLabel, model }: FreeTierView): string {
  const parts = [providerName, keyLabel === null ? null : `key “${keyLabel}”`, model];
  return parts.filter((part) => part !== null).join(', ');
}

/** "163 left, said at 12:31"; `null` where the provider said nothing. */
export function leftWords({ left, saidAt }: FreeTierView, now: number): string | null {
  if (left === null) return null;
  const when = saidAt === null ? '' : `, said ${saidWords(saidAt, now)}`;
  return `${left.toLocaleString('en-US')} left${when}`;
}

function saidWords(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return isToday ? `at ${formatTimeOfDay(at).slice(0, 5)}` : `on ${formatDay(at)}`;
}

/** What counts for a budget in the period that is on. */
export function periodQuery({ scope, period }: BudgetView, now: number): SpendQuery {
  const today = new Date(now);
  const first = new Date(today.getFullYear(), today.getMonth(), today.getDate());
  if (period === 'week') first.setDate(first.getDate() - ((first.getDay() + 6) % 7));
  if (period === 'month') first.setDate(1);
  return {
    from: isoDay(first),
    to: isoDay(today),
    providerId: scope.kind === 'provider' ? scope.providerId : null,
    modelKey: scope.kind === 'model' ? scope.modelKey : null,
    origin: null,
    purpose: null,
    app: scope.kind === 'app' ? scope.app : null,
    conversationId: scope.kind === 'conversation' ? scope.conversationId : null,
    keyId: null,
    costKind: null,
  };
}
