/** What was spent, in memory. */

import type { PlainName, Reply, Request } from '../backend';
import { refuse } from './refuse';

type SpendName = Extract<
  PlainName,
  | `spend_${'overview' | 'chart' | 'answers' | 'export' | 'reprice'}`
  | `budget_${string}`
  | `currency_${string}`
  | `usage_import${string}`
  | 'audit_list'
  | 'file_reveal'
  | 'free_tier_list'
  | 'markup_open'
  | 'math_open'
  | 'reconcile_list'
  | 'unknown_list'
>;
export type SpendHandlers = { [Name in SpendName]: (request: Request<Name>) => Reply<Name> };

const none = () => refuse('internal', 'The fake does not know that yet.', '');

export const NO_SPEND: SpendHandlers = {
  spend_overview: none,
  spend_chart: none,
  spend_answers: none,
  spend_export: none,
  spend_reprice: none,
  budget_list: none,
  budget_save: none,
  budget_delete: none,
  budget_restore: none,
  currency_get: none,
  currency_set: none,
  usage_import: none,
  usage_import_delete: none,
  usage_import_list: none,
  audit_list: none,
  file_reveal: none,
  free_tier_list: none,
  markup_open: none,
  math_open: none,
  reconcile_list: none,
  unknown_list: none,
};
