import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { FakeBackend } from '../../lib/ipc/fake/backend';
import type { ProviderView } from '../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import { momentWords } from './balance';
import ProviderCard from './ProviderCard.svelte';

const user = userEvent.setup();
const html = (element: Element) => new XMLSerializer().serializeToString(element);
const button = (name: string | RegExp) => screen.getByRole('button', { name });

async function opened() {
  const backend = new FakeBackend({ hasKeys: true });
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  const lastRequest = (command: string) =>
    backend.calls.findLast((call) => call.command === command)?.request;
  return { app, backend, lastRequest, context: new Map([[STATE_KEY, app]]) };
}

beforeEach(() => {
  document.body.replaceChildren();
});

describe('the keys of a provider', () => {
  async function card(index = 0) {
    const state = await opened();
    const provider = () => state.app.providers.value[index] as ProviderView;
    const view = render(ProviderCard, {
      context: state.context,
      props: { provider: provider() },
    });
    const redraw = () => view.rerender({ provider: provider() });
    return { ...state, ...view, provider, redraw };
  }

  const labels = () =>
    screen
      .getAllByRole('button', { name: /^Actions for the key/ })
      .map((each) => /the key (.+) of/.exec(each.getAttribute('aria-label') ?? '')?.[1]);
  /** What floats is never placed in jsdom, so its roles count as hidden there. */
  const act = async (key: string, item: string) => {
    await user.click(button(`Actions for the key ${key} of OpenRouter`));
    await user.click(await screen.findByText(item, { selector: '[role=menuitem] *' }));
  };

  it('are tried in their order, which can be changed', async () => {
    const { redraw, provider } = await card();
    expect(labels()).toEqual(['work', 'home', 'shared with the reading group']);
    await act('home', 'Try earlier');
    await waitFor(() => expect(provider().keys[0]?.label).toBe('home'));
    await redraw();
    expect(labels().slice(0, 2)).toEqual(['home', 'work']);
  });

  it('can be switched off and on', async () => {
    const { provider, redraw } = await card();
    await act('work', 'Switch off');
    await waitFor(() => expect(provider().keys[0]?.isDisabled).toBe(true));
    await redraw();
    await act('work', 'Switch on');
    await waitFor(() => expect(provider().keys[0]?.isDisabled).toBe(false));
  });

  it('are removed only after a question that says what is lost', async () => {
    const { provider } = await card();
    await act('work', 'Remove');
    const question = screen.getByRole('group', { name: 'Remove the key “work”?' });
    expect(question.textContent).toContain('deleted from the keychain');
    await waitFor(() => expect(document.activeElement?.textContent.trim()).toBe('Keep it'));
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('group', { name: /^Remove the key/ })).toBeNull();
    expect(provider().keys).toHaveLength(3);

    await act('work', 'Remove');
    await user.click(button('Remove the key'));
    await waitFor(() => expect(provider().keys.map(({ label }) => label)).not.toContain('work'));
  });

  it('say what is wrong with one after a test, and where money is put in', async () => {
    const { lastRequest } = await card();
    await act('home', 'Test');
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('There is no credit left');
    await user.click(within(alert).getByRole('button', { name: 'Top up' }));
    expect(lastRequest('link_open')).toMatchObject({
      url: 'https://openrouter.ai/settings/credits',
    });
  });

  it('tell what is left of them', async () => {
    const { provider, redraw } = await card();
    await act('home', 'Ask what is left');
    await waitFor(() => expect(provider().keys[1]?.balance).not.toBeNull());
    await redraw();
    expect(screen.getAllByText(/\$12\.40 left/)).toHaveLength(2);
  });

  it('are added with a label, and leave nothing behind', async () => {
    const { lastRequest, container } = await card();
    await user.click(button('Add another key to OpenRouter'));
    await user.type(screen.getByLabelText('Key'), 'sk-or-third');
    await user.type(screen.getByLabelText('Label'), 'garden');
    await user.click(button('Add the key'));
    await waitFor(() =>
      expect(lastRequest('key_set')).toMatchObject({
        keyId: null,
        label: 'garden',
        key: 'sk-or-third',
        sessionOnly: false,
      }),
    );
    await waitFor(() => expect(screen.queryByLabelText('Label')).toBeNull());
    expect(html(container)).not.toContain('sk-or-third');
    expect(document.activeElement).toBe(button('Add another key to OpenRouter'));
  });

  it('are renamed without being touched', async () => {
    const { lastRequest } = await card();
    await act('work', 'Rename');
    const label = screen.getByLabelText('Label');
    await waitFor(() => expect(document.activeElement).toBe(label));
    await user.clear(label);
    await user.type(label, 'office{Enter}');
    await waitFor(() =>
      expect(lastRequest('key_set')).toMatchObject({
        keyId: 'key-work',
        label: 'office',
        key: null,
      }),
    );
  });

  it('are left by Escape from every part of their form', async () => {
    await card();
    await act('work', 'Rename');
    const form = screen.getByRole('form', { name: 'Change the key work' });
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Label')));
    within(form).getByRole('button', { name: 'Save' }).focus();
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('form', { name: 'Change the key work' })).toBeNull();
  });

  it('are beside a list that could not be read again, which says when and keeps the older one', async () => {
    const { provider } = await card(1);
    const at = momentWords(provider().modelsFailure?.at ?? 0, Date.now());
    const note = screen.getByText(/Groq did not answer in time\./);
    expect(note.textContent.replaceAll(/\s+/g, ' ').trim()).toBe(
      `Groq did not answer in time. The older list is kept. ${at} Read again`,
    );
    expect(button('Read the models of Groq again')).toBeTruthy();
  });

  it('that come from the environment are named by their variable', async () => {
    await card(1);
    expect(screen.getByText('GROQ_API_KEY')).toBeTruthy();
  });

  it('that are missing are asked for', async () => {
    await card(2);
    expect(screen.getByText('It has no key yet, so it cannot be asked.')).toBeTruthy();
    await user.click(button('Add a key to DeepSeek'));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Key')));
  });
});
