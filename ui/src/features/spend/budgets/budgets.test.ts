import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../../lib/ipc/fake/backend';
import type { BudgetStanding, BudgetView, IpcError } from '../../../lib/ipc/gen/types';
import { Budgets } from '../../../lib/state/budgets.svelte';
import { STATE_KEY, WindowState } from '../../../lib/state/index.svelte';
import BudgetsTab from './BudgetsTab.svelte';
import { budgetOf, draftOf, NEW_BUDGET, problemFrom, problemsOf, PROPOSALS } from './draft';
import { barParts, barWords, leftWords, pace, periodQuery, rulesWords, tierName } from './words';

const user = userEvent.setup();
const NANO = 1_000_000_000;

function standing(
  change: Partial<BudgetStanding> = {},
  budget: Partial<BudgetView> = {},
): BudgetStanding {
  return {
    budget: { ...NEW_BUDGET, budgetId: 'b', limit: '20', ...budget },
    name: 'Everything',
    limitNanoUsd: 20 * NANO,
    spentNanoUsd: 5 * NANO,
    reservedNanoUsd: NANO,
    unknown: 0,
    stage: 'fine',
    paceNanoUsd: null,
    resetsAt: 1,
    words: 'A quarter is spent.',
    ...change,
  };
}

async function opened(options: FakeOptions = {}) {
  const backend = new FakeBackend({ hasSpend: true, waysIn: 20, hasRoutes: true, ...options });
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  const { spend } = app;
  render(BudgetsTab, { props: { spend }, context: new Map([[STATE_KEY, app]]) });
  const requests = (command: string) =>
    backend.calls.filter((call) => call.command === command).map(({ request }) => request);
  return { app, backend, requests };
}

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const toasts = (app: WindowState) => app.toasts.list.map(({ text }) => text);

beforeEach(() => {
  document.body.replaceChildren();
});

describe('a draft', () => {
  const draft = (change: Partial<ReturnType<typeof draftOf>> = {}) => ({
    ...draftOf({ ...NEW_BUDGET, limit: '20' }),
    ...change,
  });

  it('becomes the budget that it was made of', () => {
    for (const { budget } of PROPOSALS) expect(budgetOf(draftOf(budget))).toEqual(budget);
    const full: BudgetView = {
      budgetId: 'b',
      scope: { kind: 'model', modelKey: 'openai/gpt-6.1' },
      period: 'week',
      limit: '2.50',
      warnsAt: null,
      savesAt: 75,
      savesWithRouteId: 'route-everyday',
      stops: false,
      refusesUnknown: true,
    };
    expect(budgetOf(draftOf(full))).toEqual(full);
    // Without saving there is nothing to save with.
    expect(budgetOf({ ...draftOf(full), saves: false }).savesWithRouteId).toBeNull();
  });

  it('takes amounts as people write them, and no others', () => {
    const limits = ['$20', ' 0,50 ', '.5', '1000.123456789'];
    expect(limits.map((limit) => problemsOf(draft({ limit })))).toEqual(limits.map(() => ({})));
    expect(budgetOf(draft({ limit: '$0,50' })).limit).toBe('0.50');
    for (const limit of ['', '0', '0.00', '-1', '1e3', 'twenty', '1,000.00', '1.0000000001']) {
      expect(Object.keys(problemsOf(draft({ limit }))), limit).toEqual(['limit']);
    }
  });

  it('wants parts from 1 to 100, where they are switched on', () => {
    for (const part of ['0', '101', '', '80.5', 'x']) {
      expect(Object.keys(problemsOf(draft({ warnsAt: part })))).toEqual(['warnsAt']);
      expect(problemsOf(draft({ warns: false, warnsAt: part }))).toEqual({});
      expect(problemsOf(draft({ savesAt: part }))).toEqual({});
      expect(Object.keys(problemsOf(draft({ saves: true, savesAt: part })))).toEqual(['savesAt']);
    }
  });

  it('says what of its scope is missing', () => {
    expect(problemsOf(draft({ scope: { kind: 'model', modelKey: '' } })).scope).toBe(
      'Choose a model.',
    );
    expect(problemsOf(draft({ scope: { kind: 'app', app: ' ' } })).scope).toContain('Choose');
  });

  it('shows a refusal at its field, or nowhere in the form', () => {
    const refusal = (field: string | null): IpcError => ({
      code: 'invalid_input',
      message: 'No.',
      advice: 'Mend it.',
      field,
      detail: null,
      failure: null,
    });
    expect(problemFrom(refusal('limit'))).toEqual({ limit: 'No. Mend it.' });
    expect(problemFrom(refusal('providerId'))).toEqual({ scope: 'No. Mend it.' });
    expect(problemFrom(refusal(null))).toBeNull();
    expect(problemFrom(refusal('other'))).toBeNull();
  });
});

