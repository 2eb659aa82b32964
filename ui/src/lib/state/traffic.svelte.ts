/** What apps ask through the gateway, newest first: what is looked for, what was found, and one opened. */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type { AppRequestDetailView, AppRequestView, IpcError } from '../ipc/gen/types';
import { Pace } from './pace';
import { Pages } from './pages.svelte';

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

export class Traffic extends Pages<AppRequestView> {
  criteria: TrafficCriteria = $state.raw(ANY);
  opened: OpenedRequest | null = $state.raw(null);

  readonly isNarrowed = $derived(
    this.criteria.app !== '' || this.criteria.text.trim() !== '' || this.criteria.failed,
  );
  /** The line of the opened one, while it is among those that were found. */
  readonly openedLine = $derived(
    this.found.find(({ receipt }) => receipt.runId === this.opened?.runId),
  );

  readonly #pace = new Pace(READ_MS, () => {
    void this.refresh();
    void this.#readOpened();
  });

  constructor(private readonly backend: Backend) {
    super();
  }

  change(change: Partial<TrafficCriteria>): Promise<void> {
    this.criteria = { ...this.criteria, ...change };
    return this.search();
  }

  clear(): Promise<void> {
    return this.change(ANY);
  }

  /** An app asked, or was answered: at most twice a second it is read again. */
  changed(): void {
    this.#pace.ask();
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

  protected find(last: AppRequestView | null, limit: number): Promise<AppRequestView[]> {
    const { app, text, failed } = this.criteria;
    return this.backend.call('app_request_find', {
      app: app === '' ? null : app,
      text: text.trim() === '' ? null : text.trim(),
      failed,
      before: last?.serial ?? null,
      limit,
    });
  }
}
