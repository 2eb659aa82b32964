/**
 * One's past on another model, and round against round: the words, and what is asked for.
 *
 * Long because both are held to the same history.
 */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeBackend } from '../../../lib/ipc/fake/backend';
import { pictureHistory } from '../../../lib/ipc/fake/seed';
import type {
  AgainstFigures,
  CellAgainst,
  ColumnAgainst,
  CostView,
  ReplayColumnView,
  ReplayOutcomeView,
  ReplayView,
  RoundSummary,
  SampleView,
  TargetView,
} from '../../../lib/ipc/gen/types';
import { WindowState } from '../../../lib/state/index.svelte';
import {
  againstSentences,
  cellWords,
  changedCells,
  firstPair,
  MEASURES,
  sameWords,
} from './against-words';
import { Against } from './against.svelte';
import {
  askingWords,
  foundWords,
  outcomeSentences,
  sampleWords,
  spentSentences,
} from './replay-words';
import { Replay } from './replay.svelte';

const computed = (nanoUsd: number): CostView => ({ nanoUsd, kind: 'computed' });
const UNKNOWN: CostView = { nanoUsd: null, kind: 'unknown' };
const DEFINITION = {} as ReplayView['definition'];

const SAMPLE: SampleView = { seed: 7, since: 0, until: 1, taken: 20, outOf: 412 };

function replay(change: Partial<ReplayView> = {}): ReplayView {
  return {
    definition: DEFINITION,
    sample: SAMPLE,
    spent: computed(834_500_000),
    spentOnPriced: computed(834_500_000),
    thereNanoUsd: 310_000_000,
    priced: 210,
    unpriced: 0,
    ...change,
  };
}

describe('what the past would have cost', () => {
  it('says both amounts, and what lies between them', () => {
    expect(spentSentences(replay(), 30, 'gpt-5-mini')).toEqual([
      'The last 30 days cost $0.8345 for 210 answers.',
      'On gpt-5-mini the same tokens would have cost $0.3100: $0.5245 less (63\u00a0%).',
    ]);
  });

  it('names the answers that nobody counted, and compares the others alone', () => {
    const view = replay({ priced: 200, unpriced: 10, spentOnPriced: computed(300_000_000) });
    expect(spentSentences(view, 30, 'm').slice(1)).toEqual([
      'The tokens of 10 answers were not counted and are left out; the other 200 cost $0.3000.',
      'On m the same tokens would have cost $0.3100: $0.0100 more (3\u00a0%).',
    ]);
  });

  it('writes out what is unknown', () => {
    const nobody = replay({ spent: UNKNOWN, spentOnPriced: UNKNOWN, thereNanoUsd: null });
    expect(spentSentences(nobody, 1, 'm')).toEqual([
      'What the last day cost for 210 answers is unknown.',
      'What the same tokens would have cost on m is unknown, since its price is.',
    ]);
    // A known price is not held against an amount that is not known.
    expect(spentSentences({ ...nobody, thereNanoUsd: 5_000_000 }, 30, 'm')[1]).toBe(
      'On m the same tokens would have cost $0.0050.',
    );
    const uncounted = replay({ priced: 0, unpriced: 1, thereNanoUsd: 0 });
    expect(spentSentences(uncounted, 30, 'm')[1]).toBe(
      'Nobody counted its tokens, so what they would have cost on m is unknown.',
    );
  });

  it('does not price days without an answer', () => {
    const view = replay({ priced: 0, unpriced: 0, spent: computed(0), thereNanoUsd: 0 });
    expect(spentSentences(view, 7, 'm')).toEqual([
      'There was no answer in a chat in the last 7 days, so there is nothing to price on m.',
    ]);
  });

  it('says what was free before, and what is free there', () => {
    const free = replay({ spent: computed(0), spentOnPriced: computed(0) });
    expect(spentSentences(free, 30, 'm')[1]).toContain('$0.3100: $0.3100 more.');
    const same = replay({ thereNanoUsd: 834_500_000 });
    expect(spentSentences(same, 30, 'm')[1]).toContain('$0.8345, just as much.');
  });

  it('tells how many questions there were, and what asking them costs', () => {
    expect(foundWords(SAMPLE, 30)).toBe(
      'The last 30 days hold 412 questions with a whole answer; 20 of them are asked again, drawn at random.',
    );
    expect(foundWords({ ...SAMPLE, seed: null }, null)).toBe(
      'All your history holds 412 questions with a whole answer; 20 of them are asked again, the newest.',
    );
    expect(foundWords({ ...SAMPLE, taken: 1, outOf: 1 }, 7)).toBe(
      'The last 7 days hold 1 question with a whole answer; it is asked again.',
    );
    const estimate = { columns: [], knownNanoUsd: 0, cells: 2, cases: 1, variables: [] };
    expect(askingWords({ ...estimate, totalNanoUsd: null })).toBe(
      'What asking them costs is unknown.',
    );
    expect(askingWords({ ...estimate, totalNanoUsd: 12_300_000 })).toBe(
      'Asking them is estimated at $0.0123.',
    );
  });
});