describe('where a budget stands', () => {
  it('fills the bar with what is spent and what is on its way, and never over its end', () => {
    expect(barParts(standing({}, { savesAt: 90 }))).toEqual({
      spent: 25,
      reserved: 5,
      marks: [
        { at: 80, word: 'tells' },
        { at: 90, word: 'cheaper' },
      ],
    });
    const over = barParts(standing({ spentNanoUsd: 19.5 * NANO, reservedNanoUsd: 5 * NANO }));
    expect([over.spent, over.reserved]).toEqual([97.5, 2.5]);
    expect(barParts(standing({ spentNanoUsd: 30 * NANO }))).toMatchObject({
      spent: 100,
      reserved: 0,
    });
    expect(barWords(standing())).toBe('$5.00 of $20.00 spent, at most $1.00 on its way');
    expect(barWords(standing({ reservedNanoUsd: 0 }))).toBe('$5.00 of $20.00 spent');
  });

  it('tells by how much its course is too much, and nothing before that can be told', () => {
    expect(pace(standing())).toBeNull();
    expect(pace(standing({ paceNanoUsd: 9.1 * NANO }))).toEqual({ amount: '~$9.10', beyond: null });
    expect(pace(standing({ paceNanoUsd: 21.5 * NANO }))).toEqual({
      amount: '~$21.50',
      beyond: '~$1.50',
    });
  });

  it('says what happens at which part', () => {
    const rules = (budget: Partial<BudgetView>) =>
      rulesWords(standing({}, budget), []).map((rule) => rule.replaceAll('\u00a0', ' '));
    expect(rules({})).toEqual(['tells at 80 %', 'stops when it is spent']);
    expect(rules({ warnsAt: null, savesAt: 90, stops: false, refusesUnknown: true })).toEqual([
      'takes the cheapest way in from 90 %',
      'stops nothing',
      'asks nobody whose price is unknown',
    ]);
    expect(rules({ savesAt: 90, savesWithRouteId: 'x' })[1]).toContain('a route that is gone');
  });

  it('asks for the answers of its period and its scope', () => {
    const thursday = new Date(2026, 10, 26, 12).getTime();
    const of = (budget: Partial<BudgetView>) => periodQuery({ ...NEW_BUDGET, ...budget }, thursday);
    expect(of({ period: 'day' })).toMatchObject({ from: '2026-11-26', to: '2026-11-26' });
    expect(of({ period: 'week' })).toMatchObject({ from: '2026-11-23', to: '2026-11-26' });
    expect(of({ period: 'month' })).toMatchObject({ from: '2026-11-01', modelKey: null });
    const sunday = new Date(2026, 10, 29, 12).getTime();
    expect(periodQuery({ ...NEW_BUDGET, period: 'week' }, sunday).from).toBe('2026-11-23');
    expect(of({ scope: { kind: 'provider', providerId: 'openai' } }).providerId).toBe('openai');
  });
});

describe('free allowances', () => {
  const tier = {
    providerId: 'p',
    providerName: 'Groq',
    keyId: null,
    keyLabel: 'home',
    model: null,
    window: 'day',
    unit: 'tokens',
    used: 1,
    limit: null,
    left: null,
    saidAt: null,
    resetsAt: null,
  };

  it('say what the provider said and when, or that it said nothing', () => {
    const now = new Date(2026, 10, 26, 12).getTime();
    expect(tierName(tier)).toBe('Groq, key “home”');
    expect(leftWords(tier, now)).toBeNull();
    const said = new Date(2026, 10, 26, 11, 5).getTime();
    expect(leftWords({ ...tier, left: 1_163, saidAt: said }, now)).toBe(
      '1,163 left, said at 11:05',
    );
    expect(leftWords({ ...tier, left: 0, saidAt: said - 86_400_000 }, now)).toBe(
      '0 left, said on 25 Nov 2026',
    );
  });
});

describe('news of a stage', () => {
  function following() {
    let list: BudgetStanding[] = [];
    const backend = { call: () => Promise.resolve(list) } as unknown as FakeBackend;
    const news: string[] = [];
    const budgets = new Budgets(backend, ({ stage, resetsAt }) =>
      news.push(`${stage} ${resetsAt}`),
    );
    const now = async (...standings: BudgetStanding[]) => {
      list = standings;
      await budgets.refresh();
    };
    return { budgets, news, now };
  }

  it('comes once for each stage and period, and only upwards', async () => {
    const { news, now } = following();
    await now(standing());
    await now(standing({ stage: 'warned' }));
    await now(standing({ stage: 'warned' }));
    await now(standing({ stage: 'fine' }));
    await now(standing({ stage: 'warned' }));
    await now(standing({ stage: 'spent' }));
    expect(news).toEqual(['warned 1', 'spent 1']);
    await now(standing({ resetsAt: 2 }));
    await now(standing({ resetsAt: 2, stage: 'saving' }));
    expect(news).toEqual(['warned 1', 'spent 1', 'saving 2']);
  });

  it('does not come for what stood so at the start', async () => {
    const { news, now } = following();
    await now(standing({ stage: 'warned' }));
    await now(standing({ stage: 'warned' }));
    expect(news).toEqual([]);
    await now(standing({ stage: 'saving' }));
    expect(news).toEqual(['saving 1']);
  });

  it('does not come for what a person has just set', async () => {
    const { backend, app } = await opened();
    const everything = app.budgets.value[1];
    if (!everything) throw new Error('no budget to lower');
    await app.budgets.save({ ...everything.budget, limit: '0.10' });
    expect(app.budgets.value[1]?.stage).toBe('spent');
    expect(toasts(app)).toEqual([]);
    backend.budgets.spend(1);
    await app.budgets.refresh();
    expect(toasts(app)).toEqual([]);
  });

  it('is a note in the window with the way to the budgets', async () => {
    const { app, backend } = await opened();
    backend.budgets.spend(20_000_000);
    app.budgets.spent();
    await waitFor(() => expect(toasts(app)).toHaveLength(1));
    expect(toasts(app)[0]).toMatch(/^Everything: 83 % of this day’s budget is spent/);
    app.toasts.act(app.toasts.list[0]?.id ?? 0);
    expect(app.application.view.kind).toBe('spend');
    expect(app.spend.tab).toBe('budgets');
    expect(toasts(app)).toEqual([]);
  });
});

