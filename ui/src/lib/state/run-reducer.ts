/**
 * What a run looks like while it is under way: events in, the next state out. Pure, so that the rules
 * (no gap, nothing after the end, the stored answer wins) are tested without a window.
 */

import type {
  AttemptView,
  MadeBecause,
  MessageView,
  RunEvent,
  RunSnapshot,
  RunView,
  UsageView,
} from '../ipc/gen/types';

export interface Switch {
  because: string;
  isRetry: boolean;
  madeBecause: MadeBecause;
  waitMillis: number;
}

/** The answer could not be written to the disk yet. */
export interface Unsaved {
  sentence: string;
  advice: string;
}

export interface RunState {
  runId: string;
  /** The number that the next event must carry. */
  nextSequence: number;
  /** As streamed so far; after the end, as stored. */
  answer: MessageView;
  /** Between two attempts: why the last way in was left. */
  switched: Switch | null;
  usage: UsageView | null;
  unsaved: Unsaved | null;
  isOver: boolean;
  /** When the first thought and the first word of the answer were seen here, in milliseconds. */
  thinkingSince: number | null;
  thinkingUntil: number | null;
}

export type RunStep = { kind: 'next'; state: RunState } | { kind: 'gap' };

export function startedRun(runId: string, answer: MessageView): RunState {
  return {
    runId,
    nextSequence: 0,
    answer,
    switched: null,
    usage: null,
    unsaved: null,
    isOver: false,
    thinkingSince: null,
    thinkingUntil: null,
  };
}

/** Joins a run late. What was measured in this window before is kept. */
export function attachedRun(snapshot: RunSnapshot, before?: RunState): RunState {
  return {
    ...startedRun(snapshot.runId, snapshot.answer),
    nextSequence: snapshot.nextSequence,
    isOver: snapshot.isOver,
    thinkingSince: before?.thinkingSince ?? null,
    thinkingUntil: before?.thinkingUntil ?? null,
  };
}

/**
 * Applies events in their order. An event that was seen before is passed over; one that comes too early
 * means that some are lost, and the run has to be joined anew.
 */
export function reduceRun(state: RunState, events: readonly RunEvent[], now: number): RunStep {
  let next = state;
  for (const event of events) {
    if (next.isOver) break;
    if (event.sequence < next.nextSequence) continue;
    if (event.sequence > next.nextSequence) return { kind: 'gap' };
    next = { ...apply(next, event, now), nextSequence: event.sequence + 1 };
  }
  return { kind: 'next', state: next };
}

function apply(state: RunState, { change }: RunEvent, now: number): RunState {
  switch (change.kind) {
    case 'text':
      return {
        ...state,
        answer: { ...state.answer, text: state.answer.text + change.text },
        thinkingUntil: state.thinkingUntil ?? (state.thinkingSince === null ? null : now),
      };
    case 'reasoning':
      return {
        ...state,
        answer: { ...state.answer, reasoning: state.answer.reasoning + change.text },
        thinkingSince: state.thinkingSince ?? now,
      };
    case 'discard':
      return {
        ...state,
        answer: { ...state.answer, text: '', reasoning: '' },
        thinkingSince: null,
        thinkingUntil: null,
      };
    case 'attempt':
      return { ...state, switched: null, answer: withAttempt(state.answer, change.attempt) };
    case 'settled':
      return { ...state, answer: withAttempt(state.answer, change.attempt) };
    case 'switched': {
      const { because, isRetry, madeBecause, waitMillis } = change;
      return { ...state, switched: { because, isRetry, madeBecause, waitMillis } };
    }
    case 'usage':
      return { ...state, usage: change.usage };
    case 'unsaved':
      return { ...state, unsaved: { sentence: change.sentence, advice: change.advice } };
    case 'ended':
      return {
        ...state,
        answer: change.answer,
        switched: null,
        unsaved: null,
        isOver: true,
        thinkingUntil: state.thinkingUntil ?? (state.thinkingSince === null ? null : now),
      };
  }
}

function withAttempt(answer: MessageView, attempt: AttemptView): MessageView {
  const run = answer.run;
  if (!run) return answer;
  const attempts = [...run.receipt.attempts];
  const index = attempts.findIndex(({ ordinal }) => ordinal === attempt.ordinal);
  if (index < 0) attempts.push(attempt);
  else attempts[index] = attempt;
  const next: RunView = { ...run, receipt: { ...run.receipt, attempts } };
  return { ...answer, run: next };
}

export type RunPhase = 'waiting' | 'thinking' | 'writing' | 'switching' | 'over';

export function phaseOf(state: RunState): RunPhase {
  if (state.isOver) return 'over';
  if (state.switched) return 'switching';
  if (state.answer.text !== '') return 'writing';
  return state.answer.reasoning === '' ? 'waiting' : 'thinking';
}

/** How long it thought before it wrote, as seen from this window; `null` where that was not seen. */
export function thinkingMillis(state: RunState): number | null {
  if (state.thinkingSince === null || state.thinkingUntil === null) return null;
  return state.thinkingUntil - state.thinkingSince;
}
