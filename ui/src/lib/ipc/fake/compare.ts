/**
 * Comparisons in memory: kept sets, their rounds, votes, judges, merges. It keeps the rules that the
 * window relies on: a round is a snapshot, what runs can be joined, what was deleted comes back.
 *
 * Long because every command about comparisons is answered here, most in a line or two.
 */

import type { PlainName, Reply, Request } from '../backend';
import type {
  CaseContinue,
  CellReference,
  ComparisonView,
  ConversationView,
  DefinitionView,
  MergedView,
  MessageView,
  ModelView,
  RunView,
} from '../gen/types';
import { checkDefinition, exampleDefinition, NO_PARAMETERS } from './compare-definition';
import { estimateOf, judgeEstimateOf } from './compare-estimate';
import { exportRound } from './compare-export';
import { casesToJudge, mergeKey, saveStitch, startMerge, verdictOf } from './compare-merges';
import { rankingOf } from './compare-ranking';
import { outcomeOf, prepareReplay, roundAgainst } from './compare-past';
import { FakeRound, type CaseKey, type Cell, type Surroundings } from './compare-round';
import { importRows } from './compare-rows';
import { refuse } from './refuse';
import { savedFile } from './saved';

type CompareName = Extract<
  PlainName,
  | `comparison_${string}`
  | `round_${string}`
  | `cell_${string}`
  | `case_${string}`
  | `rows_${string}`
  | `vote_${string}`
  | `merge_${string}`
  | `stitch_${string}`
  | `judge_${string}`
  | `ranking_${string}`
  | `replay_${string}`
>;
export type CompareHandlers = { [Name in CompareName]: (request: Request<Name>) => Reply<Name> };

export interface CompareSurroundings extends Surroundings {
  addConversation: (view: ConversationView) => void;
  conversations: () => Iterable<ConversationView>;
}

interface Kept {
  id: string;
  definition: DefinitionView;
  createdAt: number;
  updatedAt: number;
  rounds: FakeRound[];
  isDeleted: boolean;
}

interface WantedVerdict {
  key: CaseKey;
  judge: ModelView;
}

export class FakeComparisons {
  readonly #kept = new Map<string, Kept>();
  readonly #judging = new Map<string, ReturnType<typeof setInterval>>();
  readonly #deletedMerges = new Map<string, { key: string; merged: MergedView }>();

  readonly #lostVerdicts = new Map<string, WantedVerdict[]>();

  constructor(private readonly around: CompareSurroundings) {}

  /** Puts a comparison of an earlier day in place. */
  seed(id: string, definition: DefinitionView, at: number, ordinals = 1): FakeRound[] {
    const kept: Kept = {
      id,
      definition,
      createdAt: at,
      updatedAt: at,
      rounds: [],
      isDeleted: false,
    };
    this.#kept.set(id, kept);
    for (let ordinal = 1; ordinal <= ordinals; ordinal += 1) this.#addRound(kept, at);
    return kept.rounds;
  }

  /** The receipt of a cell's run, which stands in no chat. */
  run(runId: string): RunView | undefined {
    for (const { rounds } of this.#kept.values()) {
      for (const { cells } of rounds) {
        const found = cells.find(({ message }) => message?.run?.id === runId);
        if (found) return found.message?.run ?? undefined;
      }
    }
    return undefined;
  }