describe('the tab', () => {
  it('begins with budgets that take one press', async () => {
    const { app, requests } = await opened({ hasSpend: false });
    await user.click(await screen.findByRole('button', { name: '$20 a month, warn only' }));
    expect(requests('budget_save')).toEqual([PROPOSALS[2]?.budget]);
    expect(await screen.findByRole('article', { name: 'Everything, a month' })).toBeTruthy();
    await waitFor(() => expect(document.activeElement?.textContent).toBe('Budgets'));
    app.toasts.closeAll();
  });

  it('shows where each stands, with a bar that is read out', async () => {
    const { app } = await opened();
    const card = within(await screen.findByRole('article', { name: 'OpenRouter, a week' }));
    expect(card.getByText('taking cheaper ways in')).toBeTruthy();
    const month = within(screen.getByRole('article', { name: 'Everything, a month' }));
    const bar = month.getByRole('meter', { name: 'Spent of Everything, a month' });
    expect(bar.getAttribute('aria-valuetext')).toBe(
      '$6.20 of $20.00 spent, at most $0.0412 on its way',
    );
    expect(month.getByText('3 attempts, not counted')).toBeTruthy();
    await user.click(month.getByRole('button', { name: /^Answers that count/ }));
    expect(app.spend.opened?.title).toBe('Everything, this month');
    const tiers = within(await screen.findByRole('table', { name: 'Free allowances' }));
    expect(tiers.getAllByText('limit unknown')).toHaveLength(2);
    expect(tiers.getAllByText('said nothing')).toHaveLength(2);
  });

  it('keeps a budget that was filled in by keys, with errors at their fields', async () => {
    const { app, requests } = await opened();
    await user.click(button('New budget'));
    const form = within(await screen.findByRole('dialog', { name: 'New budget' }));
    await user.click(form.getByRole('button', { name: 'Save budget' }));
    const limit = form.getByLabelText('At most, in dollars');
    expect(limit.getAttribute('aria-invalid')).toBe('true');
    await waitFor(() => expect(document.activeElement).toBe(limit));
    await user.keyboard('2,50');
    await user.click(form.getByRole('checkbox', { name: 'Take cheaper ways in' }));
    const parts = form.getAllByLabelText('From, in %');
    await user.clear(parts[1] as HTMLElement);
    await user.type(parts[1] as HTMLElement, '95{Enter}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(requests('budget_save')).toEqual([
      { ...NEW_BUDGET, limit: '2.50', savesAt: 95, warnsAt: 80 },
    ]);
    expect(toasts(app)).toContain('Saved the budget for Everything');
    app.toasts.closeAll();
  });

  it('gives back what was closed without saving', async () => {
    const { app } = await opened();
    await user.click(button('Edit the budget Everything, a month'));
    const form = within(await screen.findByRole('dialog', { name: 'Edit budget' }));
    const limit = form.getByLabelText<HTMLInputElement>('At most, in dollars');
    await user.clear(limit);
    await user.type(limit, '33');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    app.undo();
    const again = within(await screen.findByRole('dialog', { name: 'Edit budget' }));
    expect(again.getByLabelText<HTMLInputElement>('At most, in dollars').value).toBe('33');
    await user.clear(again.getByLabelText('At most, in dollars'));
    await user.type(again.getByLabelText('At most, in dollars'), '20');
    await user.click(again.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    app.toasts.closeAll();
  });

  it('takes a budget away with a way back', async () => {
    const { app } = await opened();
    await user.click(button('Delete the budget Everything, a day'));
    expect(screen.queryByRole('article', { name: 'Everything, a day' })).toBeNull();
    app.undo();
    expect(await screen.findByRole('article', { name: 'Everything, a day' })).toBeTruthy();
    app.toasts.closeAll();
  });
});