describe('what a replay tells of its time', () => {
  const column: ReplayColumnView = {
    column: 1,
    name: 'gpt-5',
    questions: 20,
    unknown: 0,
    cost: computed(12_000_000),
    totalNanoUsd: 250_000_000,
    lowNanoUsd: 180_000_000,
    highNanoUsd: 330_000_000,
  };
  const outcome = (change: Partial<ReplayColumnView>, sample = SAMPLE): ReplayOutcomeView => ({
    sample,
    spent: computed(834_500_000),
    columns: [{ ...column, ...change }],
  });

  it('says how sure it is, and what the time did cost', () => {
    expect(outcomeSentences(outcome({}))).toEqual([
      'Told from 20 answers, all of them would have cost about $0.2500 on gpt-5, with 95\u00a0% confidence between $0.1800 and $0.3300. A few very long ones that were not drawn would make it more.',
      'Your chats of that time cost $0.8345.',
    ]);
  });

  it('does not claim to be sure of the newest, of few, or of what is unknown', () => {
    const unsure = { lowNanoUsd: null, highNanoUsd: null };
    const newest = outcome(unsure, { ...SAMPLE, seed: null });
    expect(outcomeSentences(newest)[0]).toContain('no random sample');
    expect(outcomeSentences(outcome({ ...unsure, questions: 3 }))[0]).toContain('too few');
    expect(outcomeSentences(outcome({ totalNanoUsd: null, unknown: 20 }))[0]).toBe(
      'What that time would have cost on gpt-5 is unknown. 20 answers of unknown cost are left out.',
    );
    const all = outcome({ questions: 20 }, { ...SAMPLE, outOf: 20 });
    expect(outcomeSentences(all)[0]).toBe('On gpt-5 all of them cost $0.2500.');
  });

  it('names the span and the seed', () => {
    expect(sampleWords(SAMPLE)).toMatch(
      /^20 of 412 questions from .* drawn at random \(seed 7\)\.$/,
    );
    expect(sampleWords({ ...SAMPLE, since: null, seed: null })).toMatch(
      /^20 of 412 questions up to .*, the newest\.$/,
    );
  });
});

const FIGURES: AgainstFigures = {
  answered: 12,
  failed: 0,
  passed: 20,
  checks: 24,
  firstTokenMillis: 500,
  tokensPerSecond: 80,
  length: 400,
  cost: computed(2_000_000),
};

function column(older: Partial<AgainstFigures>, newer: Partial<AgainstFigures>): ColumnAgainst {
  return {
    name: 'm',
    olderColumn: 0,
    newerColumn: 0,
    older: { ...FIGURES, ...older },
    newer: { ...FIGURES, ...newer },
    same: 10,
    both: 12,
  };
}

function measured(name: string, older: Partial<AgainstFigures>, newer: Partial<AgainstFigures>) {
  const measure = MEASURES.find((each) => each.name.startsWith(name));
  if (!measure) throw new Error(`no measure ${name}`);
  const { before, now, direction, tone } = measure.of(column(older, newer));
  return [before, now, direction, tone];
}

