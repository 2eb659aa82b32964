import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../lib/ipc/fake/backend';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import ModelSheet from './detail/ModelSheet.svelte';
import ModelTable from './ModelTable.svelte';

const user = userEvent.setup();
const SONNET = 'anthropic/claude-sonnet-4.6';

async function opened(options: FakeOptions = { hasOpenRouter: true }) {
  const backend = new FakeBackend(options);
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  return { app, backend, context: new Map([[STATE_KEY, app]]) };
}

const grid = () => screen.getByRole('treegrid', { name: 'Models' });
const rowNames = () =>
  within(grid())
    .getAllByRole('row')
    .flatMap((row) => within(row).queryAllByRole('rowheader'))
    .map((header) => header.textContent.trim().split(/\s/)[0]);

beforeEach(() => {
  document.body.replaceChildren();
});

describe('the list of models', () => {
  it('says how many there are and how many are found', async () => {
    const { app, context } = await opened();
    render(ModelTable, { context });
    expect(screen.getByRole('status').textContent).toContain('5 models');
    app.models.search = 'claude';
    await waitFor(() => expect(screen.getByRole('status').textContent).toContain('1 of 5 models'));
    expect(rowNames()).toEqual(['claude-sonnet-4.6']);
    app.models.search = 'nothing like it';
    await waitFor(() => expect(screen.getByText(/^Nothing is like that/)).toBeTruthy());
    await user.click(screen.getByRole('button', { name: 'Clear the search' }));
    expect(screen.getByRole('status').textContent).toContain('5 models');
  });

  it('writes what a chip stands for into the search, and shows what the search says', async () => {
    const { app, context } = await opened();
    render(ModelTable, { context });
    const chip = screen.getByRole('button', { name: 'Images' });
    await user.click(chip);
    expect(app.models.search).toBe('images');
    expect(chip.getAttribute('aria-pressed')).toBe('true');
    app.models.search = 'images free';
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Free' }).getAttribute('aria-pressed')).toBe(
        'true',
      ),
    );
    await user.click(chip);
    expect(app.models.search).toBe('free');
    expect(rowNames()).toEqual(['SmolLM2']);
  });

  it('is used by keys: moves, unfolds, stars, asks', async () => {
    const { app, backend, context } = await opened();
    render(ModelTable, { context });
    grid().focus();
    const active = () => {
      const id = grid().getAttribute('aria-activedescendant');
      return document.getElementById(id ?? '');
    };
    expect(active()?.textContent).toContain('claude-sonnet-4.6');
    await user.keyboard('{ArrowDown}');
    expect(active()?.textContent).toContain('deepseek-chat');
    await user.keyboard('{ArrowRight}');
    expect(active()?.getAttribute('aria-expanded')).toBe('true');
    await user.keyboard('{ArrowRight}');
    expect(active()?.getAttribute('aria-level')).toBe('2');
    expect(active()?.textContent).toContain('OpenRouter');
    await user.keyboard('{ArrowLeft}{ArrowLeft}');
    expect(active()?.getAttribute('aria-expanded')).toBe('false');
    await user.keyboard('s');
    expect(backend.calls).toContainEqual({
      command: 'model_star',
      request: { key: 'deepseek/deepseek-chat', isStarred: true },
    });
    await waitFor(() => expect(rowNames()[0]).toBe('deepseek-chat'));
    expect(active()?.textContent, 'the keys stay with the model').toContain('deepseek-chat');
    await user.keyboard('{Enter}');
    expect(app.application.view).toEqual({ kind: 'chat', conversationId: null });
    expect(app.chat.endpoint).toEqual({
      providerId: 'openrouter',
      model: 'deepseek/deepseek-chat',
    });
  });

  it('explains the mark of a price with conditions where one is on screen', async () => {
    const { context } = await opened({ waysIn: 60 });
    render(ModelTable, { context });
    expect(screen.queryByText(/More for long prompts/)).toBeNull();
    await user.click(within(grid()).getByRole('row', { name: /gemini-pro/ }));
    expect(within(grid()).getAllByText('*').length).toBeGreaterThan(0);
    expect(screen.getByText(/More for long prompts or at other hours/)).toBeTruthy();
  });

  it('takes a star back that could not be kept', async () => {
    const { app, backend, context } = await opened();
    render(ModelTable, { context });
    vi.spyOn(backend, 'call').mockRejectedValueOnce({
      code: 'storage_full',
      message: 'The disk is full.',
      advice: 'Make room.',
    });
    await user.click(screen.getByRole('button', { name: 'Star gpt-6.1' }));
    await waitFor(() =>
      expect(app.toasts.list.map(({ text }) => text)).toContain('The disk is full. Make room.'),
    );
    expect(app.models.value.some(({ isStarred }) => isStarred)).toBe(false);
    app.toasts.closeAll();
  });

  it('leads to the provider where no way in can be asked', async () => {
    const { app, context } = await opened();
    await app.providers.deleteKey('openrouter', 'key-work');
    render(ModelTable, { context });
    await user.click(screen.getByRole('button', { name: 'Set up gpt-6.1' }));
    expect(app.application.view).toEqual({
      kind: 'models',
      form: { kind: 'edit', providerId: 'openrouter' },
    });
  });

  it('keeps other kinds apart, and counts them', async () => {
    const { app, context } = await opened({ waysIn: 10 });
    app.models.search = 'image-2';
    render(ModelTable, { context });
    expect(screen.queryByRole('treegrid')).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Other kinds (4)' }));
    expect(rowNames()).toEqual(['gpt-image-2']);
    expect(screen.getByRole('status').textContent).toContain('1 of 4 models');
  });
});

