/**
 * Comparisons as a person drives them: set up, run, read, stopped, voted on, kept.
 *
 * Long because each of these has its own example.
 */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openAnswer } from '../../features/spend/open';
import { openFound, titleOf } from '../../features/receipts/found';
import { FakeBackend, type FakeOptions } from '../ipc/fake/backend';
import type { FoundReceipt, TargetView } from '../ipc/gen/types';
import { shuffled } from './blind';
import { splitPrompts, variablesIn } from './comparison-draft.svelte';
import { WindowState } from './index.svelte';

const frame = (work: () => void) => void setTimeout(work, 1);
const target = (model: string): TargetView => ({
  kind: 'endpoint',
  endpoint: { providerId: 'openrouter', model },
});
const CLAUDE = target('anthropic/claude-sonnet-4.6');
const GPT = target('openai/gpt-6.1');

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

async function started(options: FakeOptions = {}) {
  const backend = new FakeBackend({ hasOpenRouter: true, ...options });
  const app = new WindowState(backend, frame);
  await app.start();
  await vi.advanceTimersByTimeAsync(5);
  app.newComparison();
  return { app, backend, comparisons: app.comparisons, shown: app.comparisons.shown };
}

/** Puts this to two models. */
function setUp({ draft }: WindowState['comparisons'], text = 'Why?'): void {
  draft.columns = [];
  draft.addColumn(CLAUDE);
  draft.addColumn(GPT);
  draft.text = text;
}

const pass = (millis: number) => vi.advanceTimersByTimeAsync(millis);

