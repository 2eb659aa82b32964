/** The search for answers by their receipts: what is looked for, and what was found so far. */

import type { Backend } from '../ipc/backend';
import type { FoundReceipt, ReceiptSearch } from '../ipc/gen/types';
import { Pages } from './pages.svelte';

export interface Criteria {
  switched: boolean;
  failed: boolean;
  hedged: boolean;
  continued: boolean;
  /** Dollars, as typed. */
  costAbove: string;
  /** Seconds, as typed. */
  firstTokenAbove: string;
  /** Empty for any. */
  providerId: string;
  model: string;
}

export const NO_CRITERIA: Criteria = {
  switched: false,
  failed: false,
  hedged: false,
  continued: false,
  costAbove: '',
  firstTokenAbove: '',
  providerId: '',
  model: '',
};

/** What can be asked for, or which field cannot be read. */
export type ReadCriteria =
  | { search: Omit<ReceiptSearch, 'beforeRunId' | 'limit'>; error: null }
  | { search: null; error: { field: 'costAbove' | 'firstTokenAbove'; words: string } };

export function readCriteria(criteria: Criteria): ReadCriteria {
  const costAbove = amountOf(criteria.costAbove);
  if (costAbove === undefined) {
    return { search: null, error: { field: 'costAbove', words: 'Dollars, such as 0.05.' } };
  }
  const seconds = amountOf(criteria.firstTokenAbove);
  if (seconds === undefined) {
    return { search: null, error: { field: 'firstTokenAbove', words: 'Seconds, such as 2.5.' } };
  }
  const { switched, failed, hedged, continued, providerId, model } = criteria;
  const search = {
    switched,
    failed,
    hedged,
    continued,
    costAbove,
    firstTokenAboveMillis: seconds === null ? null : Math.round(Number(seconds) * 1_000),
    providerId: providerId === '' ? null : providerId,
    model: model.trim() === '' ? null : model.trim(),
  };
  return { search, error: null };
}

/** Decimal text with a point; `null` where nothing is typed, `undefined` where it is no amount. */
function amountOf(typed: string): string | null | undefined {
  const text = typed.trim().replace(/^\$/, '').replace(',', '.');
  if (text === '') return null;
  return /^\d{1,6}(\.\d{1,9})?$/.test(text) ? text : undefined;
}

export class Receipts extends Pages<FoundReceipt> {
  criteria: Criteria = $state.raw(NO_CRITERIA);
  /** The answer that somebody is on the way to; the transcript scrolls there and clears it. */
  sought: string | null = $state(null);

  readonly read = $derived(readCriteria(this.criteria));
  readonly isNarrowed = $derived(
    Object.entries(NO_CRITERIA).some(
      ([name, value]) => this.criteria[name as keyof Criteria] !== value,
    ),
  );

  constructor(private readonly backend: Backend) {
    super();
  }

  change(change: Partial<Criteria>): Promise<void> {
    this.criteria = { ...this.criteria, ...change };
    return this.search();
  }

  clear(): Promise<void> {
    return this.change(NO_CRITERIA);
  }

  protected find(last: FoundReceipt | null, limit: number): Promise<FoundReceipt[]> | null {
    const { search } = this.read;
    if (!search) return null;
    const beforeRunId = last?.runId ?? null;
    return this.backend.call('receipt_find', { ...search, beforeRunId, limit });
  }
}
