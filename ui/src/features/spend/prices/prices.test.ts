import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../../lib/ipc/fake/backend';
import type { MathRow, MathWay } from '../../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../../lib/state/index.svelte';
import { percentWords } from '../figures';
import PricesTab from './PricesTab.svelte';
import {
  againstPaid,
  cheapestOf,
  firstTokenWords,
  markupOf,
  markupTone,
  paidWords,
  usedWords,
} from './words';

const user = userEvent.setup();
const NANO = 1_000_000_000;

const way = (change: Partial<MathWay> = {}): MathWay => ({
  endpoint: { providerId: 'p', model: 'm' },
  providerName: 'OpenRouter',
  attempts: 10,
  paidNanoUsd: NANO,
  wouldBeNanoUsd: NANO,
  priceTag: null,
  firstTokenMillis: null,
  measured: 0,
  isDirect: false,
  isUsable: true,
  ...change,
});
const row = (ways: MathWay[], change: Partial<MathRow> = {}): MathRow => ({
  modelKey: 'm',
  modelName: 'm',
  colour: null,
  ways,
  paidNanoUsd: NANO,
  listNanoUsd: NANO,
  share: 1,
  attempts: 10,
  withoutTokens: 0,
  cheapest: 0,
  ...change,
});

async function opened(options: FakeOptions = {}) {
  const backend = new FakeBackend({ hasSpend: true, waysIn: 60, ...options });
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  const requests = (command: string) =>
    backend.calls.filter((call) => call.command === command).map(({ request }) => request);
  const { spend } = app;
  render(PricesTab, { props: { spend }, context: new Map([[STATE_KEY, app]]) });
  return { app, backend, requests };
}

const table = async (name: string) => within(await screen.findByRole('table', { name }));
const cells = (line: HTMLElement) =>
  within(line)
    .getAllByRole('cell')
    .map((cell) => cell.textContent.replace(/\s+/g, ' ').trim());

beforeEach(() => {
  document.body.replaceChildren();
});

describe('figures in words', () => {
  it('calls a payment unknown where nothing of it is known, and free where it is', () => {
    expect(paidWords(row([], { paidNanoUsd: 0, withoutTokens: 3 }))).toBe('unknown');
    expect(paidWords(row([], { paidNanoUsd: 0 }))).toBe('$0.0000');
    expect(paidWords(row([], { withoutTokens: 3 }))).toBe('$1.00');
  });

  it('keeps a tenth of a percent where it is seen, and a sign always', () => {
    const words = [14.93, 5.16, 0, -20, 0.04, -0.04, 99.96, 250.4, 5.04].map((percent) =>
      percentWords(percent).replace('\u00a0', ' '),
    );
    expect(words).toEqual([
      '+14.9 %',
      '+5.2 %',
      '0 %',
      '−20 %',
      '0 %',
      '0 %',
      '+100 %',
      '+250 %',
      '+5 %',
    ]);
  });

  it('has no markup where there is no list', () => {
    expect(markupOf({ paidNanoUsd: NANO, listNanoUsd: null })).toBeNull();
    expect(markupOf({ paidNanoUsd: NANO, listNanoUsd: 0 })).toBeNull();
    expect(markupOf({ paidNanoUsd: 2 * NANO, listNanoUsd: NANO })).toBe(100);
    expect([null, -20, 0, 0.3, 5, 10].map(markupTone)).toEqual([
      'plain',
      'good',
      'plain',
      'plain',
      'warn',
      'bad',
    ]);
  });

  it('calls it as is only where nothing else was used and nothing is cheaper', () => {
    const direct = way({ providerName: 'DeepSeek', isDirect: true, attempts: 0 });
    expect(cheapestOf(row([way(), direct])).name).toBe('as is');
    expect(cheapestOf(row([way(), direct], { cheapest: 1 })).name).toBe('DeepSeek direct');
    expect(cheapestOf(row([way(), way({ providerName: 'Groq' })])).name).toBe('OpenRouter');
    expect(cheapestOf(row([way()], { cheapest: null }))).toEqual({
      name: 'no price known',
      wouldBe: 'unknown',
      note: null,
    });
    expect(cheapestOf(row([way({ isUsable: false })])).note).toBe('needs a key');
  });

  it('names who was used, and never makes up a time', () => {
    expect(usedWords(row([way(), way({ attempts: 0 })]))).toBe('OpenRouter');
    expect(usedWords(row([way(), way(), way()]))).toBe('OpenRouter and 2 more');
    expect(firstTokenWords(row([way()]))).toBe('not measured');
    expect(firstTokenWords(row([way(), way({ firstTokenMillis: 655 })]))).toBe('655 ms');
  });

  it('says how another model stands to what was paid', () => {
    const other = {
      modelKey: 'm',
      modelName: 'm',
      providerName: null,
      paidNanoUsd: NANO,
      attempts: 1,
    };
    expect(againstPaid({ ...other, wouldBeNanoUsd: 0.5 * NANO })).toBe('$0.5000 less');
    expect(againstPaid({ ...other, wouldBeNanoUsd: 2.5 * NANO })).toBe('$1.50 more');
    expect(againstPaid({ ...other, wouldBeNanoUsd: NANO })).toBe('the same');
    expect(againstPaid({ ...other, wouldBeNanoUsd: null })).toBe('-');
  });
});