describe('round against round', () => {
  it('says which way every figure went, in words', () => {
    expect(measured('Answered', {}, { answered: 10 })).toEqual(['12', '10', '2 fewer', 'bad']);
    expect(measured('Failed', {}, { failed: 2 })).toEqual(['0', '2', '2 more', 'bad']);
    expect(measured('Checks', {}, { passed: 23 })).toEqual(['20/24', '23/24', '3 more', 'good']);
    expect(measured('First', {}, { firstTokenMillis: 400 })).toEqual([
      '500 ms',
      '400 ms',
      'sooner by 20 %',
      'good',
    ]);
    expect(measured('Speed', {}, { tokensPerSecond: 40 })[2]).toBe('slower by 50 %');
    expect(measured('Characters', {}, { length: 500 }).slice(2)).toEqual([
      'longer by 25 %',
      'neutral',
    ]);
    expect(measured('Cost', {}, { cost: computed(3_000_000) }).slice(2)).toEqual([
      'dearer by 50 %',
      'bad',
    ]);
  });

  it('compares shares where not the same number was checked', () => {
    expect(measured('Checks', {}, { passed: 11, checks: 12 }).slice(2)).toEqual([
      'a larger share',
      'good',
    ]);
    expect(measured('Checks', {}, { passed: 0, checks: 0 }).slice(1)).toEqual([
      'none',
      'nothing to compare',
      'neutral',
    ]);
  });

  it('compares nothing with what is unknown', () => {
    expect(measured('Cost', { cost: UNKNOWN }, {})).toEqual([
      'unknown',
      '$0.0020',
      'not known before',
      'neutral',
    ]);
    expect(measured('Speed', {}, { tokensPerSecond: null })[2]).toBe('not known now');
    expect(measured('Speed', {}, { tokensPerSecond: 80.1 })[2]).toBe('about the same');
    expect(measured('Cost', { cost: computed(0) }, {})[2]).toBe('dearer');
  });

  const cell = (newerCase: number, change: Partial<CellAgainst> = {}): CellAgainst => ({
    olderCase: newerCase,
    newerCase,
    repeat: 0,
    olderColumn: 0,
    newerColumn: 0,
    isSame: true,
    lostChecks: 0,
    wonChecks: 0,
    ...change,
  });

  it('sums up, and lists what changed with losses first', () => {
    const cells = [
      cell(0),
      cell(1, { isSame: false }),
      cell(2, { wonChecks: 1 }),
      cell(3, { isSame: false, lostChecks: 2 }),
    ];
    expect(changedCells(cells).map(({ newerCase }) => newerCase)).toEqual([3, 1, 2]);
    expect(changedCells(cells).map(cellWords)).toEqual([
      '2 checks lost · another text',
      'another text',
      '1 check won · the same text',
    ]);
    const columns = [column({}, {})];
    expect(againstSentences({ columns, cells, hasChangedSetup: true })).toEqual([
      'Of 12 answers that both rounds have, 10 are the same to the letter.',
      '2 checks were lost and 1 won.',
      'Columns or prompts that only one of the two rounds has are left out.',
    ]);
    expect(sameWords({ same: 0, both: 0 })).toBe('none in both');
  });

  it('begins with the round on screen and the one before it', () => {
    const rounds = ['a', 'b', 'c'].map((id) => ({ id }) as RoundSummary);
    expect(firstPair(rounds, 'b')).toEqual(['a', 'b']);
    expect(firstPair(rounds, 'a')).toEqual(['b', 'c']);
    expect(firstPair(rounds, null)).toEqual(['b', 'c']);
    expect(firstPair(rounds.slice(0, 1), 'a')).toBeNull();
  });
});

