import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../lib/ipc/fake/backend';
import type { LabRequest, LabView } from '../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import { axisFor, placeOn } from './axis';
import { draftFrom, likelyBaseline, requestOf } from './draft';
import LabPanel from './LabPanel.svelte';
import {
  addedIntervalWords,
  addedWords,
  estimateWords,
  intervalWords,
  millisWords,
  rowName,
} from './words';

const user = userEvent.setup();

async function opened(options: FakeOptions = {}) {
  const backend = new FakeBackend({ waysIn: 60, ...options });
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  const requests = (command: string) =>
    backend.calls.filter((call) => call.command === command).map(({ request }) => request);
  const view = render(LabPanel, { context: new Map([[STATE_KEY, app]]) });
  await waitFor(() => expect(app.labs.hasLoaded).toBe(true));
  return { app, backend, requests, ...view };
}

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const dialog = () => within(screen.getByRole('dialog', { name: 'Latency lab' }));
const field = (name: string) => screen.getByLabelText<HTMLInputElement>(name);

async function openForm(options: FakeOptions = {}) {
  const state = await opened(options);
  await user.click(button('Measure'));
  return state;
}

beforeEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

describe('figures in words', () => {
  it('keeps fractions of a millisecond where they are all there is', () => {
    expect(millisWords(622)).toBe('622 ms');
    expect(millisWords(0.4)).toBe('0.4 ms');
    expect(millisWords(1_234)).toBe('1,234 ms');
    expect(millisWords(12_345)).toBe('12.35 s');
    expect([120, -3, 0, 0.1].map(addedWords)).toEqual(['+120 ms', '−3 ms', '0 ms', '+0.1 ms']);
  });

  it('writes both ends of an interval in one unit, and none where there is none', () => {
    const figure = { median: 9_000, low: 8_000, high: 12_000, samples: 20 };
    expect(intervalWords(figure)).toBe('8.00–12.00 s');
    expect(addedIntervalWords({ ...figure, low: -4, high: 9 })).toBe('−4 to +9 ms');
    expect(intervalWords({ ...figure, low: null, high: null })).toBeNull();
  });

  it('never sums up what is not known', () => {
    const requests = 40;
    expect(estimateWords({ nanoUsd: [1_000_000, 0], totalNanoUsd: 1_000_000, requests })).toBe(
      '40 requests, at most about $0.0010',
    );
    expect(estimateWords({ nanoUsd: [1_000_000, null], totalNanoUsd: null, requests })).toBe(
      '40 requests, at least about $0.0010, and unknown for 1 way in',
    );
    expect(estimateWords({ nanoUsd: [null], totalNanoUsd: null, requests: 20 })).toBe(
      '20 requests, cost unknown',
    );
    expect(estimateWords({ nanoUsd: [0], totalNanoUsd: 0, requests: 1 })).toBe('1 request, free');
  });
});

describe('the axis', () => {
  const figure = (low: number, median: number, high: number) => ({
    median,
    low,
    high,
    samples: 20,
  });

  it('holds every interval, and marks round figures', () => {
    const axis = axisFor([figure(600, 622, 640), null, figure(790, 810, 830)]);
    expect(axis).not.toBeNull();
    if (!axis) return;
    expect(axis.from).toBeLessThan(600);
    expect(axis.to).toBeGreaterThan(830);
    expect(axis.ticks).toEqual([600, 700, 800]);
    expect(placeOn(axis, 622)).toBeLessThan(placeOn(axis, 810));
  });

  it('begins at zero where zero is not far', () => {
    expect(axisFor([figure(40, 41, 42), figure(800, 812, 830)])?.from).toBe(0);
  });

  it('has room for one sample, and is not there without any', () => {
    const axis = axisFor([{ median: 5, low: null, high: null, samples: 1 }]);
    expect(axis && axis.to > axis.from && axis.ticks.length > 0).toBe(true);
    expect(axisFor([null])).toBeNull();
  });
});

describe('what is asked', () => {
  const a = { providerId: 'a', model: 'm' };
  const b = { providerId: 'b', model: 'm' };
  const draft = {
    endpoints: [a, b],
    baseline: 'b m',
    isBaselineOpen: false,
    rounds: ' 20 ',
    prompt: 'Hi',
    maxTokens: '1.5',
  };

  it('sends numbers as they were meant, and what is none as something that is refused', () => {
    expect(requestOf(draft)).toEqual({
      endpoints: [a, b],
      baseline: 1,
      rounds: 20,
      prompt: 'Hi',
      maxTokens: 0,
    });
    expect(requestOf({ ...draft, baseline: '' }).baseline).toBeNull();
    expect(requestOf({ ...draft, rounds: '99999999999999' }).rounds).toBe(1_000_000);
  });

  it('asks the same again of those that are still there', () => {
    const request: LabRequest = { ...requestOf(draft), maxTokens: 16 };
    const again = draftFrom({ request } as LabView, ({ providerId }) => providerId === 'a');
    expect(again.endpoints).toEqual([a]);
    expect(again.baseline).toBe('');
    expect(requestOf(draftFrom({ request } as LabView, () => true))).toEqual(request);
  });
});

