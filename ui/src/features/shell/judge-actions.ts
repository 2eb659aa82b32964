/** Voting, judging and reading answers together, from the keyboard. */

import type { WindowState } from '../../lib/state/index.svelte';
import type { CasePanel } from '../../lib/state/case-tools.svelte';
import type { Overlay } from '../../lib/state/application.svelte';
import type { Action } from './actions';

const MOST_VOTES = 9;

/** Answers of a case are on screen. */
export function isReadingCase({ application, comparisons }: WindowState): boolean {
  const { shown, rankings } = comparisons;
  return application.view.kind === 'compare' && !rankings.isShown && shown.place !== null;
}

const hasSeveral = (state: WindowState) =>
  isReadingCase(state) && state.comparisons.shown.cells.length > 1;

/** There is more than one answer, and all that come are there. */
export function canVote(state: WindowState): boolean {
  const { shown } = state.comparisons;
  return hasSeveral(state) && shown.isCaseOver && shown.case !== null;
}

function hasAnswer({ comparisons }: WindowState, position: number): boolean {
  const { shown } = comparisons;
  const column = shown.order[position];
  return column !== undefined && (shown.answerOf(column)?.text ?? '') !== '';
}

export function castVote(state: WindowState, verdict: string, column: number | null): void {
  const { comparisons } = state;
  const { tag, note } = comparisons.tools;
  const vote = { verdict, column, tag: tag.trim() || null, note: note.trim() };
  void state.attempt(() => comparisons.vote(vote));
}

const panel = (name: CasePanel) => (state: WindowState) => state.comparisons.tools.toggle(name);
const overlay = (kind: (Overlay & { kind: 'judge' | 'merge' | 'difference' })['kind']) => {
  return (state: WindowState) => {
    state.application.overlay = { kind };
  };
};

export const JUDGE_ACTIONS: readonly Action[] = [
  ...Array.from({ length: MOST_VOTES }, (_, position): Action => ({
    id: `vote-${position + 1}`,
    label: `Vote for answer ${position + 1}`,
    group: 'Compare',
    bareKey: String(position + 1),
    isHidden: true,
    isAvailable: (state) => canVote(state) && hasAnswer(state, position),
    run: (state) => castVote(state, 'best', state.comparisons.shown.order[position] ?? null),
  })),
  {
    id: 'vote-tie',
    label: 'Vote: tie',
    group: 'Compare',
    bareKey: 't',
    isAvailable: canVote,
    run: (state) => castVote(state, 'tie', null),
  },
  {
    id: 'vote-all-bad',
    label: 'Vote: all bad',
    group: 'Compare',
    bareKey: 'b',
    isAvailable: canVote,
    run: (state) => castVote(state, 'all_bad', null),
  },
  {
    id: 'vote-undo',
    label: 'Take the vote back',
    group: 'Compare',
    bareKey: 'u',
    isAvailable: (state) => isReadingCase(state) && state.comparisons.shown.ownVote !== null,
    run: (state) => void state.attempt(() => state.comparisons.clearVote()),
  },
  {
    id: 'next-vote',
    label: 'Next case without a vote',
    group: 'Compare',
    bareKey: 'n',
    isAvailable: (state) =>
      state.application.view.kind === 'compare' &&
      !state.comparisons.rankings.isShown &&
      state.comparisons.shown.nextWithoutVote() !== null,
    run: ({ comparisons }) => void comparisons.shown.openCase(comparisons.shown.nextWithoutVote()),
  },
  {
    id: 'blind',
    label: 'Hide or show whose the answers are',
    group: 'Compare',
    keywords: 'blind names vote',
    isAvailable: (state) => state.application.view.kind === 'compare',
    run: ({ comparisons }) => {
      comparisons.shown.isBlindOn = !comparisons.shown.isBlindOn;
    },
  },
  {
    id: 'judge',
    label: 'Let models judge',
    group: 'Compare',
    keywords: 'judge panel verdict rubric',
    isAvailable: (state) =>
      state.application.view.kind === 'compare' &&
      (state.comparisons.shown.round?.columns.length ?? 0) > 1,
    run: overlay('judge'),
  },
  {
    id: 'difference',
    label: 'Difference of two answers',
    group: 'Compare',
    bareKey: 'd',
    isAvailable: canVote,
    run: overlay('difference'),
  },
  {
    id: 'common-ground',
    label: 'What the answers share',
    group: 'Compare',
    bareKey: 'g',
    keywords: 'common ground contradictions',
    isAvailable: hasSeveral,
    run: panel('ground'),
  },
  {
    id: 'scroll-together',
    label: 'Scroll the answers together',
    group: 'Compare',
    bareKey: 's',
    isAvailable: hasSeveral,
    run: ({ comparisons }) => {
      comparisons.tools.isSynced = !comparisons.tools.isSynced;
    },
  },
  {
    id: 'merge',
    label: 'Make one answer of several',
    group: 'Compare',
    bareKey: 'm',
    keywords: 'merge fuse checklist table',
    isAvailable: (state) => canVote(state) && !state.comparisons.shown.isBlind,
    run: overlay('merge'),
  },
  {
    id: 'stitch',
    label: 'Pick passages and stitch them together',
    group: 'Compare',
    bareKey: 'x',
    isAvailable: (state) => canVote(state) && !state.comparisons.shown.isBlind,
    run: panel('stitch'),
  },
  {
    id: 'rankings',
    label: 'Rankings',
    group: 'Go to',
    bareKey: 'r',
    keywords: 'votes score best model elo bradley-terry',
    run: (state) => {
      state.show({ kind: 'compare' });
      void state.comparisons.rankings.show();
    },
  },
];
