/** What apps ask through the gateway, newest first: what is looked for, what was found, and one opened. */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type { AppRequestDetailView, AppRequestView, IpcError } from '../ipc/gen/types';
import { Pace } from './pace';

export const PAGE = 50;
/** The most that the backend gives at once. */
const MOST_AT_ONCE = 200;
/** Busy apps ask many times a second. */
const READ_MS = 500;

export interface TrafficCriteria {
  /** Empty for any. */
  app: string;
  text: string;
  failed: boolean;
}

const ANY: TrafficCriteria = { app: '', text: '', failed: false };

/** One request with all that is kept of it. */
export interface OpenedRequest {
  runId: string;
  /** `null` until it is read. */
  detail: AppRequestDetailView | null;
  error: IpcError | null;
}

export class Traffic {
  criteria: TrafficCriteria = $state.raw(ANY);
  found: readonly AppRequestView[] = $state.raw([]);
  hasLoaded: boolean = $state(false);
  hasMore: boolean = $state(false);
  isReadingMore: boolean = $state(false);
  error: IpcError | null = $state.raw(null);
  opened: OpenedRequest | null = $state.raw(null);

  readonly isNarrowed = $derived(
    this.criteria.app !== '' || this.criteria.text.trim() !== '' || this.criteria.failed,
  );
  /** The line of the opened one, while it is among those that were found. */
  readonly openedLine = $derived(
    this.found.find(({ receipt }) => receipt.runId === this.opened?.runId),
  );

  /** Counts the questions, so that an answer that was overtaken is dropped. */
  #asked = 0;
  readonly #pace = new Pace(READ_MS, () => {
    void this.refresh();
    void this.#readOpened();
  });

  constructor(private readonly backend: Backend) {}

  change(change: Partial<TrafficCriteria>): Promise<void> {
    this.criteria = { ...this.criteria, ...change };
    return this.#search(PAGE);
  }

  clear(): Promise<void> {
    return this.change(ANY);
  }

  /** An app asked, or was answered: at most twice a second it is read again. */
  changed(): void {
    this.#pace.ask();
  }

  /** Reads again what is shown, as much of it as there was. */
  refresh(): Promise<void> {
    return this.#search(Math.min(Math.max(this.found.length, PAGE), MOST_AT_ONCE));
  }

  async more(): Promise<void> {
    const last = this.found.at(-1);
    if (!last || this.isReadingMore) return;
    const asked = this.#asked;
    this.isReadingMore = true;
    try {
      const page = await this.#find(last.serial, PAGE);
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

  async open(runId: string): Promise<void> {
    this.opened = { runId, detail: null, error: null };
    await this.#readOpened();
  }

  close(): void {
    this.opened = null;
  }

  async stop(runId: string): Promise<void> {
    await this.backend.call('app_request_stop', { runId });
  }

  async #readOpened(): Promise<void> {
    const runId = this.opened?.runId;
    if (runId === undefined) return;
    try {
      const detail = await this.backend.call('app_request_open', { runId });
      if (this.opened?.runId === runId) this.opened = { runId, detail, error: null };
    } catch (thrown) {
      if (this.opened?.runId !== runId) return;
      this.opened = { ...this.opened, error: toIpcError(thrown) };
    }
  }

  #find(before: number | null, limit: number): Promise<AppRequestView[]> {
    const { app, text, failed } = this.criteria;
    return this.backend.call('app_request_find', {
      app: app === '' ? null : app,
      text: text.trim() === '' ? null : text.trim(),
      failed,
      before,
      limit,
    });
  }

  async #search(limit: number): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const found = await this.#find(null, limit);
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
