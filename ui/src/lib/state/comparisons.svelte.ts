/** Comparisons: those that are kept, the one on screen, and what a person does with it. */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type {
  ColumnView,
  ComparisonEstimate,
  ComparisonSummary,
  ComparisonView,
  ContinuedChats,
  FoundCase,
  IpcError,
  JudgeEstimate,
  JudgeStart,
  MergedView,
  MergeStart,
  RowsView,
  SavedFile,
  StitchSave,
  StoreChanged,
  VoteSet,
} from '../ipc/gen/types';
import { CaseTools } from './case-tools.svelte';
import { ComparisonDraft } from './comparison-draft.svelte';
import { OpenedRound } from './opened-round.svelte';
import { Pace } from './pace';
import { Rankings } from './rankings.svelte';
import type { Runs } from './runs.svelte';

const ESTIMATE_MS = 300;
/** A round of hundreds of answers changes many times a second. */
const COUNT_MS = 1_000;

export type ExportFormat = 'html' | 'markdown' | 'csv' | 'json';
type OwnVote = Pick<VoteSet, 'verdict' | 'column'> &
  Partial<Pick<VoteSet, 'tag' | 'note' | 'isBlind'>>;

export class Comparisons {
  list: readonly ComparisonSummary[] = $state.raw([]);
  hasLoaded: boolean = $state(false);
  listError: IpcError | null = $state.raw(null);

  /** The comparison on screen; `null` for one that is not kept yet. */
  openId: string | null = $state(null);
  opened: ComparisonView | null = $state.raw(null);
  openError: IpcError | null = $state.raw(null);

  readonly draft = new ComparisonDraft();
  readonly shown: OpenedRound;
  readonly tools = new CaseTools();
  readonly rankings: Rankings;
  estimate: ComparisonEstimate | null = $state.raw(null);
  /** Why it could not be priced, kept or begun; `field` names what is wrong. */
  problem: IpcError | null = $state.raw(null);
  isStarting: boolean = $state(false);
  /** The column that fills the view; `null` for all beside each other. */
  focused: number | null = $state(null);
  /** Counts what asks for the focus in the composer. */
  focusRequests: number = $state(0);

  /** What was changed since it was last kept. */
  readonly isChanged: boolean = $derived.by(() => {
    const now = this.draft.definition();
    return this.opened === null || JSON.stringify(now) !== JSON.stringify(this.opened.definition);
  });