describe('a comparison', () => {
  it('streams every answer of its one case through the runs of the window', async () => {
    const { app, comparisons, shown } = await started();
    setUp(comparisons);
    expect(await comparisons.run()).toBe(true);
    await pass(50);
    expect(app.runs.live.size).toBe(2);
    expect(shown.place).toEqual({ caseIndex: 0, repeat: 0 });
    await pass(3_000);
    expect(app.runs.live.size).toBe(0);
    expect(shown.round?.state).toBe('done');
    expect(shown.answerOf(0)?.text).toContain('bound');
    expect(shown.cells.every(({ state }) => state === 'answered')).toBe(true);
    expect(comparisons.list[0]).toMatchObject({ name: 'Why?', newest: { answered: 2, cells: 2 } });
  });

  it('buffers what is out of sight, and still learns of its end', async () => {
    const { app, comparisons, shown } = await started();
    setUp(comparisons);
    await comparisons.run();
    await pass(20);
    const answer = shown.answerOf(0);
    const live = app.runs.byMessage(answer?.id ?? '');
    if (!live) throw new Error('nothing streams');
    app.runs.setOutOfSight(live, true);
    const before = live.state.answer.text;
    await pass(20);
    expect(live.state.answer.text).toBe(before);
    expect(live.inbox.length).toBeGreaterThan(0);
    app.runs.setOutOfSight(live, false);
    await pass(5);
    expect(live.state.answer.text.length).toBeGreaterThan(before.length);
    app.runs.setOutOfSight(live, true);
    await pass(3_000);
    expect(shown.answerOf(0)?.status).toBe('complete');
  });

  it('takes in words less often while their end is out of sight, and its news at once', async () => {
    const { app, comparisons, shown } = await started({ tickMillis: 5 });
    setUp(comparisons);
    await comparisons.run();
    await pass(20);
    const live = app.runs.byMessage(shown.answerOf(0)?.id ?? '');
    if (!live) throw new Error('nothing streams');
    app.runs.setEndOutOfSight(live, true);
    const lengths = new Set<number>();
    for (let count = 0; count < 30; count += 1) {
      await pass(10);
      lengths.add(live.state.answer.text.length);
    }
    expect(lengths.size).toBeLessThanOrEqual(2);
    app.runs.setEndOutOfSight(live, false);
    const before = live.state.answer.text.length;
    await pass(1);
    expect(live.inbox).toHaveLength(0);
    expect(live.state.answer.text.length).toBeGreaterThan(before);
    app.runs.setEndOutOfSight(live, true);
    await pass(1_200);
    expect(live.state.answer.text.length).toBeGreaterThan(before);
    await pass(3_000);
    expect(shown.answerOf(0)?.status).toBe('complete');
  });

  it('draws the answers in turns, so that no frame has all of them to draw', async () => {
    const backend = new FakeBackend({ hasOpenRouter: true, tickMillis: 8 });
    const frames: (() => void)[] = [];
    const app = new WindowState(backend, (work) => void frames.push(work));
    await app.start();
    await pass(5);
    app.newComparison();
    const { comparisons } = app;
    const { shown } = comparisons;
    setUp(comparisons);
    comparisons.draft.addColumn(CLAUDE);
    await comparisons.run();
    const draw = () => {
      for (const work of frames.splice(0)) work();
    };
    const written = () =>
      [0, 1, 2].map((column) => {
        const live = app.runs.byMessage(shown.answerOf(column)?.id ?? '');
        return live?.state.answer.text.length ?? -1;
      });
    await pass(400);
    draw();
    for (let count = 0; count < 6; count += 1) {
      const before = written();
      await pass(16);
      draw();
      const grew = written().filter((length, column) => length > (before[column] ?? 0));
      expect(grew.length).toBeLessThanOrEqual(1);
    }
    // Where frames are late, none of them waits for its turn.
    const before = written();
    await pass(350);
    draw();
    expect(written().every((length, column) => length > (before[column] ?? 0))).toBe(true);
  });

  it('counts the answers of a round beside its name while it goes on', async () => {
    const { comparisons } = await started({ tickMillis: 5 });
    setUp(comparisons);
    comparisons.draft.repeats = '30';
    comparisons.draft.parallel = '1';
    await comparisons.run();
    await pass(4_000);
    const [listed] = comparisons.list;
    expect(listed?.newest?.state).toBe('running');
    expect(listed?.newest?.answered).toBeGreaterThan(0);
  });

  it('reads a round again at most twice a second', async () => {
    const { backend, comparisons } = await started();
    setUp(comparisons);
    comparisons.draft.repeats = '20';
    comparisons.draft.parallel = '8';
    await comparisons.run();
    backend.calls.length = 0;
    await pass(1_000);
    const reads = backend.calls.filter(({ command }) => command === 'round_open');
    expect(reads.length).toBeGreaterThan(0);
    expect(reads.length).toBeLessThanOrEqual(3);
  });

  it('is paused, gone on with and stopped', async () => {
    const { comparisons, shown } = await started({ tickMillis: 5 });
    setUp(comparisons);
    comparisons.draft.repeats = '6';
    comparisons.draft.parallel = '2';
    await comparisons.run();
    await comparisons.pause();
    await pass(6_000);
    expect(shown.round).toMatchObject({ state: 'paused', reason: 'asked' });
    expect(shown.round?.cells.filter(({ state }) => state === 'answered')).toHaveLength(2);
    await comparisons.resume(false);
    await pass(600);
    await comparisons.stop();
    await pass(1_000);
    expect(shown.round?.state).toBe('done');
    expect(shown.round?.cells.some(({ state }) => state === 'stopped')).toBe(true);
    await comparisons.resume(true);
    await pass(20_000);
    expect(shown.round?.cells.every(({ state }) => state === 'answered')).toBe(true);
  });

  it('stops one answer and asks for it again', async () => {
    const { comparisons, shown } = await started({ tickMillis: 5 });
    setUp(comparisons);
    await comparisons.run();
    await pass(60);
    await comparisons.stopCell(1);
    await pass(3_000);
    expect(shown.cells.map(({ state }) => state)).toEqual(['answered', 'stopped']);
    await comparisons.askAgain(1);
    await pass(5_000);
    expect(shown.cells.map(({ state }) => state)).toEqual(['answered', 'answered']);
    expect(shown.answerOf(1)?.status).toBe('complete');
  });

  it('makes a new round of what was changed, and keeps the old one as it was', async () => {
    const { comparisons, shown } = await started();
    setUp(comparisons, 'First?');
    await comparisons.run();
    await pass(3_000);
    comparisons.draft.text = 'Second?';
    expect(comparisons.isChanged).toBe(true);
    await comparisons.run();
    await pass(3_000);
    expect(comparisons.opened?.rounds.map(({ ordinal }) => ordinal)).toEqual([1, 2]);
    const [first] = comparisons.opened?.rounds ?? [];
    await comparisons.openRound(first?.id ?? '');
    expect(shown.case?.prompt).toBe('First?');
    expect(comparisons.draft.text).toBe('Second?');
  });

  it('says by its field what is wrong', async () => {
    const { comparisons } = await started();
    setUp(comparisons);
    comparisons.draft.repeats = 'often';
    comparisons.price();
    await pass(400);
    expect(comparisons.problem?.field).toBe('repeats');
    comparisons.draft.repeats = '2';
    comparisons.draft.ceiling = '0,50';
    comparisons.price();
    await pass(400);
    expect(comparisons.problem).toBeNull();
    expect(comparisons.estimate).toMatchObject({ cells: 4, cases: 1 });
    expect(comparisons.estimate?.totalNanoUsd).toBeGreaterThan(0);
  });

  it('comes back where the window is reloaded', async () => {
    const { backend, comparisons } = await started({ tickMillis: 5 });
    setUp(comparisons);
    await comparisons.run();
    await pass(40);
    const again = new WindowState(backend, frame);
    await again.start({ kind: 'compare', id: comparisons.openId });
    await pass(50);
    expect(again.place).toEqual({ kind: 'compare', id: comparisons.openId });
    expect(again.runs.live.size).toBe(2);
    await pass(5_000);
    expect(again.comparisons.shown.answerOf(1)?.status).toBe('complete');
  });

  it('hides whose answers they are until the vote', async () => {
    const { comparisons, shown } = await started();
    setUp(comparisons);
    shown.isBlindOn = true;
    await comparisons.run();
    await pass(3_000);
    expect(shown.isBlind).toBe(true);
    const order = [...shown.order];
    await comparisons.vote({ verdict: 'best', column: 1 });
    expect(shown.isBlind).toBe(false);
    expect(shown.ownVote).toMatchObject({ column: 1, isBlind: true });
    expect(shown.order).toEqual(order);
    await comparisons.clearVote();
    expect(shown.isBlind).toBe(true);
  });

  it('is judged, merged and gone on with', async () => {
    const { app, comparisons, shown } = await started();
    setUp(comparisons);
    await comparisons.run();
    await pass(3_000);
    const request = comparisons.judgeRequest({ judges: [CLAUDE], rubric: '' }, true);
    expect(await comparisons.judgeEstimate(request)).toMatchObject({ requests: 2 });
    await comparisons.judge(request);
    await pass(2_000);
    expect(shown.votes.map(({ voterName }) => voterName)).toEqual(['claude-sonnet-4.6']);

    await comparisons.startMerge({ kind: 'fuse', target: CLAUDE, columns: [0, 1] });
    await pass(3_000);
    expect(shown.case?.merged[0]?.message?.status).toBe('complete');
    const stitched = await comparisons.saveStitch({
      mergeId: null,
      parts: [{ column: 0, text: 'One.' }],
    });
    await comparisons.deleteMerge(stitched.id);
    expect(shown.case?.merged).toHaveLength(1);

    await app.continueAsChats([]);
    expect(app.conversations.list).toHaveLength(2);
    expect(app.application.view.kind).toBe('chat');
  });

  it('is where the receipt of one of its answers leads, with the receipt beside it', async () => {
    const { app, comparisons, shown } = await started();
    setUp(comparisons, 'First?');
    comparisons.draft.addPrompts(['Second?']);
    await comparisons.run();
    await pass(6_000);
    const { openId: comparisonId } = comparisons;
    const { roundId, round } = shown;
    const cell = round?.cells.find(({ caseIndex, column }) => caseIndex === 1 && column === 1);
    app.newChat();
    comparisons.openNew();
    const found = {
      runId: cell?.runId ?? '',
      conversationId: 'hidden',
      title: 'First?',
      comparisonCase: {
        comparisonId: comparisonId ?? '',
        roundId: roundId ?? '',
        caseIndex: 1,
        repeat: 0,
      },
      question: null,
      routeName: null,
      model: 'openai/gpt-6.1',
      startedAt: 0,
      outcome: 'answered',
      origin: 'compare',
      purpose: 'answer',
      app: null,
      attempts: [],
      cost: null,
      firstTokenMillis: null,
    };
    expect(titleOf(found, () => '')).toBe('First?');
    const opening = openFound(app, found as unknown as FoundReceipt);
    await pass(100);
    await opening;
    expect(app.application.view).toEqual({ kind: 'compare' });
    expect(shown.place).toEqual({ caseIndex: 1, repeat: 0 });
    expect(app.application.overlay).toEqual({
      kind: 'receipt',
      messageId: shown.answerOf(1)?.id,
    });
    // One that was asked again since is not the answer on screen.
    await openFound(app, { ...found, runId: 'older' } as unknown as FoundReceipt);
    expect(app.application.overlay).toEqual({ kind: 'run', runId: 'older' });

    // A judge's lies in no conversation, and leads to what it judged all the same.
    app.newChat();
    const judge = { ...found, runId: 'judge', conversationId: null, title: null, purpose: 'judge' };
    expect(titleOf(judge, () => '')).toBe('Judge of a comparison');
    expect(titleOf({ ...found, purpose: 'merge' }, () => '')).toBe('Made of several: First?');
    await openAnswer(app, judge);
    expect(app.application.view).toEqual({ kind: 'compare' });
    expect(shown.place).toEqual({ caseIndex: 1, repeat: 0 });
    expect(app.application.overlay).toEqual({ kind: 'run', runId: 'judge' });
  });

  it('gives a merged answer back that was deleted', async () => {
    const { app, comparisons, shown } = await started();
    setUp(comparisons);
    await comparisons.run();
    await pass(3_000);
    const merged = await comparisons.startMerge({ kind: 'fuse', target: GPT, columns: [0, 1] });
    await pass(5_000);
    await app.deleteMerge(merged.id, 'One text');
    expect(shown.case?.merged).toEqual([]);
    app.undo();
    await pass(100);
    expect(shown.case?.merged.map(({ id }) => id)).toEqual([merged.id]);
    expect(comparisons.tools.mergeId).toBe(merged.id);
  });

  it('is deleted for ten seconds first', async () => {
    const { app, comparisons } = await started({ comparisons: {} });
    await app.comparisons.open('picture');
    await app.deleteComparison('picture');
    expect(comparisons.openId).toBeNull();
    expect(comparisons.list.map(({ id }) => id)).toEqual(['table']);
    app.undo();
    await pass(50);
    expect(comparisons.list.map(({ id }) => id)).toContain('picture');
    expect(comparisons.openId).toBe('picture');
  });

  it('steps from case to case', async () => {
    const { comparisons, shown } = await started({ comparisons: {} });
    await comparisons.open('table');
    expect(shown.place).toBeNull();
    await shown.stepCase(1);
    await shown.stepCase(1);
    expect(shown.place).toEqual({ caseIndex: 0, repeat: 1 });
    await shown.stepCase(1);
    expect(shown.case?.prompt).toContain('Oslo');
    await shown.openCase(null);
    expect(shown.case).toBeNull();
  });
});

