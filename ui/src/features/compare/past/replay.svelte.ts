/** A replay while it is set up: what was typed, and what history holds for it. */

import { toIpcError } from '../../../lib/ipc/errors';
import type {
  ComparisonEstimate,
  IpcError,
  ReplayRequest,
  ReplayView,
  TargetView,
} from '../../../lib/ipc/gen/types';
import { Pace } from '../../../lib/state/pace';
import type { Past } from '../../../lib/state/past';

const PREPARE_MS = 300;

export class Replay {
  target: TargetView | null = $state.raw(null);
  count: string = $state('20');
  days: string = $state('30');
  isAllTime: boolean = $state(false);
  /** Each question with the same chance; else the newest. */
  isRandom: boolean = $state(true);
  /** What a random sample is drawn by; empty for a seed that is drawn too. */
  seed: string = $state('');
  view: ReplayView | null = $state.raw(null);
  /** What the view was made for, which may be older than what is typed. */
  asked: ReplayRequest | null = $state.raw(null);
  estimate: ComparisonEstimate | null = $state.raw(null);
  problem: IpcError | null = $state.raw(null);
  isPreparing: boolean = $state(false);
  isStarting: boolean = $state(false);

  readonly canStart: boolean = $derived(
    this.view !== null && this.problem === null && !this.isPreparing,
  );

  #preparing = 0;
  readonly #pace = new Pace(PREPARE_MS, () => void this.#prepare());

  constructor(private readonly past: Past) {}

  /** Looks again, soon. */
  prepare(): void {
    this.isPreparing = this.target !== null;
    // What is still being looked for belongs to what was typed before.
    this.#preparing += 1;
    this.#pace.ask();
  }

  /** Takes other questions, as far as there are any. */
  drawAgain(): void {
    this.seed = '';
    this.prepare();
  }

  async #prepare(): Promise<void> {
    this.#preparing += 1;
    const preparing = this.#preparing;
    const { target } = this;
    if (target === null) return;
    const typed = this.isRandom && this.seed.trim() !== '' ? seedFrom(this.seed) : null;
    if (typed !== null && typed.problem) {
      Object.assign(this, { view: null, estimate: null, problem: typed.problem });
      this.isPreparing = false;
      return;
    }
    const request: ReplayRequest = {
      target,
      count: wholeNumber(this.count),
      days: this.isAllTime ? null : wholeNumber(this.days),
      isRandom: this.isRandom,
      seed: typed?.seed ?? null,
    };
    try {
      const view = await this.past.prepareReplay(request);
      const estimate = await this.past.estimateOf(view.definition);
      if (preparing !== this.#preparing) return;
      Object.assign(this, { view, estimate, asked: request, problem: null });
      // What is changed next is said of the same draw, until another one is asked for.
      if (view.sample.seed !== null) this.seed = String(view.sample.seed);
    } catch (thrown) {
      if (preparing !== this.#preparing) return;
      Object.assign(this, { view: null, estimate: null, problem: toIpcError(thrown) });
    }
    this.isPreparing = false;
  }

  /** Keeps it, asks, and opens the round with its names hidden. False, with `problem`, if refused. */
  async start(): Promise<boolean> {
    const { view } = this;
    if (!view || !this.canStart || this.isStarting) return false;
    this.isStarting = true;
    try {
      await this.past.runBlind(view.definition);
      return true;
    } catch (thrown) {
      this.problem = toIpcError(thrown);
      return false;
    } finally {
      this.isStarting = false;
    }
  }
}

/** A seed is a whole number of 32 bits. */
function seedFrom(text: string): { seed: number; problem?: IpcError } {
  const seed = Number(text.trim());
  if (Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 32) return { seed };
  const problem: IpcError = {
    code: 'invalid_input',
    message: 'A seed is a whole number from 0 to 4294967295.',
    advice: 'Leave it empty for a new one.',
    field: 'seed',
    detail: null,
    failure: null,
  };
  return { seed: 0, problem };
}

/** What is typed where a whole number belongs; 0, which is refused, for anything else. */
function wholeNumber(text: string): number {
  const value = Number(text.trim());
  return Number.isSafeInteger(value) && value >= 0 && value < 2 ** 32 ? value : 0;
}
