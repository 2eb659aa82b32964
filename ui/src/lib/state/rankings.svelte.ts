/** The ranking that is on screen, and which votes it counts. */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type { IpcError, RankingRequest, RankingView } from '../ipc/gen/types';
import { Pace } from './pace';

const REREAD_MS = 500;

export class Rankings {
  isShown: boolean = $state(false);
  request: RankingRequest = $state.raw({ tag: null, voter: 'me', blindOnly: false });
  view: RankingView | null = $state.raw(null);
  error: IpcError | null = $state.raw(null);

  #reading = 0;
  readonly #pace = new Pace(REREAD_MS, () => void this.refresh());

  constructor(private readonly backend: Backend) {}

  async show(): Promise<void> {
    this.isShown = true;
    await this.refresh();
  }

  async filter(change: Partial<RankingRequest>): Promise<void> {
    this.request = { ...this.request, ...change };
    await this.refresh();
  }

  async refresh(): Promise<void> {
    this.#reading += 1;
    const reading = this.#reading;
    try {
      const view = await this.backend.call('ranking_open', this.request);
      if (reading !== this.#reading) return;
      this.view = view;
      this.error = null;
    } catch (thrown) {
      if (reading === this.#reading) this.error = toIpcError(thrown);
    }
  }

  /** Read again soon, where anybody sees it. */
  changed(): void {
    if (this.isShown) this.#pace.ask();
  }
}
