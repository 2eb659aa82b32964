import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../lib/ipc/fake/backend';
import type { ProviderView } from '../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import FoundServers from './FoundServers.svelte';
import ProviderForm from './ProviderForm.svelte';

const user = userEvent.setup();
const ANTHROPIC_KEY = 'sk-ant-0123456789abcdef';

async function opened(options: FakeOptions = {}) {
  const backend = new FakeBackend(options);
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  const lastRequest = (command: string) =>
    backend.calls.findLast((call) => call.command === command)?.request;
  return { app, backend, lastRequest, context: new Map([[STATE_KEY, app]]) };
}

async function form(options: FakeOptions = {}, provider?: ProviderView) {
  const state = await opened(options);
  const onsaved = vi.fn();
  const oncancel = vi.fn();
  const view = render(ProviderForm, {
    context: state.context,
    props: { provider, onsaved, oncancel },
  });
  return { ...state, ...view, onsaved, oncancel };
}

/** All of it as text, with its attributes. */
const html = (element: Element) => new XMLSerializer().serializeToString(element);
const button = (name: string | RegExp) => screen.getByRole('button', { name });
const keyField = () => screen.getByLabelText<HTMLInputElement>('Key');
const choose = (name: string) => user.click(screen.getByRole('option', { name }));

beforeEach(() => {
  document.body.replaceChildren();
});

describe('the picker', () => {
  it('takes the first match with Enter, and another one by arrow keys', async () => {
    await form();
    const search = screen.getByRole('combobox', { name: 'Which provider?' });
    expect(document.activeElement).toBe(search);
    await user.type(search, 'open');
    const marked = () => document.querySelector('[aria-selected=true]');
    expect(marked()?.textContent.trim()).toBe('OpenAI');
    expect(search.getAttribute('aria-activedescendant')).toBe(marked()?.id);
    await user.keyboard('{ArrowDown}');
    expect(marked()?.textContent.trim()).toBe('OpenRouter');
    expect(document.activeElement).toBe(search);
    await user.keyboard('{Enter}');
    expect(screen.getByText('https://openrouter.ai/api/v1')).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(keyField()));
  });

  it('takes nothing with Enter before anything is meant', async () => {
    await form();
    await user.keyboard('{Enter}');
    expect(screen.getByRole('listbox')).toBeTruthy();
  });

  it('finds the provider of a pasted key, and never shows the key', async () => {
    const { container } = await form();
    await user.click(screen.getByRole('combobox'));
    await user.paste(ANTHROPIC_KEY);
    expect(keyField().value).toBe(ANTHROPIC_KEY);
    expect(keyField().type).toBe('password');
    expect(screen.getByText('https://api.anthropic.com/v1')).toBeTruthy();
    expect(html(container)).not.toContain(ANTHROPIC_KEY);
    await waitFor(() => expect(document.activeElement).toBe(button('Save')));
  });

  it('asks whose a key is that may be of several, and takes it along', async () => {
    await form();
    const search = screen.getByRole<HTMLInputElement>('combobox');
    await user.click(search);
    await user.paste('sk-0123456789abcdef0123');
    expect(search.value).toBe('');
    expect(screen.getAllByRole('option').map(({ textContent }) => textContent.trim())).toEqual([
      'OpenAI',
      'DeepSeek',
    ]);
    await choose('DeepSeek');
    expect(keyField().value).toBe('sk-0123456789abcdef0123');
  });

  it('can drop a key that nobody is known to give out', async () => {
    await form();
    const count = () => screen.getAllByRole('option').length;
    await user.click(screen.getByRole('combobox'));
    await user.paste('0123456789abcdef0123');
    expect(screen.getByText(/^Nobody’s keys/)).toBeTruthy();
    const all = count();
    await user.click(button('Drop the key'));
    expect(screen.queryByText(/^Nobody’s keys/)).toBeNull();
    // The servers on this computer are offered again, since they take no key.
    expect(count()).toBe(all + 2);
    await choose('OpenAI');
    expect(keyField().value).toBe('');
  });

  it('takes an address for any server', async () => {
    const { lastRequest, onsaved } = await form();
    await user.type(screen.getByRole('combobox'), 'http://llm.example:4000/v1{Enter}');
    expect(screen.getByLabelText<HTMLInputElement>('Base URL').value).toBe(
      'http://llm.example:4000/v1',
    );
    await user.click(button('Save'));
    expect(onsaved).toHaveBeenCalledOnce();
    expect(lastRequest('provider_save')).toMatchObject({
      presetId: 'openai_compatible',
      name: 'llm.example:4000',
      baseUrl: 'http://llm.example:4000/v1',
      key: null,
    });
  });

  it('offers servers on this computer, and tests the one that is chosen', async () => {
    await form();
    await user.click(await screen.findByRole('option', { name: /LM Studio\s*1 model/ }));
    const status = await screen.findByText(/The address answers/);
    expect(status).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe('LM Studio');
  });
});

