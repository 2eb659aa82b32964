/** Two rounds held against each other, and the answer of which both texts are read. */

import { toIpcError } from '../../../lib/ipc/errors';
import type { AgainstView, CaseView, CellAgainst, IpcError } from '../../../lib/ipc/gen/types';
import type { Past } from '../../../lib/state/past';
import type { Reading } from '../reading/reading';
import { firstPair } from './against-words';

export class Against {
  olderId: string | null = $state(null);
  newerId: string | null = $state(null);
  view: AgainstView | null = $state.raw(null);
  /** The prompts of the newer round, one line each. */
  titles: readonly string[] = $state.raw([]);
  problem: IpcError | null = $state.raw(null);
  isReading: boolean = $state(false);
  /** The cell whose texts are read. */
  cell: CellAgainst | null = $state.raw(null);
  readings: readonly Reading[] | null = $state.raw(null);

  #reading = 0;

  constructor(private readonly past: Past) {}

  /** Every round but those that come after the newer one. */
  readonly olderRounds = $derived.by(() => {
    const rounds = this.past.comparisons.opened?.rounds ?? [];
    const at = rounds.findIndex(({ id }) => id === this.newerId);
    return rounds.slice(0, Math.max(at, 0));
  });

  open(): void {
    const { opened, shown } = this.past.comparisons;
    const pair = firstPair(opened?.rounds ?? [], shown.roundId);
    [this.olderId, this.newerId] = pair ?? [null, null];
    void this.read();
  }

  chooseOlder(roundId: string): void {
    this.olderId = roundId;
    void this.read();
  }

  /** What is older stays older. */
  chooseNewer(roundId: string): void {
    this.newerId = roundId;
    if (!this.olderRounds.some(({ id }) => id === this.olderId)) {
      this.olderId = this.olderRounds.at(-1)?.id ?? null;
    }
    void this.read();
  }

  async read(): Promise<void> {
    this.#reading += 1;
    const reading = this.#reading;
    const { olderId, newerId } = this;
    Object.assign(this, { view: null, problem: null, cell: null, readings: null });
    if (olderId === null || newerId === null) return;
    this.isReading = true;
    try {
      const [view, newer] = await Promise.all([
        this.past.against(olderId, newerId),
        this.past.readRound(newerId),
      ]);
      if (reading !== this.#reading) return;
      this.view = view;
      this.titles = newer.cases.map(({ title }) => title);
    } catch (thrown) {
      if (reading === this.#reading) this.problem = toIpcError(thrown);
    }
    if (reading === this.#reading) this.isReading = false;
  }

  /** Reads both texts of a cell; `null` goes back to all of them. */
  async openCell(cell: CellAgainst | null): Promise<void> {
    this.#reading += 1;
    const reading = this.#reading;
    Object.assign(this, { cell, readings: null, problem: null });
    const { olderId, newerId } = this;
    if (cell === null || olderId === null || newerId === null) return;
    const { repeat } = cell;
    try {
      const [older, newer] = await Promise.all([
        this.past.readCase(olderId, { caseIndex: cell.olderCase, repeat }),
        this.past.readCase(newerId, { caseIndex: cell.newerCase, repeat }),
      ]);
      if (reading !== this.#reading) return;
      this.readings = [
        this.#readingOf(older, cell.olderColumn, olderId),
        this.#readingOf(newer, cell.newerColumn, newerId),
      ];
    } catch (thrown) {
      if (reading === this.#reading) this.problem = toIpcError(thrown);
    }
  }

  #readingOf({ answers }: CaseView, column: number, roundId: string): Reading {
    const message = answers.find((answer) => answer.column === column)?.message;
    const rounds = this.past.comparisons.opened?.rounds ?? [];
    const ordinal = rounds.find(({ id }) => id === roundId)?.ordinal ?? 0;
    return {
      id: roundId,
      label: `Round ${ordinal}`,
      colour: message?.run?.colour ?? column,
      text: message?.text ?? '',
    };
  }
}
