/**
 * One round of the fake: it begins its cells a few at a time, follows their runs, and can be paused and
 * gone on with. Its views are made from the cells whenever they are asked for.
 */

import type {
  CaseAnswer,
  CellView,
  CostView,
  DefinitionView,
  JudgingProgress,
  MergedView,
  MessageView,
  ModelView,
  RouteView,
  RoundSummary,
  RoundView,
  SkippedView,
  StoreChanged,
  TargetView,
  VoteView,
} from '../gen/types';
import { answeringAttempt, outputTokens } from '../../../features/chat/facts';
import { checkAnswer } from './compare-checks';
import { casesOf, type FakeCase } from './compare-definition';
import { cellScript } from './compare-script';
import { FakeRun } from './run';
import { emptyAnswer } from './script';

export interface Surroundings {
  tickMillis: number;
  models: () => readonly ModelView[];
  /** Whom a target asks first; refuses where there is nobody. */
  firstOf: (target: TargetView) => { model: ModelView; route?: RouteView; skipped: SkippedView[] };
  /** The answer that stands in history under a question. */
  pastAnswer: (conversationId: string, questionId: string) => MessageView | undefined;
  /** Makes a run known, so that a window can join it. */
  register: (runId: string, run: FakeRun) => void;
  unregister: (runId: string) => void;
  id: (kind: string) => string;
  changed: (change: Partial<StoreChanged>) => void;
}

export interface Cell {
  caseIndex: number;
  repeat: number;
  column: number;
  state: string;
  message: MessageView | null;
  run: FakeRun | null;
  /** Why it could not even be begun. */
  problem: string | null;
  /** What its earlier runs cost. */
  before: CostView[];
}

export type CaseKey = Pick<Cell, 'caseIndex' | 'repeat'>;

const STATES: Record<string, string> = {
  complete: 'answered',
  failed: 'failed',
  stopped: 'stopped',
  interrupted: 'interrupted',
};

export function sumOf(costs: readonly CostView[]): CostView {
  if (costs.some(({ kind }) => kind === 'unknown')) return { nanoUsd: null, kind: 'unknown' };
  const nanoUsd = costs.reduce((sum, cost) => sum + (cost.nanoUsd ?? 0), 0);
  return {
    nanoUsd,
    kind: costs.some(({ kind }) => kind === 'estimated') ? 'estimated' : 'computed',
  };
}

export class FakeRound {
  readonly cases: readonly FakeCase[];
  readonly cells: Cell[] = [];
  readonly merged = new Map<string, MergedView[]>();
  votes: VoteView[] = [];
  state = 'running';
  reason: string | null = null;
  endedAt: number | null = null;
  judging: JudgingProgress | null = null;
  isDeleted = false;

  constructor(
    readonly id: string,
    readonly comparisonId: string,
    readonly ordinal: number,
    readonly definition: DefinitionView,
    readonly startedAt: number,
    private readonly estimate: number | null,
    private readonly around: Surroundings,
  ) {
    this.cases = casesOf(definition);
    for (let caseIndex = 0; caseIndex < this.cases.length; caseIndex += 1) {
      for (let repeat = 0; repeat < definition.repeats; repeat += 1) {
        for (let column = 0; column < definition.columns.length; column += 1) {
          const empty = { state: 'waiting', message: null, run: null, problem: null, before: [] };
          this.cells.push({ caseIndex, repeat, column, ...empty });
        }
      }
    }
  }

  cell(caseIndex: number, repeat: number, column: number): Cell | undefined {
    const { columns, repeats } = this.definition;
    return this.cells[(caseIndex * repeats + repeat) * columns.length + column];
  }

  cellsOf({ caseIndex, repeat }: CaseKey): Cell[] {
    return this.cells.filter((cell) => cell.caseIndex === caseIndex && cell.repeat === repeat);
  }

  /** Begins as many cells as there is room for. */
  pump(): void {
    if (this.state !== 'running') return;
    const byTime = [...this.cells].sort(
      (left, right) => left.repeat - right.repeat || left.caseIndex - right.caseIndex,
    );
    const busy = new Map<string, number>();
    for (const { state, message } of this.cells) {
      const provider = message?.run?.endpoint.providerId;
      if (state === 'running' && provider) busy.set(provider, (busy.get(provider) ?? 0) + 1);
    }
    for (const cell of byTime) {
      if (cell.state !== 'waiting') continue;
      if (this.#isOverCeiling()) {
        this.pause('ceiling');
        return;
      }
      const provider = this.#begin(cell, busy);
      if (provider !== null) busy.set(provider, (busy.get(provider) ?? 0) + 1);
    }
    this.#settle();
  }