describe('paid against the lists', () => {
  it('shows each way in, what is unknown as such, and the prices behind a row', async () => {
    await opened();
    const markup = await table('Paid against the makers’ lists');
    const unknown = markup.getByRole('row', { name: /kimi-k2/ });
    expect(cells(unknown).slice(1)).toEqual(['-', 'unknown', '-unknown', '0', '9']);
    const dear = markup.getByRole('row', { name: /deepseek-reasoner/ });
    expect(cells(dear)[3]).toBe('+14.9 %');
    const show = markup.getByRole('button', {
      name: 'Show the prices behind deepseek-reasoner by OpenRouter',
    });
    await user.click(show);
    expect(markup.getByText('OpenRouter’s list, 24 Nov 2026')).toBeTruthy();
    expect(markup.getByText(/rounded weights/)).toBeTruthy();
    await user.click(markup.getByRole('button', { name: /^Hide the prices behind deepseek/ }));
    expect(markup.queryByText(/rounded weights/)).toBeNull();
  });

  it('warns where a list and its bill disagree, and leads to the prices', async () => {
    const { app } = await opened();
    expect(await screen.findByText(/^OpenRouter charged 5.2 % more/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: /^Prices of anthropic/ }));
    expect(app.application.overlay?.kind).toBe('model');
  });

  it('has a line for each fee, and says unknown where it cannot be told', async () => {
    const { requests } = await opened();
    const fees = await table('Fees for topping up');
    expect(cells(fees.getByRole('row', { name: /NanoGPT/ }))).toEqual([
      '$0.0091',
      'unknown',
      '$0.0000',
    ]);
    await user.click(fees.getByRole('button', { name: /^Open what OpenRouter says/ }));
    await waitFor(() => expect(requests('link_open')).toHaveLength(1));
  });

  it('is read again for other days', async () => {
    const { app, requests } = await opened();
    await table('Paid against the makers’ lists');
    const before = requests('markup_open').length;
    await app.spend.choose('7_days');
    await waitFor(() => expect(requests('markup_open').length).toBe(before + 1));
    expect(requests('markup_open').at(-1)).toEqual(app.spend.query);
  });
});

describe('the math', () => {
  it('is the table of real usage, and every way in behind a row', async () => {
    await opened();
    const math = await table('Real usage on every way in');
    expect(cells(math.getByRole('row', { name: /deepseek-reasoner OpenRouter/ })).slice(1)).toEqual(
      ['OpenRouter', '$2.31', '$2.01', '+14.9 %', '742 ms', 'DeepSeek direct', '$2.01'],
    );
    await user.click(math.getByRole('button', { name: 'Show every way in to deepseek-reasoner' }));
    const ways = await table('Every way in to deepseek-reasoner');
    expect(ways.getByRole('row', { name: /DeepSeek direct cheapest for you/ })).toBeTruthy();
    expect(cells(ways.getByRole('row', { name: /Together/ }))).toEqual([
      '0',
      '-',
      'unknown',
      'not measured',
      'price unknown',
    ]);
  });

  it('gives no advice where there is too little to go by', async () => {
    const { requests } = await opened();
    expect(await screen.findByRole('heading', { name: 'What follows' })).toBeTruthy();
    const [summary] = screen.getAllByText('The numbers behind it');
    expect(summary?.closest('details')?.textContent).toContain('$2.31 for 412 attempts');
    await user.click(screen.getByRole('button', { name: '7 days' }));
    expect(await screen.findByText(/too few to advise anything by/)).toBeTruthy();
    expect(screen.queryByRole('heading', { name: 'What follows' })).toBeNull();
    expect(requests('math_open')).toEqual([
      { days: 30, modelKeys: [] },
      { days: 7, modelKeys: [] },
    ]);
  });

  it('prices everything on models that are chosen, eight at most and each once', async () => {
    const { app, requests } = await opened();
    await screen.findByRole('button', { name: 'Add a model' });
    await app.prices.setModels(['openai/gpt-6.1-mini']);
    const elsewhere = await table('All of it on another model');
    expect(elsewhere.getByRole('row', { name: /gpt-6.1-mini/ }).textContent).toContain('less');
    expect(requests('math_open').at(-1)).toEqual({ days: 30, modelKeys: ['openai/gpt-6.1-mini'] });
    await app.prices.setModels(['a', 'b', 'a', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
    expect(app.prices.modelKeys).toHaveLength(8);
    expect(await screen.findByText('8 at most')).toBeTruthy();
    await app.prices.setModels(['openai/gpt-6.1-mini']);
    await user.click(await screen.findByRole('button', { name: 'Leave out gpt-6.1-mini' }));
    await waitFor(() => expect(app.prices.modelKeys).toEqual([]));
  });

  it('says plainly that there is nothing yet', async () => {
    await opened({ hasSpend: false });
    expect(await screen.findByText(/so there is nothing to work out/)).toBeTruthy();
    expect(screen.getByText(/so there is nothing to hold against a list/)).toBeTruthy();
    expect(screen.queryByRole('table')).toBeNull();
  });
});
