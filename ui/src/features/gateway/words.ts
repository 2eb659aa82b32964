/** The gateway in words, in one place. */

import { formatAgo, formatDay, formatMoney } from '../../lib/format';
import type {
  AppRequestView,
  AppRulesView,
  AppView,
  BudgetStanding,
  GatewayModelName,
} from '../../lib/ipc/gen/types';
import { counted } from '../spend/words';

/** Names that hold every word that is typed; routes stand first, as they come. */
export function foundNames(
  names: readonly GatewayModelName[],
  search: string,
): readonly GatewayModelName[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return names.filter(({ name, title }) => {
    const all = `${name} ${title}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** What a name stands for, where that is no model that chats. */
export function kindWords({ isRoute, isChat }: GatewayModelName): string {
  if (isRoute) return 'route';
  return isChat ? '' : 'embeddings';
}

export interface AppState {
  word: string;
  tone: 'good' | 'warn' | 'bad' | 'neutral';
}

/** Why its token is refused; `null` where it is taken. */
export function refusedWords({ revokedAt, rules }: AppView, now: number): AppState | null {
  if (revokedAt !== null) return { word: 'revoked', tone: 'bad' };
  if (rules.expiresAt !== null && rules.expiresAt <= now) return { word: 'expired', tone: 'warn' };
  return null;
}

/** "4 min ago", "never". */
export function lastUsedWords({ lastUsedAt }: AppView, now: number): string {
  return lastUsedAt === null ? 'never' : formatAgo(lastUsedAt, now);
}

/** Whom it may ask: "everything", "everyday, gpt-6.1", "everyday and 3 more". */
export function mayUseWords({ models, answersWith }: AppRulesView): string {
  if (answersWith !== null) return `always ${answersWith}`;
  const [first, second] = models;
  if (first === undefined) return 'everything';
  if (second === undefined) return first;
  return models.length === 2 ? `${first}, ${second}` : `${first} and ${models.length - 1} more`;
}

/** What else is set about it, in short. */
export function limitWords(rules: AppRulesView, now: number): string[] {
  const { requestsAMinute, requestsAtOnce, expiresAt, firstTokenMillis, origins } = rules;
  return [
    requestsAMinute === null ? '' : `${requestsAMinute} a minute`,
    requestsAtOnce === null ? '' : `${requestsAtOnce} at once`,
    firstTokenMillis === null ? '' : `first token in ${firstTokenMillis / 1_000} s`,
    expiresAt === null || expiresAt <= now ? '' : `until ${formatDay(expiresAt)}`,
    rules.keepsTexts ? '' : 'texts not kept',
    rules.holdsBack ? 'held back' : '',
    origins.length === 0 ? '' : counted(origins.length, 'web page'),
  ].filter((words) => words !== '');
}

/** "$1.00 a day", of every budget that holds this app alone. */
export function budgetWords(id: string, budgets: readonly BudgetStanding[]): string[] {
  return budgets
    .filter(({ budget }) => budget.scope.kind === 'app' && budget.scope.app === id)
    .map(({ budget, limitNanoUsd }) => `${formatMoney(limitNanoUsd)} a ${budget.period}`);
}

/** How a request stands or ended. */
export function outcomeWords({ receipt }: AppRequestView): AppState {
  switch (receipt.outcome) {
    case 'running':
      return { word: 'running', tone: 'neutral' };
    case 'answered':
      return { word: 'answered', tone: 'good' };
    case 'stopped':
      return { word: 'stopped', tone: 'warn' };
    case 'interrupted':
      return { word: 'interrupted', tone: 'warn' };
    default:
      return { word: 'failed', tone: 'bad' };
  }
}

/** What the app says of itself: its title, its address, its program. */
export function clientWords({ clientTitle, clientAddress, clientAgent }: AppRequestView): string {
  return [clientTitle, clientAddress, clientAgent].filter((words) => words !== null).join(' · ');
}