describe('the form', () => {
  it('takes all ways in of a model, direct first, and tells the cost before', async () => {
    const { app, requests } = await openForm();
    await user.click(button(/^All 3 ways in of gemini-flash/));
    const rows = within(screen.getByRole('list', { name: 'Chosen ways in' })).getAllByRole(
      'listitem',
    );
    expect(rows[0]?.textContent).toContain('Google AI Studio');
    expect(rows[0]?.textContent).toContain('direct');
    expect(likelyBaseline(app.models.waysTo('google/gemini-flash'))).toBe('google gemini-flash');
    await waitFor(() => expect(screen.getByText(/^60 requests, at most about \$/)).toBeTruthy());
    expect(requests('lab_estimate').at(-1)).toMatchObject({ baseline: 0, rounds: 20 });
    expect(requests('lab_start')).toEqual([]);
  });

  it('finds ways in by search, and writes out an unknown cost', async () => {
    const { app } = await openForm({ hasKeys: true });
    const unknown = app.models.value.find(
      ({ price, isChat, unavailableBecause }) =>
        price === null && isChat && unavailableBecause === null,
    );
    expect(unknown).toBeDefined();
    await user.type(screen.getByRole('searchbox'), unknown?.endpoint.model ?? '');
    const found = await screen.findByRole('list', { name: 'Found ways in' });
    await user.click(within(found).getAllByRole('checkbox')[0] as HTMLElement);
    await waitFor(() => expect(screen.getByText(/cost unknown/)).toBeTruthy());
    await user.click(button(/^Leave out/));
    expect(app.labs.draft.endpoints).toEqual([]);
  });

  it('lists what there is where no model has two ways in', async () => {
    const { app } = await openForm({ waysIn: 0 });
    expect(screen.getByText(/No model has two ways in yet/)).toBeTruthy();
    await user.click(screen.getByRole('checkbox', { name: /smollm2/ }));
    expect(app.labs.draft.endpoints).toEqual([
      { providerId: 'local', model: 'smollm2-135m-instruct' },
    ]);
    expect(await screen.findByText('20 requests, free.')).toBeTruthy();
  });

  it('says what is wrong at its field', async () => {
    const { requests } = await openForm();
    await user.click(dialog().getByRole('button', { name: 'Measure' }));
    expect(await screen.findByText(/1 to 12 ways in/)).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('searchbox')));
    await user.click(button(/of gemini-flash/));
    for (const [name, typed] of [
      ['Rounds', '500'],
      ['Longest answer, in tokens', 'many'],
      ['Question', ' '],
    ] as const) {
      const before = field(name).value;
      await user.clear(field(name));
      await user.type(field(name), typed);
      await waitFor(() => expect(field(name).getAttribute('aria-invalid')).toBe('true'));
      await user.clear(field(name));
      await user.type(field(name), before);
      await waitFor(() => expect(field(name).getAttribute('aria-invalid')).toBeNull());
    }
    expect(requests('lab_start')).toHaveLength(1);
  });
});