describe('what is set up', () => {
  it('parts many prompts by lines of --- or else by empty lines', () => {
    expect(splitPrompts('One\n\nTwo\nlines\n\n\n  Three ')).toEqual(['One', 'Two\nlines', 'Three']);
    expect(splitPrompts('One\n\nmore\r\n---\r\nTwo')).toEqual(['One\n\nmore', 'Two']);
    expect(splitPrompts(' \n---\n ')).toEqual([]);
  });

  it('finds the variables of all texts, each once', () => {
    expect(variablesIn(['To {{city}} by {{ way }}', '{{city}} {{}} {x}'])).toEqual(['city', 'way']);
  });

  it('moves, copies and takes out columns, and allows eight', async () => {
    const { comparisons } = await started();
    const { draft } = comparisons;
    setUp(comparisons);
    const [first] = draft.columns;
    if (!first) throw new Error('no column');
    draft.changeColumn(first.key, { systemPrompt: 'Be brief.' });
    draft.duplicateColumn(first.key);
    draft.moveColumn(first.key, 1);
    expect(draft.definition().columns.map(({ systemPrompt }) => systemPrompt)).toEqual([
      'Be brief.',
      'Be brief.',
      '',
    ]);
    draft.removeColumn(first.key);
    for (let index = 0; index < 9; index += 1) draft.addColumn(GPT);
    expect(draft.columns).toHaveLength(8);
  });

  it('reads rows of CSV and of JSON lines, and says what it left out', async () => {
    const { comparisons } = await started();
    const csv = await comparisons.importRows('city,say\nLima,"a ""b"", c"\nOslo\n', null);
    expect(csv.rows).toEqual([{ city: 'Lima', say: 'a "b", c' }]);
    expect(csv.problems).toHaveLength(1);
    const lines = await comparisons.importRows('{"city":"Lima","n":2}\nnothing', 'jsonl');
    expect(lines.rows).toEqual([{ city: 'Lima', n: '2' }]);
    expect(lines.problems[0]).toContain('Line 2');
  });
});

describe('the order of hidden answers', () => {
  it('is the same for the same case, and holds every column', () => {
    const one = shuffled(8, 'round 3 0');
    expect(shuffled(8, 'round 3 0')).toEqual(one);
    expect([...one].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const orders = Array.from({ length: 30 }, (_, index) => shuffled(3, `round ${index}`).join());
    expect(new Set(orders).size).toBe(6);
  });
});
