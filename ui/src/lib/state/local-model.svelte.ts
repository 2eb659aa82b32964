/** The model that runs in this process: whether its file is here, and fetching it. */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type { IpcError, LocalModelView } from '../ipc/gen/types';

const NOT_ASKED: LocalModelView = {
  state: 'preparing',
  name: 'The local model',
  doneBytes: 0,
  totalBytes: 0,
  problem: null,
};

const WATCH_MS = 500;

export class LocalModel {
  view: LocalModelView = $state.raw(NOT_ASKED);
  hasLoaded: boolean = $state(false);
  error: IpcError | null = $state.raw(null);

  constructor(
    private readonly backend: Backend,
    /** Called when the model can be asked, so that the list of models is read again. */
    private readonly onReady: () => void,
  ) {}

  get isBusy(): boolean {
    return this.view.state === 'fetching' || this.view.state === 'preparing';
  }

  /** 0 to 1, and `null` while nobody knows how long it is. */
  get progress(): number | null {
    return this.view.totalBytes > 0 ? this.view.doneBytes / this.view.totalBytes : null;
  }

  async refresh(): Promise<void> {
    try {
      this.view = await this.backend.call('local_model_status', null);
      this.hasLoaded = true;
      this.error = null;
    } catch (thrown) {
      this.error = toIpcError(thrown);
      return;
    }
    // After a reload of the window the work goes on: asking for it again joins it.
    if (this.isBusy) void this.get();
  }

  async get(): Promise<void> {
    this.error = null;
    try {
      this.view = await this.backend.stream('local_model_get', null, (view) => {
        this.view = view;
      });
      if (this.view.state === 'ready') this.onReady();
    } catch (thrown) {
      const error = toIpcError(thrown);
      if (error.code !== 'cancelled' && error.code !== 'busy') this.error = error;
      await this.#readStatus();
      if (error.code === 'busy') this.#watch();
    }
  }

  async cancel(): Promise<void> {
    await this.backend.call('local_model_cancel', null);
    await this.#readStatus();
  }

  /** Somebody else's fetching cannot be joined, so it is looked at now and then. */
  #watch(): void {
    if (!this.isBusy) {
      if (this.view.state === 'ready') this.onReady();
      return;
    }
    setTimeout(() => void this.#readStatus().then(() => this.#watch()), WATCH_MS);
  }

  async #readStatus(): Promise<void> {
    try {
      this.view = await this.backend.call('local_model_status', null);
    } catch (thrown) {
      this.error = toIpcError(thrown);
    }
  }
}