describe('the details of a way in', () => {
  async function sheet(model = SONNET) {
    const all = await opened();
    all.app.application.overlay = {
      kind: 'model',
      endpoint: { providerId: 'openrouter', model },
    };
    render(ModelSheet, { context: all.context });
    const dialog = await screen.findByRole('dialog');
    await within(dialog).findByRole('heading', { name: 'Price' });
    return { ...all, dialog };
  }

  it('name the rates, the list and its day', async () => {
    const { dialog } = await sheet();
    const price = within(dialog).getByRole('region', { name: 'Price' });
    expect(price.textContent).toMatch(/Input\s*\$3\s*per million/);
    expect(price.textContent).toMatch(/Cache read\s*\$0\.30\s*per million/);
    expect(price.textContent).toContain('By the provider’s own list: OpenRouter’s list, ');
    expect(dialog.textContent).toContain('1,000,000 tokens');
    expect(within(dialog).getByRole('region', { name: 'How it changed' }).textContent).toContain(
      '$3.75 / $15',
    );
  });

  it('take a price of one’s own, say what is wrong with it, and let it go', async () => {
    const { app, backend, dialog } = await sheet();
    await user.click(within(dialog).getByText('Your own price'));
    const input = within(dialog).getByLabelText('Input');
    const save = within(dialog).getByRole('button', { name: 'Save price' });
    expect(save).toHaveProperty('disabled', true);
    await user.type(input, 'dear');
    await user.click(save);
    expect(await within(dialog).findByText(/That is no amount in dollars/)).toBeTruthy();
    expect(input.getAttribute('aria-invalid')).toBe('true');

    await user.clear(input);
    await user.type(input, '$0,15');
    await user.click(save);
    await waitFor(() => expect(dialog.textContent).toContain('By your own price'));
    expect(backend.calls.findLast(({ command }) => command === 'price_set')?.request).toEqual({
      endpoint: { providerId: 'openrouter', model: SONNET },
      input: '0.15',
      output: null,
      cacheRead: null,
      cacheWrite: null,
      reasoning: null,
      perRequest: null,
    });
    const listed = app.models.find({ providerId: 'openrouter', model: SONNET });
    expect(listed?.price?.input).toBe(150_000_000);

    await user.click(within(dialog).getByRole('button', { name: 'Clear my price' }));
    await waitFor(() => expect(dialog.textContent).toContain('By the provider’s own list'));
    expect(input).toHaveProperty('value', '');
    app.toasts.closeAll();
  });

  it('follow the list when it is read again behind them, and stay where that fails', async () => {
    const { app, backend, dialog } = await sheet();
    const endpoint = { providerId: 'openrouter', model: SONNET };
    await user.click(within(dialog).getByText('Your own price'));
    await user.type(within(dialog).getByLabelText('Output'), '9');
    // Another window, or the provider, makes the price another one.
    await backend.call('price_set', {
      endpoint,
      input: '2',
      output: null,
      cacheRead: null,
      cacheWrite: null,
      reasoning: null,
      perRequest: null,
    });
    await app.models.refresh();
    await waitFor(() => expect(dialog.textContent).toContain('By your own price'));
    expect(within(dialog).getByLabelText('Output')).toHaveProperty('value', '9');

    const asked = vi
      .spyOn(app.models, 'detail')
      .mockRejectedValueOnce(new Error('the storage is busy'));
    await app.models.refresh();
    await waitFor(() => expect(asked).toHaveBeenCalledOnce());
    expect(dialog.textContent).toContain('By your own price');
    expect(within(dialog).queryByRole('alert')).toBeNull();
  });

  it('say why there are none', async () => {
    const { app, backend, context } = await opened();
    vi.spyOn(backend, 'call').mockRejectedValueOnce({
      code: 'not_found',
      message: 'That model is not there any more.',
      advice: 'Choose another one.',
    });
    app.application.overlay = {
      kind: 'model',
      endpoint: { providerId: 'openrouter', model: SONNET },
    };
    render(ModelSheet, { context });
    expect((await screen.findByRole('alert')).textContent).toContain(
      'That model is not there any more.',
    );
  });
});