  #opening = 0;
  #pricing = 0;
  readonly #pricePace = new Pace(ESTIMATE_MS, () => void this.#price());
  readonly #countPace = new Pace(COUNT_MS, () => {
    void this.refresh();
    void this.#rereadRounds();
  });

  constructor(
    private readonly backend: Backend,
    runs: Runs,
  ) {
    this.shown = new OpenedRound(backend, runs);
    this.rankings = new Rankings(backend);
  }

  get isRunning(): boolean {
    return this.shown.round?.state === 'running';
  }

  async refresh(): Promise<void> {
    try {
      this.list = await this.backend.call('comparison_list', null);
      this.listError = null;
    } catch (thrown) {
      this.listError = toIpcError(thrown);
    }
    this.hasLoaded = true;
  }

  /** Opens a comparison with its newest round. */
  async open(comparisonId: string): Promise<void> {
    this.rankings.isShown = false;
    if (this.openId === comparisonId && this.opened) return;
    this.#opening += 1;
    const opening = this.#opening;
    this.#leave(comparisonId);
    try {
      const view = await this.backend.call('comparison_open', { comparisonId });
      if (opening !== this.#opening) return;
      this.opened = view;
      this.draft.load(view.definition);
      await this.shown.open(view.rounds.at(-1)?.id ?? null);
    } catch (thrown) {
      if (opening === this.#opening) this.openError = toIpcError(thrown);
    }
  }

  /** An empty one, put to the models of the last, or to these. */
  openNew(columns: readonly ColumnView[] = this.draft.columns): void {
    this.#opening += 1;
    this.#leave(null);
    this.draft.clear(columns);
    void this.shown.open(null);
    this.focusRequests += 1;
  }

  #leave(comparisonId: string | null): void {
    this.rankings.isShown = false;
    this.openId = comparisonId;
    this.opened = null;
    this.openError = null;
    this.problem = null;
    this.estimate = null;
    this.focused = null;
  }

  async openExample(): Promise<void> {
    const definition = await this.backend.call('comparison_example', null);
    this.openNew([]);
    this.draft.load(definition);
    await this.run();
  }

  openRound(roundId: string): Promise<void> {
    this.focused = null;
    return this.shown.open(roundId);
  }

  /** Opens the answers to one prompt, wherever in whichever comparison they are. */
  async openAt(found: FoundCase): Promise<void> {
    const { comparisonId, roundId, caseIndex, repeat } = found;
    await this.open(comparisonId);
    if (this.openId !== comparisonId || this.openError) return;
    this.focused = null;
    // Whoever comes from a receipt has read whose answer it is.
    this.shown.isBlindOn = false;
    await this.shown.open(roundId, { caseIndex, repeat });
  }

  /** Asks what it would cost, soon. */
  price(): void {
    this.#pricePace.ask();
  }

  async #price(): Promise<void> {
    this.#pricing += 1;
    const pricing = this.#pricing;
    if (!this.draft.canRun) {
      this.estimate = null;
      return;
    }
    try {
      const definition = this.draft.definition();
      const estimate = await this.backend.call('comparison_estimate', { definition });
      if (pricing !== this.#pricing) return;
      this.estimate = estimate;
      this.problem = null;
    } catch (thrown) {
      if (pricing !== this.#pricing) return;
      this.estimate = null;
      this.problem = toIpcError(thrown);
    }
  }

  /** Keeps it as it is now. False, with `problem`, where that is refused. */
  async save(): Promise<boolean> {
    this.problem = null;
    try {
      await this.#keep();
      return true;
    } catch (thrown) {
      this.problem = toIpcError(thrown);
      return false;
    }
  }

  async #keep(): Promise<string> {
    const definition = this.draft.definition();
    const saved = await this.backend.call('comparison_save', {
      comparisonId: this.openId,
      definition,
    });
    this.openId = saved.id;
    this.opened = saved;
    this.draft.name = definition.name;
    return saved.id;
  }

  /** Keeps it and begins a round of it. */
  async run(): Promise<boolean> {
    if (this.isStarting || this.isRunning || !this.draft.canRun) return false;
    this.isStarting = true;
    this.problem = null;
    try {
      const comparisonId = await this.#keep();
      const round = await this.backend.call('comparison_start', { comparisonId });
      this.focused = null;
      await this.shown.show(round);
      this.opened = await this.backend.call('comparison_open', { comparisonId });
      return true;
    } catch (thrown) {
      this.problem = toIpcError(thrown);
      return false;
    } finally {
      this.isStarting = false;
    }
  }

  async rename(comparisonId: string, name: string): Promise<void> {
    const trimmed = name.trim();
    if (trimmed === '') return;
    const view = await this.backend.call('comparison_open', { comparisonId });
    if (view.definition.name === trimmed) return;
    const definition = { ...view.definition, name: trimmed };
    const saved = await this.backend.call('comparison_save', { comparisonId, definition });
    if (this.openId === comparisonId) {
      this.opened = saved;
      this.draft.name = trimmed;
    }
    await this.refresh();
  }

  async delete(comparisonId: string): Promise<void> {
    await this.backend.call('comparison_delete', { comparisonId });
    this.list = this.list.filter(({ id }) => id !== comparisonId);
    if (this.openId === comparisonId) this.openNew();
  }

  async restore(comparisonId: string): Promise<void> {
    await this.backend.call('comparison_restore', { comparisonId });
    await this.refresh();
  }

  importRows(text: string, format: string | null): Promise<RowsView> {
    return this.backend.call('rows_import', { text, format });
  }

  async pause(): Promise<void> {
    await this.backend.call('round_pause', { roundId: this.#roundId() });
  }

  async resume(failedToo: boolean): Promise<void> {
    await this.backend.call('round_resume', { roundId: this.#roundId(), failedToo });
  }

  async stop(): Promise<void> {
    await this.backend.call('round_stop', { roundId: this.#roundId() });
  }

  async stopCell(column: number): Promise<void> {
    await this.backend.call('cell_stop', { ...this.#case(), column });
  }

  async askAgain(column: number): Promise<void> {
    await this.backend.call('cell_again', { ...this.#case(), column });
    await this.shown.reread();
  }

  /** The person's vote about the case that is read. Shown at once. */
  async vote({ verdict, column, tag = null, note = '', isBlind }: OwnVote): Promise<void> {
    const wasBlind = isBlind ?? this.shown.isVoteBlind;
    const vote = { ...this.#case(), verdict, column, tag, note, isBlind: wasBlind };
    await this.backend.call('vote_set', vote);
    await this.shown.reread();
  }

  async clearVote(): Promise<void> {
    await this.backend.call('vote_clear', this.#case());
    await this.shown.reread();
  }

  /** About the case that is read, or about all that have no verdict of the judges yet. */
  judgeRequest(judging: JudgeStart['judging'], isThisCase: boolean): JudgeStart {
    const place = isThisCase ? this.shown.place : null;
    return {
      roundId: this.#roundId(),
      caseIndex: place?.caseIndex ?? null,
      repeat: place?.repeat ?? null,
      judging,
    };
  }

  judgeEstimate(request: JudgeStart): Promise<JudgeEstimate> {
    return this.backend.call('judge_estimate', request);
  }

  async judge(request: JudgeStart): Promise<void> {
    await this.backend.call('judge_start', request);
    this.draft.judging = request.judging;
  }

  /** Only for the verdicts that did not come about. */
  async judgeAgain(): Promise<void> {
    await this.backend.call('judge_again', { roundId: this.#roundId() });
  }

  async stopJudging(): Promise<void> {
    await this.backend.call('judge_stop', { roundId: this.#roundId() });
  }

  /** Makes one answer of several; it streams like any other. */
  async startMerge(request: Pick<MergeStart, 'kind' | 'target' | 'columns'>): Promise<MergedView> {
    const merged = await this.backend.call('merge_start', { ...this.#case(), ...request });
    this.shown.putMerged(merged);
    return merged;
  }

  async saveStitch(request: Pick<StitchSave, 'mergeId' | 'parts'>): Promise<MergedView> {
    const merged = await this.backend.call('stitch_save', { ...this.#case(), ...request });
    this.shown.putMerged(merged);
    return merged;
  }

  async deleteMerge(mergeId: string): Promise<void> {
    await this.backend.call('merge_delete', { roundId: this.#roundId(), mergeId });
    this.shown.dropMerged(mergeId);
  }

  async restoreMerge(roundId: string, mergeId: string): Promise<void> {
    await this.backend.call('merge_restore', { roundId, mergeId });
    if (this.shown.roundId === roundId) await this.shown.rereadCase();
  }

  /** Makes chats of the answers of these columns, or of all; or of what was merged. */
  continueCase(columns: number[], mergeId: string | null = null): Promise<ContinuedChats> {
    return this.backend.call('case_continue', { ...this.#case(), columns, mergeId });
  }

  export(format: ExportFormat): Promise<string> {
    return this.backend.call('round_export', { roundId: this.#roundId(), format });
  }

  /** Rust writes it into the folder for downloads. */
  saveFile(format: ExportFormat): Promise<SavedFile> {
    return this.backend.call('round_save', { roundId: this.#roundId(), format });
  }

  changed(change: StoreChanged): void {
    if (change.comparisons) {
      void this.refresh();
      void this.#rereadRounds();
    } else if (this.list.some(({ newest }) => newest && change.roundIds.includes(newest.id))) {
      // How many answers are there stands beside its name.
      this.#countPace.ask();
    }
    const { roundId } = this.shown;
    if (change.votes || change.comparisons) this.rankings.changed();
    const isOpen = roundId !== null && change.roundIds.includes(roundId);
    if (isOpen || (roundId !== null && (change.votes || change.comparisons))) this.shown.changed();
  }

  /** Which rounds there are; what is being set up stays as it is. */
  async #rereadRounds(): Promise<void> {
    const comparisonId = this.openId;
    if (comparisonId === null || !this.opened) return;
    try {
      const view = await this.backend.call('comparison_open', { comparisonId });
      if (this.openId === comparisonId) this.opened = view;
    } catch {
      // It was deleted, perhaps for ten seconds only.
    }
  }

  #roundId(): string {
    return this.shown.roundId ?? '';
  }

  #case(): { roundId: string; caseIndex: number; repeat: number } {
    const { caseIndex = 0, repeat = 0 } = this.shown.place ?? {};
    return { roundId: this.#roundId(), caseIndex, repeat };
  }
}