describe('the form', () => {
  it('goes from the preset to the key, the test and the save, and wipes the key', async () => {
    const { app, lastRequest, onsaved, container } = await form();
    await choose('OpenRouter');
    await user.type(keyField(), 'sk-or-secret');
    await user.click(button('Test'));
    expect((await screen.findByText(/lists 12 models/)).textContent).toBeTruthy();
    await user.click(button('Save'));
    await waitFor(() => expect(onsaved).toHaveBeenCalledOnce());
    expect(lastRequest('provider_save')).toMatchObject({
      presetId: 'openrouter',
      baseUrl: '',
      key: 'sk-or-secret',
      keyForSessionOnly: false,
    });
    expect(keyField().value).toBe('');
    expect(html(container)).not.toContain('sk-or-secret');
    expect(app.providers.lastSavedId).toBe(app.providers.value[0]?.id);
  });

  it('shows what is typed only when it is asked to', async () => {
    await form();
    await choose('OpenAI');
    expect(keyField().type).toBe('password');
    await user.click(button('Show what is typed'));
    expect(keyField().type).toBe('text');
    await user.click(button('Hide what is typed'));
    expect(keyField().type).toBe('password');
  });

  it('offers to use the key of another provider there', async () => {
    await form();
    await choose('OpenAI');
    await user.type(keyField(), ANTHROPIC_KEY);
    await user.click(button('Use it for Anthropic'));
    expect(screen.getByText('https://api.anthropic.com/v1')).toBeTruthy();
    expect(keyField().value).toBe(ANTHROPIC_KEY);
    expect(screen.queryByRole('button', { name: /^Use it for/ })).toBeNull();
  });

  it('says of a test that failed what is wrong, whose side, and what to press', async () => {
    const { lastRequest } = await form();
    await choose('OpenAI');
    await user.type(keyField(), 'sk-broke');
    await user.click(button('Test'));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('There is no credit left on this account.');
    expect(alert.textContent).toContain('On your side.');
    expect(alert.textContent).toContain('HTTP 402');
    await user.click(within(alert).getByRole('button', { name: 'Top up' }));
    expect(lastRequest('link_open')).toMatchObject({
      url: 'https://platform.openai.com/settings/organization/billing',
    });

    await user.clear(keyField());
    await user.type(keyField(), 'sk-wrong');
    await user.click(button('Test'));
    await screen.findByText('The provider does not accept the key.');
    await user.click(button('Make a key'));
    expect(lastRequest('link_open')).toMatchObject({
      url: 'https://platform.openai.com/api-keys',
    });
  });

  it('puts an error on the option that it is about, and the focus with it', async () => {
    const { onsaved, lastRequest } = await form();
    await choose('Azure OpenAI');
    const resource = screen.getByLabelText('Resource');
    await waitFor(() => expect(document.activeElement).toBe(resource));
    await user.type(keyField(), 'azure-key');
    await user.click(button('Save'));
    await waitFor(() => expect(resource.getAttribute('aria-invalid')).toBe('true'));
    await waitFor(() => expect(document.activeElement).toBe(resource));
    const note = document.getElementById(resource.getAttribute('aria-describedby') ?? '');
    expect(note?.textContent).toMatch(/^Resource is missing\./);
    expect(keyField().value).toBe('azure-key');
    await user.type(resource, 'mine');
    await user.click(button('Save'));
    await waitFor(() => expect(onsaved).toHaveBeenCalledOnce());
    expect(lastRequest('provider_save')).toMatchObject({
      options: [{ name: 'resource', value: 'mine' }],
    });
  });

  it('says on the key that the keychain is locked', async () => {
    const { onsaved } = await form({ vault: 'locked' });
    await choose('OpenAI');
    const session = screen.getByLabelText<HTMLInputElement>('Keep the key for this session only');
    expect(session.checked).toBe(true);
    await user.click(session);
    await user.type(keyField(), 'sk-some');
    await user.click(button('Save'));
    expect((await screen.findAllByText(/The keychain is locked\./)).length).toBeGreaterThan(1);
    await user.click(session);
    await user.click(button('Save'));
    await waitFor(() => expect(onsaved).toHaveBeenCalledOnce());
  });

  it('keeps the stored key where none is typed, and says that it stays at its address', async () => {
    const { app } = await opened({ hasOpenRouter: true });
    const { onsaved, lastRequest } = await form({ hasOpenRouter: true }, app.providers.value[0]);
    const field = screen.getByLabelText<HTMLInputElement>('New key');
    expect(field.value).toBe('');
    await user.type(screen.getByLabelText('Another address'), 'https://proxy.example/v1');
    expect(screen.getByText(/belongs to another address/)).toBeTruthy();
    await user.click(button('Save'));
    await waitFor(() => expect(onsaved).toHaveBeenCalledOnce());
    expect(lastRequest('provider_save')).toMatchObject({
      key: null,
      baseUrl: 'https://proxy.example/v1',
    });
  });

  it('shows what tells a provider who asks, and leaves it out', async () => {
    const { lastRequest, onsaved } = await form();
    await choose('OpenRouter');
    expect(screen.getByText('X-Title: Patchbay')).toBeTruthy();
    await user.click(screen.getByLabelText(/^Tell OpenRouter/));
    await user.click(button('Save'));
    await waitFor(() => expect(onsaved).toHaveBeenCalledOnce());
    expect(lastRequest('provider_save')).toMatchObject({ hasAttribution: false });
  });

  it('forgets what was typed when another provider is chosen', async () => {
    await form();
    await choose('OpenAI');
    await user.type(keyField(), 'sk-secret');
    await user.click(button('Choose another'));
    await choose('Mistral');
    expect(keyField().value).toBe('');
  });
});

describe('servers on this computer', () => {
  it('are added with one press, and then no longer offered', async () => {
    const { app, context } = await opened();
    render(FoundServers, { context });
    await user.click(await screen.findByRole('button', { name: /^Add Ollama at/ }));
    await waitFor(() => expect(app.providers.value.map(({ name }) => name)).toEqual(['Ollama']));
    await waitFor(() => expect(screen.queryByRole('button', { name: /^Add Ollama/ })).toBeNull());
    expect(button(/^Add LM Studio at/)).toBeTruthy();
    app.toasts.closeAll();
  });
});
