/**
 * The round on screen and the case of it that is read. Both are read again when the store says so, at
 * most twice a second; what streams comes through the runs, as in a chat.
 */

import { SvelteSet } from 'svelte/reactivity';

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type {
  CaseAnswer,
  CaseView,
  CellView,
  IpcError,
  MergedView,
  MessageView,
  RoundView,
  VoteView,
} from '../ipc/gen/types';
import { shuffled } from './blind';
import { Pace } from './pace';
import type { RunListener, Runs } from './runs.svelte';

const REREAD_MS = 500;

export interface CasePlace {
  caseIndex: number;
  repeat: number;
}

const isOver = ({ state }: CellView) => state !== 'waiting' && state !== 'running';
const isAt = (place: CasePlace | null) => (each: CasePlace) =>
  place !== null && each.caseIndex === place.caseIndex && each.repeat === place.repeat;

export class OpenedRound implements RunListener {
  roundId: string | null = $state(null);
  round: RoundView | null = $state.raw(null);
  error: IpcError | null = $state.raw(null);
  /** The case that is read; `null` while the table of all cases is on screen. */
  place: CasePlace | null = $state.raw(null);
  /** The case that was read last, where the table goes on. */
  lastPlace: CasePlace | null = null;
  case: CaseView | null = $state.raw(null);
  caseError: IpcError | null = $state.raw(null);
  /** Names, costs, colours and figures are hidden until the person has voted. */
  isBlindOn: boolean = $state(false);

  /** A table is only of use where there is more than one case, or it is asked more than once. */
  readonly isTable: boolean = $derived(
    this.round !== null && (this.round.cases.length > 1 || this.round.definition.repeats > 1),
  );
  /** The cells of the case that is read, by their columns. */
  readonly cells: readonly CellView[] = $derived(
    (this.round?.cells ?? []).filter(isAt(this.place)),
  );
  readonly votes: readonly VoteView[] = $derived(
    (this.round?.votes ?? []).filter(isAt(this.place)),
  );
  readonly ownVote: VoteView | null = $derived(
    this.votes.find(({ voter }) => voter === 'me') ?? null,
  );
  /** The case that is read is to be judged without knowing whose the answers are. */
  readonly isBlind: boolean = $derived(
    this.isBlindOn && this.ownVote === null && this.place !== null,
  );
  /** A vote now would be cast without ever having seen whose the answers are. */
  readonly isVoteBlind: boolean = $derived.by(() => this.isBlind && !this.isSeen);
  /** Whose the answers are was on screen once, so that no later vote about them is blind. */
  readonly isSeen: boolean = $derived.by(() => this.#seen.has(this.#placeKey()));
  readonly isCaseOver: boolean = $derived(this.cells.length > 0 && this.cells.every(isOver));
  /** The columns in the order in which they stand on screen. */
  readonly order: readonly number[] = $derived.by(() => {
    const count = this.round?.columns.length ?? 0;
    const { place, roundId } = this;
    // The order stays when the names come back, so that no answer leaves its place under the eye.
    if (this.isBlindOn && place) {
      return shuffled(count, `${roundId} ${place.caseIndex} ${place.repeat}`);
    }
    return Array.from({ length: count }, (_, index) => index);
  });

  readonly #seen = new SvelteSet<string>();
  #reading = 0;
  #readingCase = 0;
  readonly #pace = new Pace(REREAD_MS, () => void this.reread());

  constructor(
    private readonly backend: Backend,
    private readonly runs: Runs,
  ) {
    runs.listen(this);
  }

  #placeKey(): string {
    return `${this.roundId} ${this.place?.caseIndex} ${this.place?.repeat}`;
  }

  /** Notes that the names are on screen. */
  markSeen(): void {
    if (!this.isBlind && this.place !== null) this.#seen.add(this.#placeKey());
  }

  /** The next case after this one that the person has not voted on; `null` where there is none. */
  nextWithoutVote(): CasePlace | null {
    const { round, place } = this;
    if (!round) return null;
    const { repeats } = round.definition;
    const total = round.cases.length * repeats;
    const now = place ? place.caseIndex * repeats + place.repeat : -1;
    const voted = round.votes
      .filter(({ voter }) => voter === 'me')
      .map(({ caseIndex, repeat }) => caseIndex * repeats + repeat);
    for (let step = 1; step <= total; step += 1) {
      const next = (now + step) % total;
      if (next !== now && !voted.includes(next)) {
        return { caseIndex: Math.floor(next / repeats), repeat: next % repeats };
      }
    }
    return null;
  }

  /** The answer of a column in the case that is read, as it is stored. */
  answerOf(column: number): MessageView | undefined {
    return this.case?.answers.find((each) => each.column === column)?.message;
  }

