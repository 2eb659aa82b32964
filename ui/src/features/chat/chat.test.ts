import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../lib/ipc/fake/backend';
import { failureNamed } from '../../lib/ipc/fake/failures';
import { pictureHistory } from '../../lib/ipc/fake/seed';
import { HOSTILE } from '../../lib/ipc/fake/texts';
import type { IpcError } from '../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import Answer from './Answer.svelte';
import AnswerError from './AnswerError.svelte';
import Composer from './Composer.svelte';
import ModelList from './ModelList.svelte';
import ReceiptSheet from './receipt/ReceiptSheet.svelte';

const user = userEvent.setup();

async function opened(options: FakeOptions = {}) {
  const backend = new FakeBackend(options);
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  return { app, backend, context: new Map([[STATE_KEY, app]]) };
}

beforeEach(() => {
  document.body.replaceChildren();
});

describe('the composer', () => {
  it('sends with Enter, makes lines with Shift+Enter, and stops', async () => {
    const { app, context } = await opened({ tickMillis: 20 });
    render(Composer, { context });
    const area = screen.getByRole('textbox', { name: /^Message/ });
    await waitFor(() => expect(document.activeElement).toBe(area));
    await user.type(area, 'one{Shift>}{Enter}{/Shift}two');
    expect(app.chat.draft).toBe('one\ntwo');
    await user.keyboard('{Enter}');
    await waitFor(() => expect(app.chat.liveRun).toBeDefined());
    expect(app.conversations.turns[0]?.message.text).toBe('one\ntwo');

    await user.type(area, 'the next one{Enter}');
    expect(app.chat.draft).toBe('the next one');
    await user.click(screen.getByRole('button', { name: 'Stop' }));
    await waitFor(() => expect(app.chat.liveRun).toBeUndefined());
    expect(screen.getByRole('button', { name: 'Send' })).toHaveProperty('disabled', false);
  });

  it('keeps Enter for lines where that was set', async () => {
    const { app, context } = await opened({ settings: { enterSends: false } });
    render(Composer, { context });
    const area = screen.getByRole('textbox', { name: /^Message/ });
    await user.type(area, 'one{Enter}two');
    expect(app.chat.draft).toBe('one\ntwo');
    await user.keyboard('{Control>}{Enter}{/Control}');
    await waitFor(() => expect(app.conversations.turns.length).toBeGreaterThan(0));
    // What still streams when the last test is over finds no window to draw into.
    await app.chat.stop();
    await waitFor(() => expect(app.chat.liveRun).toBeUndefined());
  });

  it('does not send what is still being composed by an input method', async () => {
    const { app, context } = await opened();
    render(Composer, { context });
    const area = screen.getByRole('textbox', { name: /^Message/ });
    await user.type(area, 'にほん');
    area.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }),
    );
    expect(app.chat.draft).toBe('にほん');
    expect(app.conversations.turns).toEqual([]);
  });
});

describe('the list of models', () => {
  it('is searched and chosen from by keys', async () => {
    const { context } = await opened({ hasOpenRouter: true });
    const onchoose = vi.fn();
    render(ModelList, { context, props: { selected: null, onchoose, onleave: vi.fn() } });
    const search = screen.getByPlaceholderText('Search models');
    await user.type(search, 'router gpt');
    await waitFor(() =>
      expect(screen.getByRole('option', { name: /gpt-6\.1/ }).dataset['selected']).toBe(''),
    );
    expect(screen.queryByRole('option', { name: /claude/ })).toBeNull();
    await user.keyboard('{Enter}');
    expect(onchoose).toHaveBeenCalledWith({
      kind: 'endpoint',
      endpoint: { providerId: 'openrouter', model: 'openai/gpt-6.1' },
    });
  });

  it('says why a model cannot be asked, and leads to what is missing', async () => {
    const { app, context } = await opened({ hasOpenRouter: true });
    await app.providers.deleteKey('openrouter', 'key-work');
    const onchoose = vi.fn();
    const onleave = vi.fn();
    render(ModelList, { context, props: { selected: null, onchoose, onleave } });
    const option = screen.getByRole('option', { name: /claude-sonnet/ });
    expect(within(option).getByText('There is no key for this provider.')).toBeTruthy();
    await user.click(option);
    expect(onchoose).not.toHaveBeenCalled();
    expect(onleave).toHaveBeenCalled();
    expect(app.application.view).toEqual({
      kind: 'models',
      form: { kind: 'edit', providerId: 'openrouter' },
    });
  });

  it('offers the local model where it is missing', async () => {
    const { context } = await opened({ localModel: 'missing' });
    render(ModelList, {
      context,
      props: { selected: null, onchoose: vi.fn(), onleave: vi.fn() },
    });
    expect(screen.getByText(/105 MB, once/)).toBeTruthy();
    expect(screen.queryByRole('option', { name: /SmolLM2/ })).toBeNull();
    expect(screen.getByRole('button', { name: 'Get it' })).toBeTruthy();
  });
});