  pause(reason: string): void {
    if (this.state !== 'running') return;
    this.state = 'paused';
    this.reason = reason;
    this.changed();
  }

  resume(hasFailedToo: boolean): void {
    for (const cell of this.cells) {
      const isLost = ['failed', 'stopped', 'problem'].includes(cell.state) && hasFailedToo;
      if (cell.state === 'interrupted' || isLost) this.#forget(cell);
    }
    this.#goOn();
  }

  stop(): void {
    this.state = 'paused';
    for (const cell of this.cells) this.stopCell(cell);
    this.#settle(true);
    this.changed();
  }

  stopCell(cell: Cell): void {
    if (cell.state === 'waiting') cell.state = 'stopped';
    cell.run?.stop();
    this.changed();
  }

  again(cell: Cell): void {
    cell.run?.stop();
    this.#forget(cell);
    this.#goOn();
  }

  changed(change: Partial<StoreChanged> = {}): void {
    this.around.changed({ roundIds: [this.id], ...change });
  }

  #goOn(): void {
    this.state = 'running';
    this.reason = null;
    this.endedAt = null;
    this.pump();
    this.changed();
  }

  #forget(cell: Cell): void {
    const cost = cell.message?.run?.receipt.cost;
    if (cost) cell.before.push(cost);
    Object.assign(cell, { state: 'waiting', message: null, run: null, problem: null });
  }

  #isOverCeiling(): boolean {
    const { ceiling } = this.definition;
    if (ceiling === null) return false;
    const spent = sumOf(this.#costs(this.cells)).nanoUsd ?? 0;
    return spent > 0 && spent >= Number(ceiling) * 1_000_000_000;
  }

  /** The provider that is asked; `null` where there is no room or nobody. */
  #begin(cell: Cell, busy: ReadonlyMap<string, number>): string | null {
    const column = this.definition.columns[cell.column];
    const asked = this.cases[cell.caseIndex]?.prompt ?? '';
    if (!column) return null;
    if (column.target === null) {
      this.#takePast(cell);
      return null;
    }
    let found: ReturnType<Surroundings['firstOf']>;
    try {
      found = this.around.firstOf(column.target);
    } catch (thrown) {
      cell.state = 'problem';
      cell.problem = (thrown as { message: string }).message;
      return null;
    }
    const { model, route, skipped } = found;
    const { providerId } = model.endpoint;
    if ((busy.get(providerId) ?? 0) >= this.definition.parallel) return null;
    const runId = this.around.id('run');
    const questionId = this.around.id('question');
    const answerId = this.around.id('answer');
    const colour = this.colourOf(cell.column);
    const answer = emptyAnswer(answerId, questionId, runId, model.endpoint, colour, column.target);
    if (answer.run) answer.run = { ...answer.run, routeName: route?.name ?? null, skipped };
    const script = cellScript(model, asked, String(cell.repeat));
    const run = new FakeRun(
      `cell-${answerId}`,
      runId,
      answer,
      script,
      this.around.tickMillis,
      (now, isOver) => this.#follow(cell, now, isOver),
    );
    Object.assign(cell, { state: 'running', message: answer, run });
    this.around.register(runId, run);
    run.play();
    return providerId;
  }

  #takePast(cell: Cell): void {
    const prompt = this.definition.prompts[cell.caseIndex];
    const past =
      prompt?.kind === 'past'
        ? this.around.pastAnswer(prompt.conversationId, prompt.questionId)
        : undefined;
    cell.message = past ?? null;
    cell.state = past ? (STATES[past.status] ?? 'failed') : 'problem';
    cell.problem = past ? null : 'There is no past answer to this question.';
  }

  #follow(cell: Cell, answer: MessageView, isOver: boolean): void {
    cell.message = answer;
    if (!isOver) return;
    cell.state = STATES[answer.status] ?? 'failed';
    cell.run = null;
    const runId = answer.run?.id;
    // What joins in this very moment is still told the end.
    queueMicrotask(() => {
      if (runId !== undefined) this.around.unregister(runId);
      this.pump();
      this.changed({ spend: true });
    });
  }

  #settle(isForced = false): void {
    const isBusy = this.cells.some(({ state }) => state === 'waiting' || state === 'running');
    if (isBusy && !isForced) return;
    this.state = 'done';
    this.endedAt = Date.now();
    this.around.changed({ comparisons: true });
  }

  colourOf(column: number): number {
    const target = this.definition.columns[column]?.target;
    const models = this.around.models();
    const model =
      target?.kind === 'model'
        ? models.find(({ key }) => key === target.key)
        : target?.kind === 'endpoint'
          ? models.find(({ endpoint }) => endpoint.model === target.endpoint.model)
          : undefined;
    return model?.colour ?? (column + 3) % 6;
  }

  nameOf(column: number): string {
    const view = this.definition.columns[column];
    if (!view) return '';
    if (view.label !== '') return view.label;
    const { target } = view;
    if (target === null) return 'Past answers';
    try {
      const { model, route } = this.around.firstOf(target);
      return route?.name ?? model.name;
    } catch {
      return target.kind === 'model' ? target.key : 'A model that is gone';
    }
  }

  #costs(cells: readonly Cell[]): CostView[] {
    return cells.flatMap(({ message, before, state }) => {
      const cost = message?.run?.receipt.cost;
      return cost && state !== 'running' ? [...before, cost] : before;
    });
  }

  summary(): RoundSummary {
    const { id, ordinal, state, startedAt, cells } = this;
    const answered = cells.filter((cell) => cell.state === 'answered').length;
    return { id, ordinal, state, startedAt, cells: cells.length, answered };
  }

  view(): RoundView {
    const cost = sumOf(this.#costs(this.cells));
    return {
      id: this.id,
      comparisonId: this.comparisonId,
      ordinal: this.ordinal,
      definition: this.definition,
      state: this.state,
      reason: this.reason,
      reasonWords: reasonWords(this.reason),
      estimateNanoUsd: this.estimate,
      startedAt: this.startedAt,
      endedAt: this.endedAt,
      columns: this.definition.columns.map((_, column) => {
        const own = sumOf(this.#costs(this.cells.filter((cell) => cell.column === column)));
        const share = cost.nanoUsd ? (own.nanoUsd ?? 0) / cost.nanoUsd : null;
        return { name: this.nameOf(column), colour: this.colourOf(column), cost: own, share };
      }),
      cases: this.cases.map(({ title, variables }) => ({ title, variables })),
      cells: this.cells.map((cell) => this.#cellView(cell)),
      votes: this.votes,
      cost,
      judging: this.judging,
    };
  }

  answers(key: CaseKey): CaseAnswer[] {
    return this.cellsOf(key).flatMap(({ column, message }) =>
      message ? [{ column, message }] : [],
    );
  }

  #cellView({ caseIndex, repeat, column, state, message, problem, before }: Cell): CellView {
    const run = message?.run ?? null;
    const answering = run ? answeringAttempt(run) : undefined;
    const variables = this.cases[caseIndex]?.variables ?? {};
    const isOver = state !== 'running';
    return {
      caseIndex,
      repeat,
      column,
      state,
      runId: run?.id ?? null,
      model: answering?.model ?? null,
      providerName: answering?.providerName ?? null,
      firstTokenMillis: answering?.firstTokenMillis ?? null,
      totalMillis: answering?.totalMillis ?? null,
      tokensPerSecond: answering?.tokensPerSecond ?? null,
      outputTokens: answering?.usage ? outputTokens(answering.usage) : null,
      cost: run && isOver ? run.receipt.cost : sumOf(before),
      attempts: (run?.receipt.attempts ?? []).map(
        ({ providerName, status, failure, madeBecause }) => ({
          madeBecause,
          providerName,
          status,
          failure: failure?.class ?? null,
          httpStatus: failure?.status ?? null,
        }),
      ),
      failure: problem ?? run?.failure?.sentence ?? null,
      length: message?.text.length ?? 0,
      checks:
        state === 'answered' && message
          ? this.definition.checks.map((check) =>
              checkAnswer(check, message.text, answering?.totalMillis ?? null, variables),
            )
          : [],
    };
  }
}

function reasonWords(reason: string | null): string | null {
  switch (reason) {
    case 'asked':
      return 'You paused it. Resume it when you like.';
    case 'ceiling':
      return 'It would cost more than your limit. Raise the limit, or stop it here.';
    case 'closed':
      return 'Patchbay was closed while it ran. Resume it to ask what is missing.';
    default:
      return null;
  }
}