describe('in the window', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const GPT: TargetView = {
    kind: 'endpoint',
    endpoint: { providerId: 'openrouter', model: 'openai/gpt-6.1' },
  };
  const pass = (millis: number) => vi.advanceTimersByTimeAsync(millis);

  async function started(hasHistory = true) {
    const backend = new FakeBackend({
      hasOpenRouter: true,
      comparisons: {},
      conversations: hasHistory ? pictureHistory(Date.now()) : [],
    });
    const app = new WindowState(backend, (work) => void setTimeout(work, 1));
    await app.start();
    await pass(5);
    return { app, backend };
  }

  it('asks the past again, beside the answers of then, with the names hidden', async () => {
    const { app, backend } = await started();
    const past = new Replay(app.past);
    past.prepare();
    await pass(400);
    expect(backend.calls.some(({ command }) => command === 'replay_prepare')).toBe(false);
    past.target = GPT;
    past.prepare();
    await pass(400);
    expect(past.view).toMatchObject({ sample: { taken: 7 }, priced: 8, unpriced: 0 });
    const first = past.seed;
    expect(first).not.toBe('');
    past.count = '2';
    past.prepare();
    expect(past.canStart).toBe(false);
    await pass(800);
    expect(past.view?.sample).toMatchObject({ taken: 2, outOf: 7, seed: Number(first) });
    expect(past.estimate?.cells).toBe(4);
    expect(await past.start()).toBe(true);
    await pass(5_000);
    const { shown, opened } = app.comparisons;
    expect(opened?.definition.columns.map(({ target }) => target)).toEqual([null, GPT]);
    expect(shown.isBlindOn).toBe(true);
    expect(shown.round).toMatchObject({ state: 'done' });
    expect(shown.round?.cells.map(({ state }) => state)).toEqual(Array(4).fill('answered'));
    expect(shown.round?.definition.sample?.seed).toBe(Number(first));
    const told = await app.past.outcomeOf(shown.roundId ?? '');
    expect(told.columns).toMatchObject([{ column: 1, questions: 2 }]);
    // Once a prompt is changed it stands for nothing.
    app.comparisons.draft.removePrompt(0);
    expect(app.comparisons.draft.definition().sample).toBeNull();
  });

  it('draws other questions when it is told to, and the same again by their seed', async () => {
    const { app } = await started();
    const past = new Replay(app.past);
    const titles = () =>
      past.view?.definition.prompts.map((prompt) => (prompt.kind === 'past' ? prompt.title : ''));
    const settle = async () => {
      past.prepare();
      await pass(400);
      return titles();
    };
    past.target = GPT;
    past.count = '3';
    past.seed = '5';
    const first = await settle();
    past.seed = '6';
    expect(await settle()).not.toEqual(first);
    past.seed = '5';
    expect(await settle()).toEqual(first);
    past.drawAgain();
    await pass(400);
    expect(past.seed).not.toBe('5');
    past.seed = 'five';
    await settle();
    expect(past.problem?.field).toBe('seed');
    past.isRandom = false;
    past.isAllTime = true;
    await settle();
    expect(past.view?.sample).toMatchObject({ seed: null, since: null, taken: 3 });
  });

  it('names the field that cannot be used, and starts nothing', async () => {
    const { app } = await started();
    const past = new Replay(app.past);
    past.target = GPT;
    past.days = 'many';
    past.prepare();
    await pass(400);
    expect(past.problem?.field).toBe('days');
    expect(await past.start()).toBe(false);
    past.days = '7';
    past.prepare();
    await pass(400);
    expect(past.problem).toBeNull();
    expect(past.canStart).toBe(true);
  });

  it('says that there is no past', async () => {
    const { app } = await started(false);
    const past = new Replay(app.past);
    past.target = GPT;
    past.prepare();
    await pass(400);
    expect(past.problem?.message).toContain('no question');
  });

  it('leaves nothing in the list where the round cannot begin', async () => {
    const { app, backend } = await started();
    const before = app.comparisons.list.length;
    const past = new Replay(app.past);
    past.target = GPT;
    past.prepare();
    await pass(400);
    const call = backend.call.bind(backend);
    vi.spyOn(backend, 'call').mockImplementation((command, request) =>
      command === 'comparison_start'
        ? // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as the shell does
          Promise.reject({ code: 'busy', message: 'Busy.', advice: 'Wait.' })
        : call(command, request),
    );
    expect(await past.start()).toBe(false);
    await pass(50);
    expect(past.problem?.message).toBe('Busy.');
    expect(app.comparisons.list).toHaveLength(before);
  });

  it('reads both texts of what changed, and keeps the older round the older one', async () => {
    const { app } = await started();
    app.openComparison('picture');
    await pass(50);
    const against = new Against(app.past);
    against.open();
    await pass(5);
    expect(against.view?.columns.map(({ same, both }) => [same, both])).toEqual([
      [1, 1],
      [1, 1],
      [0, 1],
    ]);
    const [changed] = changedCells(against.view?.cells ?? []);
    if (!changed) throw new Error('nothing changed');
    await against.openCell(changed);
    expect(against.readings?.map(({ label }) => label)).toEqual(['Round 1', 'Round 2']);
    expect(against.readings?.[0]?.text).toContain('a full queue');
    expect(against.readings?.[1]?.text).toContain('TCP flow control');

    await app.comparisons.run();
    await pass(5_000);
    const ids = app.comparisons.opened?.rounds.map(({ id }) => id) ?? [];
    against.open();
    expect([against.olderId, against.newerId]).toEqual([ids[1], ids[2]]);
    against.chooseNewer(ids[1] ?? '');
    expect(against.olderId).toBe(ids[0]);
  });
});
