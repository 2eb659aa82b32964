import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../../lib/ipc/fake/backend';
import type { SpendGroup, UsageImportView } from '../../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../../lib/state/index.svelte';
import ProofTab from './ProofTab.svelte';
import {
  driftTone,
  driftWords,
  fileProblem,
  MOST_BYTES,
  notShown,
  partWords,
  repriceWords,
  totalOf,
} from './words';

const user = userEvent.setup();

async function opened(options: FakeOptions = {}) {
  const backend = new FakeBackend({ hasSpend: true, hasKeys: true, ...options });
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  app.application.view = { kind: 'spend' };
  const requests = (command: string) =>
    backend.calls.filter((call) => call.command === command).map(({ request }) => request);
  const { spend } = app;
  render(ProofTab, { props: { spend }, context: new Map([[STATE_KEY, app]]) });
  return { app, backend, requests };
}

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const table = async (name: string) => within(await screen.findByRole('table', { name }));
/** The files of jsdom cannot be read as text. */
const csv = (text: string, name = 'activity.csv') =>
  Object.assign(new File([text], name, { type: 'text/csv' }), {
    text: () => Promise.resolve(text),
  });
const picker = () => screen.getByLabelText<HTMLInputElement>('File of usage');

beforeEach(() => {
  document.body.replaceChildren();
});

describe('figures in words', () => {
  it('never rounds a part away, nor up to a whole', () => {
    expect(
      [
        [0, 10],
        [1, 1_000],
        [999, 1_000],
        [10, 10],
        [1, 3],
        [0, 0],
      ].map(([part = 0, whole = 0]) => partWords(part, whole)),
    ).toEqual(['0 %', '<1 %', '99 %', '100 %', '33 %', '-']);
  });

  it('adds up how costs are known', () => {
    const group = (reported: number, unknown: number) =>
      ({
        sums: { attempts: reported + unknown, reported, computed: 0, estimated: 0, unknown },
      }) as SpendGroup;
    expect(totalOf([group(3, 1), group(4, 0)])).toEqual({
      attempts: 8,
      reported: 7,
      computed: 0,
      estimated: 0,
      unknown: 1,
    });
  });

  it('says how far two figures are apart, and how bad that is', () => {
    expect(
      [null, 0, 0.02, -1.22, 12].map((percent) => driftWords(percent).replace('\u00a0', ' ')),
    ).toEqual(['no drift known', 'no drift', 'no drift', '−1.2 % drift', '+12 % drift']);
    expect([null, 0.3, -1.22, -5].map(driftTone)).toEqual(['neutral', 'good', 'warn', 'bad']);
  });

  it('says what pricing would change', () => {
    const view = {
      lookedAt: 1_284,
      changed: 0,
      beforeNanoUsd: 0,
      afterNanoUsd: 0,
      unknownBefore: 0,
      unknownAfter: 0,
      auditId: null,
    };
    expect(repriceWords(view)).toBe('1,284 attempts looked at; none would change.');
    expect(repriceWords({ ...view, changed: 1 })).toBe('1 attempt of 1,284 would change.');
  });

  it('refuses files that cannot be such a list before they are read', () => {
    expect(fileProblem({ name: 'a.csv', size: MOST_BYTES })).toBeNull();
    expect(fileProblem({ name: 'a.csv', size: MOST_BYTES + 1 })).toContain('50 MB are the most');
    expect(fileProblem({ name: 'a.csv', size: 0 })).toContain('is empty');
    expect(fileProblem({ name: 'a.XLSX', size: 9 })).toContain('is no CSV');
  });

  it('knows how many rows did not cross', () => {
    const view = { matched: 600, onlyTheirs: 2, onlyOurs: 1, lines: Array.from({ length: 500 }) };
    expect(notShown(view as UsageImportView)).toBe(103);
    expect(notShown({ ...view, matched: 1 } as UsageImportView)).toBe(0);
  });
});

describe('how costs are known', () => {
  it('is told for each provider, and each count opens its answers', async () => {
    const { app } = await opened();
    const coverage = await table('How each cost is known');
    const total = coverage.getByRole('row', { name: /^All / });
    expect(total.textContent).toMatch(/%/);
    await user.click(coverage.getByRole('button', { name: /of OpenRouter, said by the provider/ }));
    expect(app.spend.opened?.title).toBe('OpenRouter: said by the provider');
    expect(app.spend.opened?.query).toMatchObject({
      providerId: 'openrouter',
      costKind: 'reported',
    });
  });
});

