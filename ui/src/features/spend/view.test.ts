import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../lib/ipc/fake/backend';
import type { SpendOverview, SpendQuery } from '../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import { SPLITS, Spend } from '../../lib/state/spend.svelte';
import ToastRegion from '../../lib/ui/ToastRegion.svelte';
import AnswersSheet from './AnswersSheet.svelte';
import SpendView from './SpendView.svelte';

const user = userEvent.setup();

async function opened(options: FakeOptions = { hasSpend: true }) {
  const backend = new FakeBackend(options);
  const app = new WindowState(backend);
  await app.start();
  app.showSpend('overview');
  const context = new Map([[STATE_KEY, app]]);
  render(SpendView, { context });
  render(AnswersSheet, { context });
  await waitFor(() => expect(app.spend.overview).not.toBeNull());
  await tick();
  return { app, backend, spend: app.spend };
}

const bars = () => [...document.querySelectorAll<SVGGElement>('[data-bar]')];
const button = (name: string | RegExp) => screen.getByRole('button', { name });

const entry = (name: string | RegExp) => screen.findByText(name, { selector: '[role=menuitem] *' });

beforeEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

describe('the sums', () => {
  it.each(SPLITS)('agree whichever way they are split: by %s', async (split) => {
    const { spend } = await opened();
    for (const name of ['last_month', '365_days'] as const) {
      await spend.choose(name);
      await spend.splitBy(split);
      const { overview, chart } = spend;
      if (!overview || !chart) throw new Error('nothing was read');
      const groups = chart.groups.map(({ sums }) => sums);
      const total = (of: (sums: (typeof groups)[number]) => number) =>
        groups.reduce((sum, each) => sum + of(each), 0);
      expect(total(({ knownNanoUsd }) => knownNanoUsd)).toBe(overview.span.knownNanoUsd);
      expect(total(({ attempts }) => attempts)).toBe(overview.span.attempts);
      expect(total(({ unknown }) => unknown)).toBe(overview.span.unknown);
      const sumOf = (amounts: readonly number[]) => amounts.reduce((sum, each) => sum + each, 0);
      const drawn = chart.groups.filter(({ byDayNanoUsd }) => byDayNanoUsd.length > 0);
      for (const { sums, byDayNanoUsd } of drawn) {
        expect(byDayNanoUsd).toHaveLength(chart.days.length);
        expect(sumOf(byDayNanoUsd)).toBe(sums.knownNanoUsd);
      }
      const days = [...drawn.map(({ byDayNanoUsd }) => byDayNanoUsd), chart.othersByDayNanoUsd];
      expect(sumOf(days.flat())).toBe(overview.span.knownNanoUsd);
      expect(sumOf(chart.unknownByDay)).toBe(overview.span.unknown);
    }
  });
});