  #find(id: string): Kept {
    const kept = this.#kept.get(id);
    return kept && !kept.isDeleted
      ? kept
      : refuse('not_found', 'That comparison is not there any more.', 'Start a new one.');
  }

  #round(id: string): FakeRound {
    for (const { rounds, isDeleted } of this.#kept.values()) {
      const round = rounds.find((each) => each.id === id);
      if (round && !isDeleted && !round.isDeleted) return round;
    }
    return refuse('not_found', 'That round is not there any more.', 'Run it again.');
  }

  #cell({ roundId, caseIndex, repeat, column }: CellReference): [FakeRound, Cell] {
    const round = this.#round(roundId);
    const cell =
      round.cell(caseIndex, repeat, column) ??
      refuse('not_found', 'That answer is not there.', 'Open the round again.');
    return [round, cell];
  }

  #view({ id, definition, createdAt, updatedAt, rounds }: Kept): ComparisonView {
    const there = rounds.filter(({ isDeleted }) => !isDeleted);
    return { id, definition, createdAt, updatedAt, rounds: there.map((round) => round.summary()) };
  }

  #addRound(kept: Kept, at: number): FakeRound {
    const { definition } = kept;
    const estimate = estimateOf(definition, this.around).totalNanoUsd;
    const ordinal = (kept.rounds.at(-1)?.ordinal ?? 0) + 1;
    const id = this.around.id('round');
    const snapshot = structuredClone(definition);
    const round = new FakeRound(id, kept.id, ordinal, snapshot, at, estimate, this.around);
    kept.rounds.push(round);
    return round;
  }

  #isRunning = ({ rounds }: Kept) => rounds.some(({ state }) => state === 'running');

  readonly handlers: CompareHandlers = {
    comparison_list: () =>
      [...this.#kept.values()]
        .filter(({ isDeleted }) => !isDeleted)
        .sort((left, right) => right.updatedAt - left.updatedAt)
        .map((kept) => {
          const { id, definition, updatedAt } = kept;
          const newest = this.#view(kept).rounds.at(-1) ?? null;
          return { id, name: definition.name, updatedAt, newest };
        }),
    comparison_open: ({ comparisonId }) => this.#view(this.#find(comparisonId)),
    comparison_save: ({ comparisonId, definition }) => {
      checkDefinition(definition, false);
      const now = Date.now();
      const kept = comparisonId === null ? undefined : this.#find(comparisonId);
      const id = comparisonId ?? this.around.id('comparison');
      const next: Kept = {
        ...(kept ?? { id, createdAt: now, rounds: [], isDeleted: false }),
        definition: structuredClone(definition),
        updatedAt: now,
      };
      this.#kept.set(id, next);
      this.around.changed({ comparisons: true });
      return this.#view(next);
    },
    comparison_estimate: ({ definition }) => estimateOf(definition, this.around),
    comparison_start: ({ comparisonId }) => {
      const kept = this.#find(comparisonId);
      checkDefinition(kept.definition);
      if (this.#isRunning(kept)) {
        refuse('busy', 'A round of it is running.', 'Wait for its end, or stop it.');
      }
      const round = this.#addRound(kept, Date.now());
      kept.updatedAt = Date.now();
      round.pump();
      this.around.changed({ comparisons: true, roundIds: [round.id] });
      return round.view();
    },
    comparison_delete: ({ comparisonId }) => {
      const kept = this.#find(comparisonId);
      for (const round of kept.rounds) if (round.state === 'running') round.stop();
      kept.isDeleted = true;
      this.around.changed({ comparisons: true, votes: true });
      return null;
    },
    comparison_restore: ({ comparisonId }) => {
      const kept = this.#kept.get(comparisonId) ?? refuse('not_found', 'It is gone for good.', '');
      kept.isDeleted = false;
      this.around.changed({ comparisons: true, votes: true });
      return null;
    },
    comparison_example: () => exampleDefinition(),
    round_open: ({ roundId }) => this.#round(roundId).view(),
    round_pause: ({ roundId }) => {
      this.#round(roundId).pause('asked');
      return null;
    },
    round_resume: ({ roundId, failedToo }) => {
      this.#round(roundId).resume(failedToo);
      return null;
    },
    round_stop: ({ roundId }) => {
      this.#round(roundId).stop();
      return null;
    },
    round_delete: ({ roundId }) => {
      const round = this.#round(roundId);
      round.stop();
      round.isDeleted = true;
      this.around.changed({ comparisons: true, votes: true });
      return null;
    },
    round_export: ({ roundId, format }) => exportRound(this.#round(roundId), format),
    round_save: ({ roundId, format }) => {
      const round = this.#round(roundId);
      const ending = format === 'markdown' ? 'md' : format;
      const text = exportRound(round, format);
      return savedFile(`${round.definition.name}, round ${round.ordinal}.${ending}`, text);
    },
    cell_stop: (reference) => {
      const [round, cell] = this.#cell(reference);
      round.stopCell(cell);
      return null;
    },
    cell_again: (reference) => {
      const [round, cell] = this.#cell(reference);
      round.again(cell);
      return null;
    },
    case_open: ({ roundId, caseIndex, repeat }) => {
      const round = this.#round(roundId);
      const key = { caseIndex, repeat };
      const prompt = round.cases[caseIndex]?.prompt ?? refuse('not_found', 'No such prompt.', '');
      const merged = round.merged.get(mergeKey(key)) ?? [];
      return { ...key, prompt, answers: round.answers(key), merged };
    },
    case_continue: (request) => ({
      conversations: this.#continue(request).map((view) => {
        this.around.addConversation(view);
        return view.summary;
      }),
    }),
    replay_outcome: ({ roundId }) => outcomeOf(this.#round(roundId), this.around.conversations()),
    replay_prepare: (request) => prepareReplay(request, this.around.conversations(), this.around),
    round_against: ({ olderRoundId, newerRoundId }) =>
      roundAgainst(this.#round(olderRoundId), this.#round(newerRoundId)),
    rows_import: importRows,
    vote_set: ({ roundId, ...vote }) => {
      const round = this.#round(roundId);
      round.votes = [
        ...round.votes.filter((each) => each.voter !== 'me' || mergeKey(each) !== mergeKey(vote)),
        {
          ...vote,
          voter: 'me',
          voterName: 'You',
          tag: vote.tag ?? round.definition.tag,
          ordersAgree: null,
          cost: null,
          createdAt: Date.now(),
        },
      ];
      round.changed({ votes: true });
      return null;
    },
    vote_clear: ({ roundId, ...key }) => {
      const round = this.#round(roundId);
      round.votes = round.votes.filter(
        (each) => each.voter !== 'me' || mergeKey(each) !== mergeKey(key),
      );
      round.changed({ votes: true });
      return null;
    },
    judge_estimate: (request) => {
      const round = this.#round(request.roundId);
      const cases = casesToJudge(round, request).length;
      const columns = round.definition.columns.length;
      return judgeEstimateOf(request.judging.judges, cases, columns, this.around);
    },
    judge_start: (request) => {
      const round = this.#round(request.roundId);
      const judges = request.judging.judges.map((target) => this.around.firstOf(target).model);
      if (judges.length === 0) {
        refuse('invalid_input', 'Nobody judges.', 'Choose a model.', 'judging');
      }
      const todo = casesToJudge(round, request).flatMap((key) =>
        judges.map((judge) => ({ key, judge })),
      );
      // A rubric with these words makes a judge that cannot be read the first time.
      this.#sendJudges(round, todo, request.judging.rubric.includes('fail at first'));
      return null;
    },
    judge_again: ({ roundId }) => {
      const round = this.#round(roundId);
      const lost = this.#lostVerdicts.get(roundId) ?? [];
      if (lost.length === 0) {
        refuse('invalid_input', 'No verdict is missing.', 'Choose judges, and ask them.');
      }
      this.#sendJudges(round, lost, false);
      return null;
    },
    judge_stop: ({ roundId }) => {
      this.#endJudging(this.#round(roundId));
      return null;
    },
    merge_start: (request) => startMerge(this.#round(request.roundId), request, this.around),
    merge_delete: ({ roundId, mergeId }) => {
      const round = this.#round(roundId);
      for (const [key, list] of round.merged) {
        const merged = list.find(({ id }) => id === mergeId);
        if (merged) this.#deletedMerges.set(mergeId, { key, merged });
        round.merged.set(
          key,
          list.filter(({ id }) => id !== mergeId),
        );
      }
      round.changed();
      return null;
    },
    merge_restore: ({ roundId, mergeId }) => {
      const round = this.#round(roundId);
      const deleted =
        this.#deletedMerges.get(mergeId) ?? refuse('not_found', 'The merged answer is gone.', '');
      round.merged.set(deleted.key, [...(round.merged.get(deleted.key) ?? []), deleted.merged]);
      this.#deletedMerges.delete(mergeId);
      round.changed();
      return null;
    },
    ranking_open: (request) => {
      const kept = [...this.#kept.values()].filter(({ isDeleted }) => !isDeleted);
      const rounds = kept.flatMap((each) => each.rounds).filter(({ isDeleted }) => !isDeleted);
      return rankingOf(rounds, request, this.around);
    },
    stitch_save: (request) => saveStitch(this.#round(request.roundId), request, this.around),
  };

  #sendJudges(round: FakeRound, wanted: readonly WantedVerdict[], doFail: boolean): void {
    const todo = [...wanted];
    this.#lostVerdicts.set(round.id, []);
    round.judging = {
      done: 0,
      total: todo.length * 2,
      failed: 0,
      problem: null,
      isRunning: true,
    };
    round.changed();
    const timer = setInterval(() => {
      const next = todo.shift();
      if (!next) {
        this.#endJudging(round);
        return;
      }
      if (round.judging) round.judging = { ...round.judging, done: round.judging.done + 2 };
      if (doFail) {
        this.#lostVerdicts.get(round.id)?.push(next);
        if (round.judging) {
          const problem = `${next.judge.name} gave no verdict that can be read.`;
          round.judging = { ...round.judging, failed: round.judging.failed + 1, problem };
        }
        round.changed();
        return;
      }
      const verdict = verdictOf(round, next.key, next.judge, true);
      round.votes = [
        ...round.votes.filter(
          (vote) => vote.voter !== verdict.voter || mergeKey(vote) !== mergeKey(verdict),
        ),
        verdict,
      ];
      round.changed({ votes: true, spend: true });
    }, this.around.tickMillis * 10);
    this.#judging.set(round.id, timer);
  }

  #endJudging(round: FakeRound): void {
    clearInterval(this.#judging.get(round.id));
    this.#judging.delete(round.id);
    if (round.judging) round.judging = { ...round.judging, isRunning: false };
    round.changed();
  }

  #continue({ roundId, caseIndex, repeat, columns, mergeId }: CaseContinue): ConversationView[] {
    const round = this.#round(roundId);
    const key = { caseIndex, repeat };
    const prompt = round.cases[caseIndex]?.prompt ?? '';
    if (mergeId !== null) {
      const merged = (round.merged.get(mergeKey(key)) ?? []).find(({ id }) => id === mergeId);
      const text = merged?.text ?? merged?.message?.text ?? '';
      return [this.#chat(prompt, text, merged?.message ?? null, null)];
    }
    return round
      .cellsOf(key)
      .filter(({ column, state }) =>
        columns.length === 0 ? state === 'answered' : columns.includes(column),
      )
      .flatMap(({ message, column }) =>
        message
          ? [this.#chat(prompt, message.text, message, round.definition.columns[column] ?? null)]
          : [],
      );
  }

  #chat(
    prompt: string,
    text: string,
    source: MessageView | null,
    column: DefinitionView['columns'][number] | null,
  ): ConversationView {
    const id = this.around.id('conversation');
    const now = Date.now();
    const question: MessageView = {
      id: this.around.id('question'),
      parentId: null,
      role: 'user',
      text: prompt,
      reasoning: '',
      status: 'complete',
      createdAt: now,
      run: null,
    };
    const answer: MessageView = {
      ...question,
      id: this.around.id('answer'),
      parentId: question.id,
      role: 'assistant',
      text,
      run: source?.run ?? null,
    };
    return {
      summary: { id, title: prompt.slice(0, 60), createdAt: now, updatedAt: now },
      systemPrompt: column?.systemPrompt ?? '',
      parameters: column?.parameters ?? NO_PARAMETERS,
      endpoint: source?.run?.endpoint ?? null,
      target: column?.target ?? null,
      activeLeaf: answer.id,
      messages: [question, answer],
    };
  }
}