describe('an answer', () => {
  it('explains its cost, and marks what a person should know', async () => {
    const { app, context } = await opened({ conversations: pictureHistory(Date.now()) });
    await app.conversations.open('rust');
    const turn = app.conversations.turns.find(({ message }) => message.id === 'a1');
    if (!turn) throw new Error('no turn');
    render(Answer, { context, props: { turn, isLast: true } });
    const described = (element: HTMLElement) =>
      document.getElementById(element.getAttribute('aria-describedby') ?? '')?.textContent;
    const cost = screen.getByRole('button', { name: '$0.0062' });
    expect(described(cost)).toContain('input: 412 × $3 per million = $0.001236');
    expect(described(cost)).toContain('Price list: OpenRouter’s list, 20 Nov 2026');
    const mark = screen.getByRole('button', { name: '1 note on this answer: open the receipt' });
    expect(described(mark)).toContain('left out the parameter “seed”');
    await user.click(mark);
    expect(app.application.overlay).toEqual({ kind: 'receipt', messageId: 'a1' });
  });

  it('draws hostile text as text', async () => {
    const { app, context } = await opened({ conversations: pictureHistory(Date.now()) });
    await app.conversations.open('rust');
    const turn = app.conversations.turns.at(-1);
    if (!turn) throw new Error('no turn');
    const message = { ...turn.message, text: HOSTILE, reasoning: HOSTILE };
    const { container } = render(Answer, {
      context,
      props: { turn: { ...turn, message }, isLast: true },
    });
    expect(container.querySelector('script, img, iframe, [onerror]')).toBeNull();
    expect(container.querySelector('a[href^="javascript"]')).toBeNull();
    expect(container.textContent).toContain('<script>');
  });

  it.each([
    ['stopped', 'Stopped by you. What was written so far is kept.'],
    ['interrupted', 'Interrupted: Patchbay closed while this was being written.'],
  ] as const)('that was %s says so', async (status, words) => {
    const { app, context } = await opened({ conversations: pictureHistory(Date.now()) });
    await app.conversations.open('rust');
    const turn = app.conversations.turns.at(-1);
    if (!turn) throw new Error('no turn');
    const message = { ...turn.message, status };
    render(Answer, { context, props: { turn: { ...turn, message }, isLast: true } });
    expect(screen.getByText(words)).toBeTruthy();
  });
});

describe('a failure', () => {
  const error: IpcError = {
    code: 'provider_failed',
    message: 'It failed.',
    advice: 'Try again.',
    field: null,
    detail: null,
    failure: failureNamed('authentication'),
  };

  it('says what, whose side and what to press, and leads there', async () => {
    const { app, context } = await opened({ hasOpenRouter: true });
    const onretry = vi.fn();
    render(AnswerError, { context, props: { error, providerId: 'openrouter', onretry } });
    const alert = screen.getByRole('alert');
    expect(alert.textContent).toContain('The provider does not accept the key.');
    expect(alert.textContent).toContain('On your side.');
    expect(alert.textContent).toContain('invalid_api_key');
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(onretry).toHaveBeenCalledOnce();
    await user.click(screen.getByRole('button', { name: 'Add a key' }));
    expect(app.application.view).toMatchObject({ kind: 'models', form: { kind: 'edit' } });
  });

  it('offers nothing that leads nowhere', async () => {
    const { context } = await opened();
    render(AnswerError, { context, props: { error, providerId: 'local' } });
    expect(screen.queryByRole('button')).toBeNull();
  });
});

describe('the receipt', () => {
  it('tells every attempt, and can be copied as text', async () => {
    const { app, context } = await opened({
      conversations: pictureHistory(Date.now()),
      hasOpenRouter: true,
    });
    await app.conversations.open('rust');
    app.application.overlay = { kind: 'receipt', messageId: 'a1' };
    const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    render(ReceiptSheet, { context });
    const sheet = await screen.findByRole('dialog', { name: 'Receipt' });
    const list = within(sheet).getByRole('list', { name: 'Attempts' });
    const attempts = within(list).getAllByRole('listitem');
    expect(attempts).toHaveLength(2);
    expect(attempts[0]?.textContent).toContain('529 overloaded');
    expect(attempts[0]?.textContent).toContain('overloaded, no retry hint');
    expect(attempts[1]?.textContent).toContain('OpenRouter → Google Vertex · key “work”');
    expect(attempts[1]?.textContent).toContain('412, of them 0 cached');
    expect(attempts[1]?.textContent).toContain('388, of them 96 thinking');
    expect(sheet.textContent).toMatch(/You paid\s*\$0\.0062/);

    await user.click(within(sheet).getByRole('button', { name: 'Copy' }));
    const text = writeText.mock.calls[0]?.[0] ?? '';
    expect(text).toContain('2. OpenRouter → Google Vertex · key “work”: answered');
    expect(text).toContain('You paid: $0.0062');
    app.toasts.closeAll();
  });
});
