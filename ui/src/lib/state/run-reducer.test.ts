import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { attempt, emptyAnswer } from '../ipc/fake/script';
import type { MessageView, RunChange, RunEvent } from '../ipc/gen/types';
import {
  attachedRun,
  phaseOf,
  reduceRun,
  startedRun,
  thinkingMillis,
  type RunState,
} from './run-reducer';

const endpoint = { providerId: 'local', model: 'small' };
const empty: MessageView = emptyAnswer('answer', 'question', 'run', endpoint, 2);

function numbered(changes: readonly RunChange[], from = 0): RunEvent[] {
  return changes.map((change, index) => ({ sequence: from + index, change }));
}

function reduced(state: RunState, events: readonly RunEvent[], now = 0): RunState {
  const step = reduceRun(state, events, now);
  if (step.kind === 'gap') throw new Error('a gap');
  return step.state;
}

function split(text: string, cuts: readonly number[]): string[] {
  const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => text.slice(start, at[index] ?? text.length));
}

/** The same list in batches, as frames would cut it. */
function inBatches<Item>(items: readonly Item[], sizes: readonly number[]): Item[][] {
  const batches: Item[][] = [];
  let rest = [...items];
  for (const size of sizes) batches.push(rest.splice(0, size));
  rest = rest.length > 0 ? rest : [];
  return [...batches, rest];
}

describe('a run', () => {
  it('gives the same text however it is cut into deltas and frames', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.array(fc.nat(400), { maxLength: 30 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }),
        (text, cuts, frames) => {
          const events = numbered(
            split(text, cuts).map((piece) => ({ kind: 'text', text: piece }) as const),
          );
          let state = startedRun('run', empty);
          for (const batch of inBatches(events, frames)) state = reduced(state, batch);
          expect(state.answer.text).toBe(text);
          expect(state.nextSequence).toBe(events.length);
        },
      ),
    );
  });

  it('never passes over a lost event, wherever it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (count, nth) => {
        const events = numbered(
          Array.from({ length: count }, (_, index) => ({ kind: 'text', text: `${index} ` })),
        );
        const lost = nth % (count - 1);
        const step = reduceRun(startedRun('run', empty), events.toSpliced(lost, 1), 0);
        expect(step.kind).toBe('gap');
      }),
    );
  });

  it('is told twice and believes it once', () => {
    const events = numbered([
      { kind: 'text', text: 'one ' },
      { kind: 'text', text: 'two' },
    ]);
    const once = reduced(startedRun('run', empty), events);
    expect(reduced(once, events).answer.text).toBe('one two');
  });

  it('hears nothing after its end, and takes the stored answer over the stream', () => {
    const stored: MessageView = { ...empty, text: 'as stored', status: 'complete' };
    const state = reduced(
      startedRun('run', empty),
      numbered([
        { kind: 'text', text: 'as streamed' },
        { kind: 'ended', answer: stored },
        { kind: 'text', text: ' and more' },
        { kind: 'ended', answer: empty },
      ]),
    );
    expect(state.answer).toBe(stored);
    expect(phaseOf(state)).toBe('over');
    expect(reduced(state, numbered([{ kind: 'text', text: 'late' }], 4)).answer).toBe(stored);
  });

  it('begins again where a half answer is thrown away', () => {
    const first = attempt(0, endpoint, 'One');
    const failed = { ...first, status: 'failed' as const, replacedText: 'half' };
    const state = reduced(
      startedRun('run', empty),
      numbered([
        { kind: 'attempt', attempt: first },
        { kind: 'text', text: 'half' },
        { kind: 'discard' },
        { kind: 'settled', attempt: failed },
        {
          kind: 'switched',
          fromAttempt: 0,
          isRetry: false,
          madeBecause: 'next_endpoint',
          waitMillis: 0,
          because: 'It fell.',
        },
      ]),
    );
    expect(state.answer.text).toBe('');
    expect(phaseOf(state)).toBe('switching');
    expect(state.answer.run?.receipt.attempts).toEqual([failed]);

    const second = attempt(1, endpoint, 'Two');
    const next = reduced(
      state,
      numbered(
        [
          { kind: 'attempt', attempt: second },
          { kind: 'text', text: 'whole' },
        ],
        5,
      ),
    );
    expect(next.answer.text).toBe('whole');
    expect(phaseOf(next)).toBe('writing');
    expect(next.answer.run?.receipt.attempts.map(({ ordinal }) => ordinal)).toEqual([0, 1]);
  });

  it('measures the thinking from the first thought to the first word', () => {
    let state = startedRun('run', empty);
    state = reduced(state, numbered([{ kind: 'reasoning', text: 'hm' }]), 100);
    expect(phaseOf(state)).toBe('thinking');
    expect(thinkingMillis(state)).toBeNull();
    state = reduced(state, numbered([{ kind: 'text', text: 'So' }], 1), 1_300);
    state = reduced(state, numbered([{ kind: 'text', text: ' it is' }], 2), 9_000);
    expect(thinkingMillis(state)).toBe(1_200);
  });

  it('goes on from a snapshot', () => {
    const snapshot = {
      runId: 'run',
      nextSequence: 7,
      answer: { ...empty, text: 'so far' },
      isOver: false,
    };
    const state = reduced(
      attachedRun(snapshot),
      numbered([{ kind: 'text', text: 'old' }], 6).concat(
        numbered([{ kind: 'text', text: ', and on' }], 7),
      ),
    );
    expect(state.answer.text).toBe('so far, and on');
  });

  it('says that an answer is not saved until it is', () => {
    const unsaved = { sentence: 'The disk is full.', advice: 'Make room.' };
    const state = reduced(startedRun('run', empty), numbered([{ kind: 'unsaved', ...unsaved }]));
    expect(state.unsaved).toEqual(unsaved);
    const ended = reduced(state, numbered([{ kind: 'ended', answer: empty }], 1));
    expect(ended.unsaved).toBeNull();
  });
});
