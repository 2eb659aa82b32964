/**
 * What a receipt looks like as a cable, worked out apart from the drawing so that the words for screen
 * readers and the picture can never say different things.
 */

import { formatDuration } from '../format';

/** As an attempt ends; `raced` is one that was stopped because another way in was faster. */
export type AttemptOutcome =
  'answered' | 'failed' | 'raced' | 'stopped' | 'interrupted' | 'running';

export interface CableAttempt {
  /** The way in and, where it failed, the status: "anthropic 529". */
  label: string;
  outcome: AttemptOutcome;
  /** It went on with the half answer of the one before. */
  isContinuation?: boolean | undefined;
  /** More for the tooltip and for screen readers: "overloaded, no retry hint". */
  note?: string | undefined;
}

/** One piece of the line: a jack with its label and the wire that leaves it. */
export interface CableSegment {
  key: string;
  label: string;
  outcome: AttemptOutcome;
  isContinuation: boolean;
  title: string;
}

/** More jacks than this are too many for one glance; the ones in the middle are counted instead. */
const MOST_JACKS = 4;

/** Pixels of one character at 11 px in the mono face, with a little to spare. */
const CHARACTER = 6.7;
/** Jack, the space around its label, and the shortest wire that still reads as one. */
const AROUND_LABEL = 9 + 13 + 14;
const JOINT = 8;
const BEFORE_END = 7;
/** A name is never shorter than this, and never cut without a sign of it. */
const LEAST_CHARACTERS = 7;

/**
 * The pieces that fit into `room` pixels beside the words at the end: what is in the middle is counted
 * first, and only then are names shortened, in their middle, so that the status at the end stays.
 */
export function cableSegments(
  attempts: readonly CableAttempt[],
  room = Infinity,
  end = '',
): CableSegment[] {
  const all = attempts.map((attempt, index) => ({
    key: String(index),
    label: attempt.label,
    outcome: attempt.outcome,
    isContinuation: attempt.isContinuation === true,
    title: attempt.note ? `${attempt.label}: ${attempt.note}` : attempt.label,
  }));
  const left = room - (end === '' ? 0 : BEFORE_END + end.length * CHARACTER);
  const ways = [
    ...(all.length <= MOST_JACKS ? [all] : []),
    ...(all.length > 3 ? [folded(all, 1, 2)] : []),
    ...(all.length > 2 ? [folded(all, 1, 1)] : []),
  ];
  const fitting = ways.find((segments) => widthOf(segments) <= left);
  if (fitting) return fitting;
  const tightest = ways.at(-1) ?? all;
  return shortened(tightest, left);
}

function widthOf(segments: readonly CableSegment[]): number {
  return segments.reduce(
    (sum, { label, isContinuation }) =>
      sum + AROUND_LABEL + label.length * CHARACTER + (isContinuation ? JOINT : 0),
    0,
  );
}

function folded(segments: readonly CableSegment[], first: number, last: number): CableSegment[] {
  const middle = segments.slice(first, -last);
  return [
    ...segments.slice(0, first),
    {
      key: 'folded',
      label: `+${middle.length} more`,
      outcome: middle.every(({ outcome }) => outcome === 'raced') ? 'raced' : 'failed',
      isContinuation: false,
      title: middle.map((segment) => segment.title).join('\n'),
    },
    ...segments.slice(-last),
  ];
}

/** Takes from the longest name until all fit, as far as names can be shortened. */
function shortened(segments: readonly CableSegment[], room: number): CableSegment[] {
  const lengths = segments.map(({ label }) => label.length);
  let over = widthOf(segments) - room;
  while (over > 0) {
    const longest = Math.max(...lengths);
    if (longest <= LEAST_CHARACTERS) break;
    lengths[lengths.indexOf(longest)] = longest - 1;
    over -= CHARACTER;
  }
  return segments.map((segment, index) => ({
    ...segment,
    label: middleOut(segment.label, lengths[index] ?? segment.label.length),
  }));
}

/** "a-very-long-name 529" in twelve characters: "a-ver…me 529". */
export function middleOut(text: string, length: number): string {
  if (text.length <= length) return text;
  const tail = Math.floor((length - 1) / 2);
  return `${text.slice(0, length - 1 - tail)}…${text.slice(text.length - tail)}`;
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
    case 'raced':
      return 'no answer';
  }
}

/** The whole cable in one sentence. */
export function cableSentence(
  attempts: readonly CableAttempt[],
  firstTokenMs: number | null,
): string {
  if (attempts.length === 0) return 'No attempt yet';
  const parts = attempts.map(({ label, outcome, isContinuation, note }) => {
    const words = `${label} ${isContinuation ? 'went on with the half answer and ' : ''}${spoken(outcome)}`;
    return note ? `${words} (${note})` : words;
  });
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
    case 'raced':
      return 'lost the race';
    case 'stopped':
      return 'was stopped';
    case 'interrupted':
      return 'was interrupted';
    case 'running':
      return 'is answering';
  }
}
