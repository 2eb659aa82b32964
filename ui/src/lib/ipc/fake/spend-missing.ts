/** Commands about spend that no fake answers. */

import type { PlainName, Reply, Request } from '../backend';
import { refuse } from './refuse';

type MissingName = Extract<
  PlainName,
  | `budget_${string}`
  | `usage_import${string}`
  | 'audit_list'
  | 'free_tier_list'
  | 'markup_open'
  | 'math_open'
  | 'reconcile_list'
  | 'spend_reprice'
  | 'unknown_list'
>;
export type MissingHandlers = { [Name in MissingName]: (request: Request<Name>) => Reply<Name> };

const missing = () => refuse('internal', 'The fake has no answer to that.', '');

export const MISSING: MissingHandlers = {
  budget_list: missing,
  budget_save: missing,
  budget_delete: missing,
  budget_restore: missing,
  usage_import: missing,
  usage_import_delete: missing,
  usage_import_list: missing,
  audit_list: missing,
  free_tier_list: missing,
  markup_open: missing,
  math_open: missing,
  reconcile_list: missing,
  spend_reprice: missing,
  unknown_list: missing,
};