describe('the bars', () => {
  it('say their day, the sum and the parts, and are walked by arrow keys', async () => {
    await opened();
    expect(bars()).toHaveLength(30);
    const [first, second] = bars();
    expect(first?.getAttribute('aria-label')).toMatch(
      /^\w{3}, \d+ \w+ \d{4}: (nothing known|\$\d.*\. \w+.* \$\d)/,
    );
    expect(bars().filter(({ tabIndex }) => tabIndex === 0)).toEqual([first]);
    first?.focus();
    await user.keyboard('{ArrowRight}');
    expect(document.activeElement).toBe(second);
    expect(bars().filter(({ tabIndex }) => tabIndex === 0)).toEqual([second]);
    await user.keyboard('{End}');
    expect(document.activeElement).toBe(bars().at(-1));
    await user.keyboard('{ArrowRight}');
    expect(document.activeElement).toBe(bars().at(-1));
    await user.keyboard('{Home}');
    expect(document.activeElement).toBe(first);
  });

  it('open the answers of their days', async () => {
    const { spend, backend } = await opened();
    bars().at(-1)?.focus();
    await user.keyboard('{Enter}');
    const dialog = await screen.findByRole('dialog', { name: /^Answers: / });
    await waitFor(() => expect(spend.opened?.answers.length).toBeGreaterThan(0));
    const today = spend.overview?.todayDate;
    expect(backend.calls.at(-1)).toMatchObject({
      command: 'spend_answers',
      request: { query: { from: today, to: today }, order: 'dearest', offset: 0 },
    });
    await user.click(within(dialog).getByRole('button', { name: 'Newest first' }));
    await waitFor(() => expect(spend.opened?.answers.length).toBeGreaterThan(0));
    const times = spend.opened?.answers.map(({ startedAt }) => startedAt) ?? [];
    expect(times).toEqual(times.toSorted((left, right) => right - left));
  });

  it('are weeks where days could not be told apart, and the table keeps the days', async () => {
    const { spend } = await opened();
    await spend.choose('365_days');
    await tick();
    expect(bars().length).toBeLessThan(60);
    expect(screen.getByText(/each bar is a week/)).toBeTruthy();
    await user.click(button('Show as table'));
    const table = screen.getByRole('region', { name: 'Spend by day, as a table' });
    expect(table.querySelectorAll('tbody tr')).toHaveLength(365);
  });

  it('have a table of the same numbers that can be sorted', async () => {
    const { spend } = await opened();
    await user.click(button('Show as table'));
    const table = screen.getByRole('region', { name: 'Spend by day, as a table' });
    const column = () =>
      [...table.querySelectorAll('tbody tr')].map((row) =>
        Number(row.querySelector('td')?.textContent.replace(/[$,]/g, '')),
      );
    const [head] = [...table.querySelectorAll('thead th')].slice(1);
    await user.click(head?.querySelector('button') ?? table);
    expect(head?.getAttribute('aria-sort')).toBe('descending');
    expect(column()).toEqual(column().toSorted((left, right) => right - left));
    await user.click(head?.querySelector('button') ?? table);
    expect(column()).toEqual(column().toSorted((left, right) => left - right));
    const all = column().reduce((sum, each) => sum + each, 0);
    expect(all).toBeCloseTo((spend.overview?.span.knownNanoUsd ?? 0) / 1e9, 2);
  });
});

describe('what a budget stopped', () => {
  it('is a request, is no failure, and is opened from its count', async () => {
    const { spend, backend } = await opened();
    const { answers, failedAnswers, stoppedAnswers, stoppedToday } =
      spend.overview ?? ({} as SpendOverview);
    expect([stoppedAnswers, stoppedToday]).toEqual([2, 2]);
    const card = screen.getByText('Requests', { selector: '.name' }).closest('li');
    expect(card?.textContent).toContain(answers.toLocaleString('en-US'));
    expect(card?.textContent).toContain(`${failedAnswers} failed`);
    const today = screen.getByText('Today', { selector: '.name' }).closest('li');
    expect(today?.textContent).toContain('2 stopped by a budget');
    await user.click(button('2 stopped by a budget'));
    const dialog = await screen.findByRole('dialog', { name: 'Answers: stopped by a budget' });
    await waitFor(() => expect(spend.opened?.answers).toHaveLength(2));
    expect(backend.calls.at(-1)).toMatchObject({
      command: 'spend_answers',
      request: { query: spend.query, onlyStopped: true, order: 'newest' },
    });
    expect(within(dialog).getAllByText('not sent')).toHaveLength(2);
    expect(dialog.textContent).not.toContain('free');
  });
});

describe('what is not known', () => {
  it('is counted with its bar, in words and in the table', async () => {
    const { spend } = await opened();
    const unknown = spend.chart?.unknownByDay ?? [];
    const day = unknown.findIndex((count) => count > 0);
    const words = `${unknown[day]} attempt${unknown[day] === 1 ? '' : 's'} of unknown cost`;
    expect(bars()[day]?.getAttribute('aria-label')).toContain(`, and ${words}`);
    expect(bars()[day]?.querySelector('circle')).not.toBeNull();
    expect(document.querySelectorAll('[data-bar] circle')).toHaveLength(
      unknown.filter((count) => count > 0).length,
    );
    bars()[day]?.focus();
    await tick();
    expect(document.querySelector('.readout')?.textContent).toContain(`and ${words}`);
    await user.click(button('Show as table'));
    const table = screen.getByRole('region', { name: 'Spend by day, as a table' });
    const cells = [...table.querySelectorAll('tbody tr')].map(
      (row) => row.querySelectorAll('td')[1]?.textContent.trim() ?? '',
    );
    const inOrder = unknown.map((count) => (count > 0 ? `${count} unknown` : 'none')).toReversed();
    expect(cells).toEqual(inOrder);
  });

  it('is counted beside the group, and written out where it is all there is', async () => {
    await opened();
    await user.click(button(/^Show all/));
    const row = screen.getByRole('button', { name: 'Homelab' }).closest('tr');
    expect(row?.textContent).toMatch(/unknown/);
    expect(row?.textContent).toMatch(/\d+ unknown/);
    expect(row?.textContent).not.toContain('$0.0000');
  });

  it('is told with the coverage, which leads to the proof', async () => {
    const { spend } = await opened();
    expect(screen.getByText(/unknown, so the true sum is larger/)).toBeTruthy();
    await user.click(button('Check it under Proof'));
    expect(spend.tab).toBe('proof');
  });
});