describe('costs that nobody knows', () => {
  it('are priced only after it was shown what would change', async () => {
    const { app, requests } = await opened();
    await user.click(
      await screen.findByRole('button', { name: 'Price gpt-oss-120b by Together now' }),
    );
    const dialog = within(await screen.findByRole('dialog', { name: 'Price them now' }));
    expect(await dialog.findByText('12 attempts of 14 would change.')).toBeTruthy();
    const figures = dialog.getByRole('table', { name: 'Before and after' });
    expect(figures.textContent).toMatch(/\$6\.2041.*\$6\.212512/);
    expect(requests('spend_reprice')).toMatchObject([{ isTrial: true, which: 'unknown' }]);
    await user.click(dialog.getByRole('button', { name: 'Change 12 attempts' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(requests('spend_reprice')).toMatchObject([{ isTrial: true }, { isTrial: false }]);
    const changes = await table('Changes of history');
    await waitFor(() =>
      expect(
        changes.getByText('Attempts without a cost were priced by the prices of today.'),
      ).toBeTruthy(),
    );
    expect(screen.queryByRole('button', { name: /^Price gpt-oss/ })).toBeNull();
    expect(app.toasts.list.map(({ text }) => text)).toContain('Priced 12 attempts');
    app.toasts.closeAll();
  });

  it('stay as they are where that is wanted', async () => {
    const { requests } = await opened();
    await user.click(await screen.findByRole('button', { name: 'Work everything out again' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Work everything out again' }));
    await dialog.findByText(/would change/);
    await user.click(dialog.getByRole('button', { name: 'Leave as it is' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(requests('spend_reprice')).toEqual([
      { endpoint: null, from: null, to: null, which: 'all', isTrial: true },
    ]);
  });

  it('lead to a price of one’s own, and to nothing where no price helps', async () => {
    const { app } = await opened();
    const unknown = await table('Costs that nobody knows');
    const hopeless = within(unknown.getByRole('row', { name: /kimi-k2/ }));
    expect(hopeless.queryByRole('button')).toBeNull();
    expect(hopeless.getByText(/so no price helps/)).toBeTruthy();
    await user.click(
      unknown.getByRole('button', { name: 'Set a price for qwen/qwen3-max by NanoGPT' }),
    );
    expect(app.application.overlay).toEqual({
      kind: 'model',
      endpoint: { providerId: 'nanogpt', model: 'qwen/qwen3-max' },
    });
  });
});

describe('the providers’ own figures', () => {
  it('stand beside ours with what may be behind a drift', async () => {
    await opened();
    const keys = within(await screen.findByRole('list', { name: 'Keys' }));
    const [first, , third, last] = keys.getAllByRole('heading').map((each) => each.closest('li'));
    expect(first?.textContent).toContain('Another program may use the same key.');
    expect(first?.textContent).toMatch(/theirs \$3\.45, ours\s+\$3\.41/);
    expect(third?.textContent).toContain('no drift known');
    expect(third?.textContent).not.toContain('theirs');
    expect(within(last as HTMLElement).queryByRole('button', { name: /Ask/ })).toBeNull();
  });

  it('are asked for again', async () => {
    const { app, requests } = await opened();
    const [, second] = app.providers.value;
    const row = (await screen.findAllByRole('button', { name: /for its balance now$/ }))[0];
    await user.click(row as HTMLElement);
    await waitFor(() => expect(requests('balance_refresh')).toHaveLength(1));
    expect(second).toBeDefined();
    app.toasts.closeAll();
  });
});

describe('a bill', () => {
  it('is read, looked at by verdict, and leads to receipts', async () => {
    const { app, requests } = await opened();
    await screen.findByRole('group', { name: 'Import a bill' });
    await user.upload(picker(), csv('date,model\n1,2\n?,3\n'));
    const sheet = within(await screen.findByRole('dialog', { name: 'activity.csv' }));
    expect(requests('usage_import')).toMatchObject([
      { name: 'activity.csv', text: 'date,model\n1,2\n?,3\n' },
    ]);
    expect(sheet.getByText('1 row could not be read; no figure counts them.')).toBeTruthy();
    expect(sheet.getAllByRole('row')).toHaveLength(29);
    await user.click(sheet.getByRole('button', { name: 'only theirs 1' }));
    expect(sheet.getAllByRole('row')).toHaveLength(2);
    expect(sheet.getByText(/another program uses the same key/)).toBeTruthy();
    expect(sheet.queryByRole('button', { name: /^Receipt/ })).toBeNull();
    await user.click(sheet.getByRole('button', { name: 'differs 2' }));
    const [receipt] = sheet.getAllByRole('button', { name: /^Receipt of anthropic/ });
    await user.click(receipt as HTMLElement);
    expect(app.application.overlay?.kind).toBe('run');
  });

  it('is deleted after one question', async () => {
    const { app, requests } = await opened();
    await app.proof.import({ providerId: 'openrouter', name: 'a.csv', text: 'date,model\n1,2' });
    await user.click(await screen.findByRole('button', { name: 'Delete a.csv' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Delete “a.csv”?' }));
    await user.click(dialog.getByRole('button', { name: 'Keep' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(requests('usage_import_delete')).toEqual([]);
    await user.click(button('Delete a.csv'));
    await user.click(await screen.findByRole('button', { name: 'Delete' }));
    await waitFor(() => expect(screen.queryByText('a.csv')).toBeNull());
    app.toasts.closeAll();
  });

  it('is refused at the place where it was dropped, in the backend’s words', async () => {
    const { requests } = await opened();
    await screen.findByRole('group', { name: 'Import a bill' });
    await user.upload(picker(), csv('nothing'));
    expect((await screen.findByRole('alert')).textContent).toContain(
      'This is no list of usage that Patchbay can read.',
    );
    await user.upload(picker(), csv('', 'empty.csv'));
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('is empty'));
    expect(requests('usage_import')).toHaveLength(1);
  });

  it('needs a provider', async () => {
    await opened({ hasKeys: false, hasSpend: false });
    expect(await screen.findByText(/^Add a provider first/)).toBeTruthy();
    expect(screen.queryByLabelText('File of usage')).toBeNull();
  });
});
