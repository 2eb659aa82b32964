/** Votes, rankings and passages, apart from what is drawn. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeBackend } from '../../../lib/ipc/fake/backend';
import type { RankingRow, VoteView } from '../../../lib/ipc/gen/types';
import { CaseTools } from '../../../lib/state/case-tools.svelte';
import { WindowState } from '../../../lib/state/index.svelte';
import { passageName, passagesOf } from '../merge/passages';
import { frontiersOf, pointsOf } from '../rank/points';
import { scaleOver } from '../rank/scale';
import { differenceWords, turned } from '../rank/words';
import { judgeEstimateWords, knownTags, orderWords, verdictWords } from './words';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

async function voted() {
  const backend = new FakeBackend({ hasOpenRouter: true, comparisons: { hasVotes: true } });
  const app = new WindowState(backend, (work) => void setTimeout(work, 1));
  await app.start();
  await vi.advanceTimersByTimeAsync(5);
  await app.comparisons.open('table');
  return { app, backend, comparisons: app.comparisons, shown: app.comparisons.shown };
}

describe('a blind vote', () => {
  it('counts as blind only where the names were never seen', async () => {
    const { comparisons, shown } = await voted();
    shown.isBlindOn = true;
    const place = shown.nextWithoutVote();
    expect(place).not.toBeNull();
    await shown.openCase(place);
    await comparisons.vote({ verdict: 'tie', column: null });
    expect(shown.ownVote).toMatchObject({ isBlind: true });
    shown.markSeen();
    await comparisons.clearVote();
    expect(shown.isBlind).toBe(true);
    await comparisons.vote({ verdict: 'all_bad', column: null });
    expect(shown.ownVote).toMatchObject({ verdict: 'all_bad', isBlind: false });
  });

  it('leads from case to case until all have a vote', async () => {
    const { comparisons, shown } = await voted();
    for (let at = shown.nextWithoutVote(); at; at = shown.nextWithoutVote()) {
      await shown.openCase(at);
      await comparisons.vote({ verdict: 'tie', column: null });
    }
    const mine = shown.round?.votes.filter(({ voter }) => voter === 'me') ?? [];
    expect(mine).toHaveLength(12);
  });
});

describe('rankings', () => {
  it('never count judges together with the person', async () => {
    const { comparisons } = await voted();
    const { rankings } = comparisons;
    await rankings.show();
    const mine = rankings.view?.votes;
    await rankings.filter({ voter: 'judges' });
    expect(rankings.view?.votes).toBe((mine ?? 0) * 2);
    await rankings.filter({ voter: 'me', blindOnly: true });
    expect(rankings.view?.votes).toBeLessThan(mine ?? 0);
  });

  it('draw an axis with round figures over all that is known', () => {
    const scale = scaleOver([103, 897]);
    expect(scale?.ticks).toEqual([250, 500, 750]);
    expect(scale?.placeOf(103)).toBeGreaterThan(0);
    expect(scale?.placeOf(897)).toBeLessThan(1);
    expect(scaleOver([])).toBeNull();
    expect(scaleOver([5])?.placeOf(5)).toBeCloseTo(0.5);
  });

  it('leave what has no price or no score out of the plot, and order the frontier', () => {
    const row = (name: string, score: number | null, cost: number | null, isOn = true) =>
      ({ model: name, score, medianNanoUsd: cost, isOnCostFrontier: isOn, group: 0 }) as RankingRow;
    const rows = [
      row('a', 1, 9),
      row('b', 2, 3),
      row('c', null, 1),
      row('d', 3, null),
      row('e', 0, 5, false),
    ];
    const points = pointsOf(rows, 'cost');
    expect(points.map((point) => point.row.model)).toEqual(['a', 'b', 'e']);
    expect(frontiersOf(points).map((line) => line.map((point) => point.row.model))).toEqual([
      ['b', 'a'],
    ]);
  });

  it('say of a pair the same from both sides', () => {
    const pair = {
      first: 0,
      second: 1,
      wins: 3,
      ties: 1,
      losses: 2,
      difference: 40,
      low: -10,
      high: 90,
    };
    expect(differenceWords(pair)).toBe('+40 points, −10 to +90');
    expect(differenceWords(turned(pair))).toBe('−40 points, −90 to +10');
    expect(turned(turned(pair))).toEqual(pair);
  });
});

describe('verdicts in words', () => {
  const vote = { verdict: 'best', column: 1, ordersAgree: false } as VoteView;
  const columns = ['one', 'two'].map((name) => ({
    name,
    colour: 0,
    cost: { nanoUsd: 0, kind: 'computed' as const },
    share: null,
  }));

  it('name the column, and what changed with the order', () => {
    expect(verdictWords(vote, columns)).toBe('two');
    expect(orderWords(vote)).toBe('said otherwise in the other order');
    expect(judgeEstimateWords({ requests: 2, nanoUsd: null })).toBe(
      '2 requests for an unknown price',
    );
    expect(knownTags('rust', [{ ...vote, tag: 'rust' }], ['travel'])).toEqual(['rust', 'travel']);
  });
});

describe('passages', () => {
  it('are the blocks of an answer, each with its own words', () => {
    const text = 'One.\r\n\r\n- a\n- b\n\n---\n\n```rs\nlet x = 1;\n\nlet y = 2;\n```\n';
    expect(passagesOf(text).map((passage) => passage.text)).toEqual([
      'One.',
      '- a\n- b',
      '```rs\nlet x = 1;\n\nlet y = 2;\n```',
    ]);
    expect(passageName('**Wait**: `send()`')).toBe('Wait: send()');
  });

  it('come in sentences and items, where no mark would be torn apart', () => {
    const parts = (text: string) => passagesOf(text).map((passage) => passage.parts);
    expect(parts('First, e.g. this. **Then** that?\nAnd `x.y`.')).toEqual([
      ['First, e.g. this.', '**Then** that?', 'And `x.y`.'],
    ]);
    expect(parts('**One. Two.** Three.')).toEqual([[]]);
    expect(parts('Only one.\n\n- a\n- b\n  - c\n\n```\nA. B.\n```')).toEqual([
      [],
      ['- a', '- b\n  - c'],
      [],
    ]);
  });

  it('are taken, moved, written between and put back', () => {
    const tools = new CaseTools();
    tools.togglePassage(0, 'first');
    tools.togglePassage(1, 'second');
    const own = tools.addWords();
    tools.write(own, '  mine ');
    tools.move(2, 0);
    expect(tools.stitched()).toEqual([
      { column: null, text: 'mine' },
      { column: 0, text: 'first' },
      { column: 1, text: 'second' },
    ]);
    tools.togglePassage(0, 'first');
    expect(tools.hasPassage(0, 'first')).toBe(false);
  });
});