describe('before anything was spent', () => {
  it('says what will stand here', async () => {
    const { spend } = await opened({});
    expect(screen.getByRole('heading', { name: 'Nothing was spent yet' })).toBeTruthy();
    expect(screen.getByText(/on this computer answers is free, and counted/)).toBeTruthy();
    await user.click(button('Set a budget first'));
    expect(spend.tab).toBe('budgets');
  });
});

describe('the days', () => {
  it('are those that Rust calls so', async () => {
    const backend = new FakeBackend({ hasSpend: true });
    const call = backend.call.bind(backend);
    const asked: SpendQuery[] = [];
    vi.spyOn(backend, 'call').mockImplementation(async (command, request) => {
      const reply = await call(command, request);
      if (command !== 'spend_overview') return reply;
      asked.push(request as SpendQuery);
      return { ...(reply as SpendOverview), todayDate: '2026-03-01' };
    });
    const spend = new Spend(backend);
    spend.spanName = 'week';
    await spend.refresh();
    expect(asked.at(-1)).toMatchObject({ from: '2026-02-23', to: '2026-03-01' });
    expect(spend.shown?.query).toEqual(asked.at(-1));
  });

  it('that a person types are asked for when both are there in order', async () => {
    const { spend, backend } = await opened();
    await spend.choose('own');
    const before = backend.calls.length;
    await spend.chooseOwn({ from: '2026-12-31', to: '2026-01-01' });
    expect(spend.spanProblem).toBe('The first day is after the last.');
    await spend.chooseOwn({ to: '' });
    // Other tabs ask for these days too, so they stay days.
    expect(spend.query).toMatchObject({ from: spend.shown?.query.from, to: spend.today });
    expect(backend.calls.length).toBe(before);
    await spend.chooseOwn({ from: '2026-10-01', to: '9999-12-31' });
    expect(spend.spanProblem).toBe('The last day is not here yet.');
    // While a year is typed, it is one of the first century.
    await spend.chooseOwn({ from: '0002-10-01', to: '2026-10-31' });
    expect(spend.spanProblem).toBe('Ten years are shown at most.');
    expect(backend.calls.length).toBe(before);
    await spend.chooseOwn({ from: '2026-10-01', to: '2026-10-31' });
    expect(spend.spanProblem).toBeNull();
    expect(spend.shown?.query).toMatchObject({ from: '2026-10-01', to: '2026-10-31' });
  });

  it('that were chosen last win, however late the others are answered', async () => {
    const backend = new FakeBackend({ hasSpend: true });
    const spend = new Spend(backend);
    await spend.refresh();
    const first = spend.choose('365_days');
    const second = spend.choose('today');
    await Promise.all([first, second]);
    expect(spend.shown?.query.from).toBe(spend.today);
    expect(spend.chart?.days).toEqual([spend.today]);
    expect(spend.isReading).toBe(false);
  });

  it('are drawn by the split that was chosen last, and no sums are asked for again', async () => {
    const { spend, backend } = await opened();
    const before = spend.shown;
    const calls = backend.calls.length;
    await Promise.all([spend.splitBy('model'), spend.splitBy('origin')]);
    expect(spend.chartSplit).toBe('origin');
    expect(backend.calls.slice(calls).map(({ command }) => command)).toEqual([
      'spend_chart',
      'spend_chart',
    ]);
    expect(spend.shown).toBe(before);
    // While other days are being read, both belong to the new ones in the end.
    await Promise.all([spend.choose('7_days'), spend.splitBy('model')]);
    expect(spend.chartSplit).toBe('model');
    expect(spend.chart?.days).toHaveLength(7);
    expect(spend.shown?.query.from).toBe(spend.chart?.days[0]);
  });

  it('are read for the split that is pointed at, once, and again where something changed since', async () => {
    const { spend, backend } = await opened();
    const asked = () => backend.calls.filter(({ command }) => command === 'spend_chart').length;
    const before = asked();
    spend.expectSplit('model');
    spend.expectSplit('model');
    await spend.splitBy('model');
    expect(asked()).toBe(before + 1);
    expect(spend.chartSplit).toBe('model');
    spend.expectSplit('origin');
    await spend.refresh();
    await spend.splitBy('origin');
    // One that was pointed at, one with the rest, and one that was chosen.
    expect(asked()).toBe(before + 4);
    expect(spend.chartSplit).toBe('origin');
  });

  it('stay on screen where they cannot be read again', async () => {
    const { spend, backend } = await opened();
    const before = spend.shown;
    // The shell rejects with plain data.
    vi.spyOn(backend, 'call').mockRejectedValue({
      code: 'busy',
      message: 'Too much at once.',
      advice: 'Try again.',
    });
    await spend.refresh();
    await tick();
    expect(spend.shown).toBe(before);
    expect(screen.getByText('Too much at once.')).toBeTruthy();
    expect(bars()).toHaveLength(30);
  });
});

