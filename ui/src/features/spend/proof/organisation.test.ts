import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { FakeBackend } from '../../../lib/ipc/fake/backend';
import { STATE_KEY, WindowState } from '../../../lib/state/index.svelte';
import ReconcilePanel from './ReconcilePanel.svelte';
import { organisationDays, organisationDrift, organisationTone } from './words';

const user = userEvent.setup();

async function opened() {
  const backend = new FakeBackend({ hasSpend: true });
  const app = new WindowState(backend);
  await app.start();
  await app.proof.open(app.spend.query);
  const requests = (command: string) =>
    backend.calls.filter((call) => call.command === command).map(({ request }) => request);
  const { spend } = app;
  render(ReconcilePanel, {
    props: { reconciled: [], spend },
    context: new Map([[STATE_KEY, app]]),
  });
  return { app, backend, requests };
}

beforeEach(() => {
  document.body.replaceChildren();
});

describe('what an organisation was charged', () => {
  const rowOf = async (name: string) => {
    const list = within(await screen.findByRole('list', { name: 'Organisations' }));
    return within(
      list.getByRole('heading', { name: new RegExp(name) }).closest('li') as HTMLElement,
    );
  };

  it('stands beside our count, day by day, with what may be behind a drift', async () => {
    const { requests, app } = await opened();
    const row = await rowOf('OpenAI');
    expect(row.getByText(/^theirs/).textContent).toMatch(/theirs \$2\.74, ours\s+\$2\.65.*in UTC/);
    expect(row.getByText(/something else asked it too/)).toBeTruthy();
    await user.click(row.getByText('12 days, 1 of them differs'));
    const days = within(row.getByRole('table', { name: 'Days of OpenAI' }));
    expect(row.getByRole('table', { name: 'Days of OpenAI' }).querySelectorAll('tr')).toHaveLength(
      13,
    );
    expect(days.getAllByText(/% drift/)).toHaveLength(1);
    await user.click(row.getByRole('button', { name: 'Read the costs of OpenAI now' }));
    const { from, to } = app.spend.query;
    await waitFor(() =>
      expect(requests('organisation_read')).toEqual([{ providerId: 'openai', from, to }]),
    );
  });

  it('is saved as a file', async () => {
    const { requests, app } = await opened();
    const row = await rowOf('OpenAI');
    await user.click(row.getByRole('button', { name: 'Save' }));
    await user.click(await screen.findByText('Days as CSV', { selector: '[role=menuitem] *' }));
    await waitFor(() =>
      expect(requests('spend_export')).toMatchObject([
        { what: 'organisation', format: 'csv', query: { providerId: 'openai' } },
      ]),
    );
    app.toasts.closeAll();
  });

  it('wants an admin key, which is told why, goes one way and is removed after a question', async () => {
    const { requests, app, backend } = await opened();
    const row = await rowOf('Anthropic');
    await user.click(row.getByRole('button', { name: 'Add an admin key for Anthropic' }));
    const form = within(row.getByRole('form', { name: 'Add an admin key for Anthropic' }));
    expect(form.getByText(/no model is ever asked/)).toBeTruthy();
    const field = form.getByLabelText<HTMLInputElement>('Admin key');
    expect(field.type).toBe('password');
    await user.click(field);
    await user.paste('sk-ant-api03-ordinary');
    await user.click(form.getByRole('button', { name: 'Add the key' }));
    expect(await form.findByText(/those begin with sk-ant-admin/)).toBeTruthy();
    expect(requests('organisation_read')).toEqual([]);
    await user.clear(field);
    await user.paste('sk-ant-admin01-made-up');
    await user.click(form.getByRole('button', { name: 'Add the key' }));
    // The first reading follows by itself, since that is what the key was added for.
    await waitFor(() => expect(requests('organisation_read')).toHaveLength(1));
    expect(await row.findByText('12 days, 1 of them differs')).toBeTruthy();
    expect(JSON.stringify(app.proof.organisations.value)).not.toContain('made-up');
    expect(document.body.textContent).not.toContain('made-up');
    expect(document.querySelector('input')).toBeNull();
    await user.click(row.getByRole('button', { name: 'Remove the admin key of Anthropic' }));
    const ask = within(row.getByRole('group', { name: 'Remove the admin key of Anthropic?' }));
    expect(ask.getByText(/so\s+are the sums/)).toBeTruthy();
    await user.click(ask.getByRole('button', { name: 'Keep it' }));
    expect(requests('admin_key_delete')).toEqual([]);
    await user.click(row.getByRole('button', { name: 'Remove the admin key of Anthropic' }));
    await user.click(row.getByRole('button', { name: 'Remove the key' }));
    await waitFor(() =>
      expect(row.getByRole('button', { name: 'Add an admin key for Anthropic' })).toBeTruthy(),
    );
    expect(backend.calls.filter(({ command }) => command === 'admin_key_delete')).toHaveLength(1);
    app.toasts.closeAll();
  });

  it('says why it could not be read', async () => {
    await opened();
    const row = await rowOf('Anthropic');
    await user.click(row.getByRole('button', { name: 'Add an admin key for Anthropic' }));
    await user.click(row.getByLabelText('Admin key'));
    await user.paste('sk-ant-admin01-wrong-');
    await user.click(row.getByRole('button', { name: 'Add the key' }));
    expect((await row.findByRole('alert')).textContent).toContain(
      'Anthropic does not take this as an admin key.',
    );
  });
});

describe('an organisation in words', () => {
  it('has a drift only where there is something to be apart from', async () => {
    const { app } = await opened();
    const [row] = app.proof.organisations.value;
    if (!row) throw new Error('no row');
    const said = (theirsNanoUsd: number, knownNanoUsd: number, driftPercent: number | null) => {
      const other = { ...row, theirsNanoUsd, driftPercent, ours: { ...row.ours, knownNanoUsd } };
      return [organisationDrift(other), organisationTone(other)];
    };
    expect(said(0, 0, null)).toEqual(['no drift', 'good']);
    expect(said(0, 5, null)).toEqual(['only ours', 'bad']);
    expect(said(100, 50, -50)[1]).toBe('bad');
    expect(organisationDays({ ...row, days: row.days.slice(2, 3) })).toBe(
      '1 day, none of them differs',
    );
  });
});
