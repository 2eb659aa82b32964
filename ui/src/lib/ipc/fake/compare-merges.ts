/** Judging and merging in the fake: what models are asked about the answers of others. */

import type {
  JudgeStart,
  MergedView,
  MergeStart,
  ModelView,
  StitchSave,
  TargetView,
  VoteView,
} from '../gen/types';
import type { CaseKey, FakeRound, Surroundings } from './compare-round';
import { hashOf } from './compare-script';
import { refuse } from './refuse';
import { FakeRun } from './run';
import { emptyAnswer, scriptFor } from './script';

export const mergeKey = ({ caseIndex, repeat }: CaseKey) => `${caseIndex} ${repeat}`;

/** What is still to be judged: whole cases, each with at least two answers. */
export function casesToJudge(round: FakeRound, { caseIndex, repeat }: JudgeStart): CaseKey[] {
  const keys: CaseKey[] = [];
  for (const cell of round.cells) {
    if (cell.column !== 0) continue;
    if (caseIndex !== null && cell.caseIndex !== caseIndex) continue;
    if (caseIndex !== null && repeat !== null && cell.repeat !== repeat) continue;
    const answered = round.cellsOf(cell).filter(({ state }) => state === 'answered');
    const key = { caseIndex: cell.caseIndex, repeat: cell.repeat };
    const isJudged = round.votes.some(
      (vote) => vote.voter !== 'me' && mergeKey(vote) === mergeKey(key),
    );
    if (answered.length > 1 && (!isJudged || caseIndex !== null)) keys.push(key);
  }
  return keys;
}

export function verdictOf(
  round: FakeRound,
  key: CaseKey,
  judge: ModelView,
  isBlind: boolean,
): VoteView {
  const columns = round
    .cellsOf(key)
    .filter(({ state }) => state === 'answered')
    .map(({ column }) => column);
  const seed = hashOf(`${round.id} ${mergeKey(key)} ${judge.key}`);
  const isTie = seed % 7 === 0;
  const column = columns[seed % columns.length] ?? null;
  return {
    ...key,
    voter: judge.key,
    voterName: judge.name,
    verdict: isTie ? 'tie' : 'best',
    column: isTie ? null : column,
    tag: round.definition.tag,
    note: isTie
      ? 'Both name the bound and say what happens when it is full.'
      : 'It names the bound, shows it in code and warns of the deadlock.',
    isBlind,
    ordersAgree: seed % 5 !== 0,
    cost: { nanoUsd: judge.isLocal ? 0 : 1_400_000 + (seed % 900_000), kind: 'computed' },
    createdAt: Date.now(),
  };
}

export function startMerge(
  round: FakeRound,
  { caseIndex, repeat, kind, target, columns }: MergeStart,
  around: Surroundings,
): MergedView {
  if (columns.length < 2) {
    refuse('invalid_input', 'A merge needs two answers.', 'Choose one more.', 'columns');
  }
  const { model } = around.firstOf(target);
  const runId = around.id('run');
  const answer = emptyAnswer(
    around.id('answer'),
    around.id('question'),
    runId,
    model.endpoint,
    model.colour,
    target satisfies TargetView,
  );
  const merged: MergedView = {
    id: around.id('merge'),
    kind,
    parts: [],
    text: null,
    message: answer,
    createdAt: Date.now(),
  };
  const key = mergeKey({ caseIndex, repeat });
  round.merged.set(key, [...(round.merged.get(key) ?? []), merged]);
  const script = scriptFor(model.endpoint, model.providerName, 'merge');
  const run = new FakeRun(
    `merge-${merged.id}`,
    runId,
    answer,
    script,
    around.tickMillis,
    (now, isOver) => {
      merged.message = now;
      if (!isOver) return;
      queueMicrotask(() => {
        around.unregister(runId);
        round.changed({ spend: true });
      });
    },
  );
  around.register(runId, run);
  run.play();
  return merged;
}

export function saveStitch(
  round: FakeRound,
  { mergeId, caseIndex, repeat, parts }: StitchSave,
  around: Surroundings,
): MergedView {
  const key = mergeKey({ caseIndex, repeat });
  const before = round.merged.get(key) ?? [];
  const stitched: MergedView = {
    id: mergeId ?? around.id('merge'),
    kind: 'stitched',
    parts,
    text: parts.map(({ text }) => text).join('\n\n'),
    message: null,
    createdAt: Date.now(),
  };
  round.merged.set(key, [...before.filter(({ id }) => id !== stitched.id), stitched]);
  round.changed();
  return stitched;
}
