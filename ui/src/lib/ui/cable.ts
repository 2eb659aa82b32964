/**
 * What a receipt looks like as a cable, worked out apart from the drawing so that the words for screen
 * readers and the picture can never say different things.
 */

import { formatDuration } from '../format';

export type AttemptOutcome = 'answered' | 'failed' | 'stopped' | 'interrupted' | 'running';

export interface CableAttempt {
  /** The way in and, where it failed, the status: "anthropic 529". */
  label: string;
  outcome: AttemptOutcome;
  /** More for the tooltip and for screen readers: "overloaded, no retry hint". */
  note?: string | undefined;
}

/** One piece of the line: a jack with its label and the wire that leaves it. */
export interface CableSegment {
  key: string;
  label: string;
  outcome: AttemptOutcome;
  title: string;
}

/** More jacks than this do not fit on one line; the ones in the middle are counted instead. */
const MOST_JACKS = 4;

export function cableSegments(attempts: readonly CableAttempt[]): CableSegment[] {
  const segments = attempts.map((attempt, index) => ({
    key: String(index),
    label: attempt.label,
    outcome: attempt.outcome,
    title: attempt.note ? `${attempt.label}: ${attempt.note}` : attempt.label,
  }));
  if (segments.length <= MOST_JACKS) return segments;

  const folded = segments.slice(1, -2);
  return [
    ...segments.slice(0, 1),
    {
      key: 'folded',
      label: `${folded.length} more`,
      outcome: 'failed',
      title: folded.map((segment) => segment.title).join('\n'),
    },
    ...segments.slice(-2),
  ];
}

/** The words at the end of the wire. */
export function cableEnd(attempts: readonly CableAttempt[], firstTokenMs: number | null): string {
  const last = attempts.at(-1);
  if (!last) return '';
  switch (last.outcome) {
    case 'answered':
      return firstTokenMs === null ? 'answered' : formatDuration(firstTokenMs);
    case 'running':
      return firstTokenMs === null ? 'waiting' : 'streaming';
    case 'stopped':
      return 'stopped';
    case 'interrupted':
      return 'interrupted';
    case 'failed':
      return 'no answer';
  }
}

/** The whole cable in one sentence. */
export function cableSentence(
  attempts: readonly CableAttempt[],
  firstTokenMs: number | null,
): string {
  if (attempts.length === 0) return 'No attempt yet';
  const parts = attempts.map(({ label, outcome, note }) =>
    note ? `${label} ${spoken(outcome)} (${note})` : `${label} ${spoken(outcome)}`,
  );
  const firstToken =
    firstTokenMs === null ? '' : `, first token after ${formatDuration(firstTokenMs)}`;
  return `${parts.join(', then ')}${firstToken}`;
}

function spoken(outcome: AttemptOutcome): string {
  switch (outcome) {
    case 'answered':
      return 'answered';
    case 'failed':
      return 'failed';
    case 'stopped':
      return 'was stopped';
    case 'interrupted':
      return 'was interrupted';
    case 'running':
      return 'is answering';
  }
}