describe('another currency', () => {
  it('stands beside the dollars, with its rate', async () => {
    const { spend } = await opened();
    await user.click(button('More about amounts'));
    await user.click(await entry(/another currency/));
    const dialog = within(await screen.findByRole('dialog'));
    await user.type(dialog.getByRole('textbox', { name: 'Currency' }), 'eur');
    await user.type(dialog.getByRole('textbox', { name: 'A dollar is worth' }), '0,92');
    expect(dialog.getByText('$100.00 is shown as 92.00 EUR.')).toBeTruthy();
    await user.click(dialog.getByRole('button', { name: 'Show' }));
    await waitFor(() => expect(spend.currency?.perUsd).toBe('0.92'));
    expect(screen.getByText(/EUR at 0\.92 of/)).toBeTruthy();
    const card = screen.getByText('Today', { selector: '.name' }).closest('li');
    expect(card?.textContent).toMatch(/\$0\.\d{4}.*0\.\d{4} EUR/s);
  });

  it('is refused where it is none, beside the field', async () => {
    await opened();
    await user.click(button('More about amounts'));
    await user.click(await entry(/another currency/));
    const dialog = within(await screen.findByRole('dialog'));
    await user.type(dialog.getByRole('textbox', { name: 'Currency' }), 'EUR');
    await user.type(dialog.getByRole('textbox', { name: 'A dollar is worth' }), 'a lot');
    await user.click(dialog.getByRole('button', { name: 'Show' }));
    expect(await dialog.findByText('That is no rate. Write it like 0.92.')).toBeTruthy();
  });
});

describe('an export', () => {
  it('says where the file is, and shows it', async () => {
    const { app, backend, spend } = await opened();
    render(ToastRegion, { source: app.toasts });
    await user.click(button('Export'));
    await user.click(await entry('Every attempt as JSON'));
    await screen.findByText(/^Saved “spend-rows.*\.json” in \/home\/ada\/Downloads$/);
    expect(backend.calls.at(-1)).toEqual({
      command: 'spend_export',
      request: { query: spend.query, what: 'rows', format: 'json' },
    });
    await user.click(button('Show'));
    expect(backend.calls.at(-1)?.command).toBe('file_reveal');
    expect(screen.queryByText(/^Saved/)).toBeNull();
  });

  it('of a statement is of a whole month, whatever is on screen', async () => {
    const { backend, spend } = await opened();
    await spend.choose('today');
    await user.click(button('Export'));
    await entry('Sums as CSV');
    const statements = screen.getAllByText(/^Statement of/);
    await user.click(statements[1] ?? document.body);
    await waitFor(() => expect(backend.calls.at(-1)?.command).toBe('spend_export'));
    const { query } = backend.calls.at(-1)?.request as { query: SpendQuery };
    expect(query.from.slice(8)).toBe('01');
    expect(query.to < (spend.overview?.todayDate.slice(0, 7) ?? '')).toBe(true);
  });
});