  /** Any answer of the case that is read, for its receipt. */
  message(messageId: string): MessageView | undefined {
    const merged = (this.case?.merged ?? []).flatMap(({ message }) => (message ? [message] : []));
    const answers = (this.case?.answers ?? []).map(({ message }) => message);
    return [...answers, ...merged].find(({ id }) => id === messageId);
  }

  async open(roundId: string | null, place: CasePlace | null = null): Promise<void> {
    this.#reading += 1;
    this.#readingCase += 1;
    this.roundId = roundId;
    this.round = null;
    this.error = null;
    this.place = place;
    this.lastPlace = place;
    this.case = null;
    this.caseError = null;
    if (roundId !== null) await this.reread();
  }

  /** A round that has just begun is known already. */
  async show(round: RoundView): Promise<void> {
    await this.open(null);
    this.roundId = round.id;
    this.round = round;
    await this.#settlePlace();
  }

  async reread(): Promise<void> {
    const { roundId } = this;
    if (roundId === null) return;
    this.#reading += 1;
    const reading = this.#reading;
    try {
      const round = await this.backend.call('round_open', { roundId });
      if (reading !== this.#reading) return;
      this.round = round;
      this.error = null;
      await this.#settlePlace();
    } catch (thrown) {
      if (reading === this.#reading) this.error = toIpcError(thrown);
    }
  }

  /** Opens a case; `null` goes back to the table. */
  async openCase(place: CasePlace | null): Promise<void> {
    if (place !== null && isAt(place)(this.place ?? { caseIndex: -1, repeat: 0 })) return;
    this.#readingCase += 1;
    this.place = place;
    this.lastPlace = place ?? this.lastPlace;
    this.case = null;
    this.caseError = null;
    if (place !== null) await this.rereadCase();
  }

  /** To the next case or the one before; stays where there is none. */
  async stepCase(by: 1 | -1): Promise<void> {
    const { round, place } = this;
    if (!round || !this.isTable) return;
    const { repeats } = round.definition;
    const now = place ? place.caseIndex * repeats + place.repeat : by > 0 ? -1 : 0;
    const next = now + by;
    if (next < 0 || next >= round.cases.length * repeats) return;
    await this.openCase({ caseIndex: Math.floor(next / repeats), repeat: next % repeats });
  }

  async rereadCase(): Promise<void> {
    const { roundId, place } = this;
    if (roundId === null || place === null) return;
    this.#readingCase += 1;
    const reading = this.#readingCase;
    try {
      const view = await this.backend.call('case_open', { roundId, ...place });
      if (reading !== this.#readingCase) return;
      this.case = view;
      this.caseError = null;
      for (const { message } of view.answers) this.#join(message);
      for (const { message } of view.merged) if (message) this.#join(message);
    } catch (thrown) {
      if (reading === this.#readingCase) this.caseError = toIpcError(thrown);
    }
  }

  /** An answer that is being written is joined as one in a chat is. */
  #join(message: MessageView): void {
    if (message.status === 'streaming') this.runs.attach(`round ${this.roundId}`, message);
  }

  /** Puts a merged answer in place without asking for the whole case. */
  putMerged(merged: MergedView): void {
    if (!this.case) return;
    const others = this.case.merged.filter(({ id }) => id !== merged.id);
    this.case = { ...this.case, merged: [...others, merged] };
    if (merged.message) this.#join(merged.message);
  }

  dropMerged(mergeId: string): void {
    if (!this.case) return;
    this.case = { ...this.case, merged: this.case.merged.filter(({ id }) => id !== mergeId) };
  }

  changed(): void {
    this.#pace.ask();
  }

  ended(conversationId: string, answer: MessageView): void {
    if (conversationId !== `round ${this.roundId}` || !this.case) return;
    const replace = (message: MessageView | null) => (message?.id === answer.id ? answer : message);
    this.case = {
      ...this.case,
      answers: this.case.answers.map((each): CaseAnswer => ({
        ...each,
        message: replace(each.message) ?? each.message,
      })),
      merged: this.case.merged.map((each) => ({ ...each, message: replace(each.message) })),
    };
    this.#pace.ask();
  }

  vanished(conversationId: string): void {
    if (conversationId === `round ${this.roundId}`) void this.rereadCase();
  }

  /** Where there is one case it is read at once; where it has answers that are not here, again. */
  async #settlePlace(): Promise<void> {
    if (!this.isTable && this.place === null) {
      this.place = { caseIndex: 0, repeat: 0 };
      await this.rereadCase();
      return;
    }
    if (this.place !== null && (this.case === null || this.#isCaseOld())) await this.rereadCase();
  }

  #isCaseOld(): boolean {
    return this.cells.some((cell) => {
      const message = this.answerOf(cell.column);
      if (cell.runId !== (message?.run?.id ?? null)) return true;
      const isStreaming = message?.status === 'streaming';
      return isStreaming && isOver(cell) && !this.runs.byMessage(message.id);
    });
  }
}