describe('a measurement', () => {
  it('is followed to its end, and prints the table of reviewers', async () => {
    const { app } = await openForm();
    // The fewest that have an interval.
    app.labs.draft.rounds = '6';
    await user.click(button(/of gemini-flash/));
    await user.click(dialog().getByRole('button', { name: 'Measure' }));
    await waitFor(() => expect(app.labs.value[0]?.isRunning).toBe(false), { timeout: 4_000 });
    const table = dialog().getByRole('table');
    const headers = within(table).getAllByRole('columnheader');
    expect(headers.map(({ textContent }) => textContent.trim())).toEqual([
      'Way in',
      'First token',
      'Added',
      'Whole answer',
      'Added',
      'Cost',
    ]);
    const rows = within(table).getAllByRole('row').slice(1);
    const cells = rows.map((row) => within(row).getAllByRole('cell'));
    expect(rows[0]?.textContent).toContain('Google AI Studio, direct');
    expect(cells[0]?.[1]?.textContent).toContain('the baseline');
    expect(rows[1]?.textContent).toContain('→');
    expect(cells[1]?.[0]?.textContent).toMatch(/\d+ ms.*95 % interval.*\d+–\d+ ms/s);
    expect(cells[1]?.[1]?.textContent).toMatch(/\+\d+ ms.*\+\d+ to \+\d+ ms/s);
    expect(cells.every((row) => row.at(-1)?.textContent.includes('$0.00'))).toBe(true);
    expect(dialog().getByText(/^Measurement over/)).toBeTruthy();
  });

  it('stops, and keeps what there is', async () => {
    const { app } = await openForm({ tickMillis: 5 });
    await user.click(button(/of gemini-flash/));
    await user.click(dialog().getByRole('button', { name: 'Measure' }));
    await waitFor(() => expect(app.labs.value[0]?.done).toBeGreaterThan(2));
    await user.click(dialog().getByRole('button', { name: 'Stop' }));
    await waitFor(() => expect(app.labs.value[0]?.isStopped).toBe(true));
    expect(app.labs.value[0]?.isRunning).toBe(false);
    expect(dialog().getAllByText(/stopped after \d+ of 60/).length).toBeGreaterThan(0);
  });

  it('that this window did not begin is found, and followed by asking again', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    try {
      const { app, requests } = await opened({ labs: 'running', tickMillis: 200 });
      await waitFor(() => expect(app.labs.running).toHaveLength(1));
      const before = app.labs.running[0]?.done ?? 0;
      const asked = requests('lab_list').length;
      await vi.advanceTimersByTimeAsync(3_200);
      expect(requests('lab_list').length).toBeGreaterThan(asked);
      expect(app.labs.running[0]?.done).toBeGreaterThan(before);
    } finally {
      vi.useRealTimers();
    }
  });

  it('says where there is no interval yet, and why some failed', async () => {
    const { app } = await opened({ labs: 'kept' });
    await user.click(button('Open'));
    const stopped = app.labs.value.find(({ isStopped }) => isStopped);
    expect(stopped).toBeDefined();
    const saved = within(screen.getByRole('region', { name: 'Measurements' }));
    await user.click(saved.getByRole('button', { name: /stopped after 15 of 60/ }));
    expect(dialog().getByText(/fewer than 6 answers/)).toBeTruthy();
    expect(dialog().getAllByText('no interval yet')).toHaveLength(6);
    expect(dialog().getByText(/1 of 5 failed: Together AI asks for a pause/)).toBeTruthy();
  });

  it('is copied as a table, asks once before it is deleted, and is measured again', async () => {
    const { app, requests } = await opened({ labs: 'kept' });
    const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    await user.click(button('Open'));
    const newest = app.labs.value[0] as LabView;
    await user.click(dialog().getByRole('button', { name: 'Export' }));
    await user.click(
      await screen.findByText('Copy as Markdown', { selector: '[role=menuitem] *' }),
    );
    await waitFor(() => expect(writeText.mock.lastCall?.[0]).toContain('| Way in |'));
    expect(requests('lab_export')).toEqual([{ id: newest.id, format: 'markdown' }]);

    await user.click(button('Measure again'));
    expect(requestOf(app.labs.draft)).toEqual(newest.request);

    const saved = within(screen.getByRole('region', { name: 'Measurements' }));
    await user.click(saved.getAllByRole('button')[0] as HTMLElement);
    await user.click(button('Delete this measurement'));
    expect(document.activeElement).toBe(button('Keep it'));
    await user.keyboard('{Escape}');
    expect(app.labs.find(newest.id)).toBeDefined();
    await user.click(button('Delete this measurement'));
    await user.click(button('Delete the measurement'));
    await waitFor(() => expect(app.labs.find(newest.id)).toBeUndefined());
    expect(screen.getByRole('region', { name: 'New measurement' })).toBeTruthy();
  });
});

describe('names', () => {
  it('are told apart from the model that stands behind them', () => {
    const row = {
      name: 'OpenRouter → Google Vertex, google/gemini-flash',
      endpoint: { providerId: 'openrouter', model: 'google/gemini-flash' },
    } as LabView['rows'][number];
    expect(rowName(row)).toEqual({
      way: 'OpenRouter → Google Vertex',
      model: 'google/gemini-flash',
    });
  });
});

describe('news of a measurement', () => {
  it('that comes before the reply to its start is not taken back by it', async () => {
    const { app, backend } = await opened();
    const endpoints = app.models.waysTo('google/gemini-flash').map(({ endpoint }) => endpoint);
    const request = { endpoints, baseline: 0, rounds: 2, prompt: 'Hi', maxTokens: 16 };
    vi.spyOn(backend, 'stream').mockImplementation(async (_name, _request, onMessage) => {
      const seeded = backend.labs.start(request, () => undefined);
      onMessage({ kind: 'progress', lab: { ...seeded, done: 3 } } as never);
      await Promise.resolve();
      return seeded;
    });
    const lab = await app.labs.start(request);
    expect(app.labs.find(lab.id)?.done).toBe(3);
  });
});
