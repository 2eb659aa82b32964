/** The search for answers by their receipts: what is looked for, and what was found so far. */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type { FoundReceipt, IpcError, ReceiptSearch } from '../ipc/gen/types';

export const PAGE = 50;
/** The most that the backend gives at once. */
const MOST_AT_ONCE = 200;

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

export class Receipts {
  criteria: Criteria = $state.raw(NO_CRITERIA);
  found: readonly FoundReceipt[] = $state.raw([]);
  hasLoaded: boolean = $state(false);
  hasMore: boolean = $state(false);
  isReadingMore: boolean = $state(false);
  error: IpcError | null = $state.raw(null);
  /** The answer that somebody is on the way to; the transcript scrolls there and clears it. */
  sought: string | null = $state(null);

  readonly read = $derived(readCriteria(this.criteria));
  readonly isNarrowed = $derived(
    Object.entries(NO_CRITERIA).some(
      ([name, value]) => this.criteria[name as keyof Criteria] !== value,
    ),
  );
  /** Counts the questions, so that an answer that was overtaken is dropped. */
  #asked = 0;

  constructor(private readonly backend: Backend) {}

  change(change: Partial<Criteria>): Promise<void> {
    this.criteria = { ...this.criteria, ...change };
    return this.#search(PAGE);
  }

  clear(): Promise<void> {
    return this.change(NO_CRITERIA);
  }

  /** Reads again what is shown, as much of it as there was. */
  refresh(): Promise<void> {
    return this.#search(Math.min(Math.max(this.found.length, PAGE), MOST_AT_ONCE));
  }

  async more(): Promise<void> {
    const { search } = this.read;
    const last = this.found.at(-1);
    if (!search || !last || this.isReadingMore) return;
    const asked = this.#asked;
    this.isReadingMore = true;
    try {
      const page = await this.backend.call('receipt_find', {
        ...search,
        beforeRunId: last.runId,
        limit: PAGE,
      });
      if (asked !== this.#asked) return;
      this.found = [...this.found, ...page];
      this.hasMore = page.length === PAGE;
      this.error = null;
    } catch (thrown) {
      if (asked === this.#asked) this.error = toIpcError(thrown);
    } finally {
      this.isReadingMore = false;
    }
  }

  async #search(limit: number): Promise<void> {
    const { search } = this.read;
    // What was found last stays while a field cannot be read.
    if (!search) return;
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const found = await this.backend.call('receipt_find', {
        ...search,
        beforeRunId: null,
        limit,
      });
      if (asked !== this.#asked) return;
      this.found = found;
      this.hasMore = found.length === limit;
      this.error = null;
    } catch (thrown) {
      if (asked === this.#asked) this.error = toIpcError(thrown);
    }
    if (asked === this.#asked) this.hasLoaded = true;
  }
}
