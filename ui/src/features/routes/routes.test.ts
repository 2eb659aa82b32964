import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../lib/ipc/fake/backend';
import type { RouteView } from '../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import Answer from '../chat/Answer.svelte';
import ChatBar from '../chat/ChatBar.svelte';
import Composer from '../chat/Composer.svelte';
import HealthFacts from '../models/detail/HealthFacts.svelte';
import RouteSheet from './RouteSheet.svelte';
import RoutesPanel from './RoutesPanel.svelte';

const user = userEvent.setup();

async function opened(options: FakeOptions = { waysIn: 10, hasRoutes: true }) {
  const backend = new FakeBackend(options);
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  return { app, backend, context: new Map([[STATE_KEY, app]]) };
}

const names = (app: WindowState) => app.routes.value.map(({ name }) => name);

async function edited(app: WindowState, context: Map<symbol, WindowState>) {
  render(RouteSheet, { context });
  await app.editRoute('route-everyday');
  return within(await screen.findByRole('dialog', { name: 'Route “everyday”' }));
}

beforeEach(() => {
  document.body.replaceChildren();
});

describe('the routes', () => {
  it('teach with an example that works at once', async () => {
    const { app, context } = await opened({ waysIn: 10 });
    render(RoutesPanel, { context });
    expect(screen.getByText(/^A route is a list of models to ask in turn/)).toBeTruthy();
    await user.click(await screen.findByRole('button', { name: 'Make this route' }));
    await waitFor(() => expect(names(app)).toEqual(['everyday']));
    expect(app.routes.value[0]?.entries.length).toBeGreaterThan(1);
    expect(screen.getByRole('article', { name: 'everyday' })).toBeTruthy();
  });

  it('are put in order by keys, and taken away with a way back', async () => {
    const { app, backend, context } = await opened();
    const [everyday] = app.routes.value;
    await app.routes.save({ ...(everyday as RouteView), id: null, name: 'cheap' });
    render(RoutesPanel, { context });
    screen.getByRole('button', { name: 'Move cheap, number 2 of 2' }).focus();
    await user.keyboard('{ArrowUp}');
    await waitFor(() => expect(names(app)).toEqual(['cheap', 'everyday']));
    expect((await backend.call('route_list', null)).map(({ name }) => name)).toEqual(names(app));
    expect(screen.getByText('cheap is now number 1 of 2.')).toBeTruthy();
    await waitFor(() =>
      expect(document.activeElement?.getAttribute('aria-label')).toBe('Move cheap, number 1 of 2'),
    );

    await app.deleteRoute('route-everyday');
    expect(names(app)).toEqual(['cheap']);
    app.undo();
    await waitFor(() => expect(names(app)).toEqual(['cheap', 'everyday']));
    app.toasts.closeAll();
  });

  it('are duplicated as something new', async () => {
    const { app, context } = await opened();
    render(RouteSheet, { context });
    app.duplicateRoute(app.routes.value[0] as RouteView);
    const form = within(await screen.findByRole('dialog', { name: 'New route' }));
    expect(form.getByLabelText('Name')).toHaveProperty('value', 'everyday copy');
    await user.click(form.getByRole('button', { name: 'Save route' }));
    await waitFor(() => expect(names(app)).toEqual(['everyday', 'everyday copy']));
    app.toasts.closeAll();
  });
});

describe('the editor of a route', () => {
  it('saves what was changed, and only that', async () => {
    const { app, context } = await opened();
    const before = app.routes.value[0];
    const form = await edited(app, context);
    await user.click(form.getByRole('radio', { name: 'Fastest here' }));
    await user.click(form.getByText('Limits'));
    await user.click(form.getByRole('checkbox', { name: 'Calls tools' }));
    await user.click(form.getByRole('button', { name: 'Save route' }));
    await waitFor(() => expect(app.application.overlay).toBeNull());
    expect(app.routes.value[0]).toEqual({
      ...before,
      policy: 'fastest',
      requirements: { ...before?.requirements, tools: true },
    });
    app.toasts.closeAll();
  });

  it('says what is wrong at the field, and leads to it', async () => {
    const { app, backend, context } = await opened();
    const form = await edited(app, context);
    await user.clear(form.getByLabelText('Name'));
    expect(form.queryByText('A route needs a name.')).toBeNull();
    await user.click(form.getByRole('button', { name: 'Save route' }));
    expect(form.getByText('A route needs a name.')).toBeTruthy();
    expect(document.activeElement).toBe(form.getByLabelText('Name'));
    await user.type(form.getByLabelText('Name'), 'everyday');

    const price = form.getByLabelText('Price of an answer');
    await user.clear(price);
    await user.type(price, 'cheap');
    expect(form.getByText('Mend what is marked in the form first.')).toBeTruthy();
    await user.click(form.getByRole('button', { name: 'Save route' }));
    await waitFor(() => expect(document.activeElement).toBe(price));
    expect(price.getAttribute('aria-invalid')).toBe('true');
    expect(price.closest('details')?.open).toBe(true);
    expect(backend.calls.some(({ command }) => command === 'route_save')).toBe(false);
  });

  it('shows what the shell refuses at its field until it is changed', async () => {
    const { app, backend, context } = await opened();
    const form = await edited(app, context);
    await user.type(form.getByLabelText('Name'), ' two');
    // Another window was quicker.
    await backend.call('route_save', {
      ...(app.routes.value[0] as RouteView),
      id: null,
      name: 'Everyday two',
    });
    app.routes.set(app.routes.value.slice(0, 1));
    await user.click(form.getByRole('button', { name: 'Save route' }));
    expect(await form.findByText(/There is a route with this name already/)).toBeTruthy();
    await user.type(form.getByLabelText('Name'), ' b');
    await waitFor(() => expect(form.queryByText(/There is a route with this name/)).toBeNull());
  });

  it('gives back what was closed without saving', async () => {
    const { app, context } = await opened();
    const form = await edited(app, context);
    await user.type(form.getByLabelText('Name'), '!');
    await user.click(form.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(app.toasts.list.at(-1)?.text).toContain('without saving'));
    app.undo();
    const again = within(await screen.findByRole('dialog'));
    expect(again.getByLabelText('Name')).toHaveProperty('value', 'everyday!');
    app.toasts.closeAll();
  });

  it('takes entries out and puts them in order', async () => {
    const { app, context } = await opened();
    const form = await edited(app, context);
    const entries = () =>
      within(form.getByRole('list', { name: 'Entries' }))
        .getAllByRole('listitem')
        .map((item) => item.textContent.trim().split(/\s/)[0]);
    expect(entries()).toEqual(['deepseek-chat', 'claude-sonnet-4.6', 'gemini-flash']);
    form.getByRole('button', { name: /^Move gemini-flash/ }).focus();
    await user.keyboard('{Home}');
    expect(entries()).toEqual(['gemini-flash', 'deepseek-chat', 'claude-sonnet-4.6']);
    await user.click(form.getByRole('button', { name: /^Remove deepseek-chat/ }));
    expect(entries()).toEqual(['gemini-flash', 'claude-sonnet-4.6']);
    expect(form.queryByText(/^Nobody yet\./)).toBeNull();
    await user.click(form.getByRole('button', { name: /^Remove gemini-flash/ }));
    await user.click(form.getByRole('button', { name: /^Remove claude-sonnet/ }));
    expect(form.getByText(/^Nobody yet\. Add the models/)).toBeTruthy();
    app.toasts.closeAll();
  });

  it('plans what the form says, with who is left out and why', async () => {
    const { app, context } = await opened();
    const form = await edited(app, context);
    await form.findByText(/^10 ways in for about/);
    await user.click(form.getByText('Limits'));
    await user.click(form.getByRole('checkbox', { name: /^Direct to the maker/ }));
    await form.findByText(/^3 ways in for about/);
    expect(form.getByText('claude-sonnet-4.6 · NanoGPT')).toBeTruthy();
    expect(form.getAllByText(/is not its maker’s own service/).length).toBeGreaterThan(3);
    app.toasts.closeAll();
  });

  it('tests the route, and a press changes what the advice names', async () => {
    const { app, context } = await opened();
    const form = await edited(app, context);
    await user.click(form.getByText('Patience'));
    const first = form.getByLabelText('First token, in seconds');
    await user.clear(first);
    await user.type(first, '30');
    await user.click(form.getByRole('button', { name: 'Test my route' }));
    await form.findByText('15 pass, 1 fail');
    await user.click(form.getByRole('button', { name: /First token after 20 s.*fail/ }));
    expect(form.getByText('The answer took longer than 15 s.')).toBeTruthy();
    await user.click(form.getByRole('button', { name: 'First token within 12 s' }));
    await form.findByText('16 pass');
    expect(first).toHaveProperty('value', '12');
    app.toasts.closeAll();
  });
});

describe('a chat with a route', () => {
  it('names it, tells what would happen, and asks it', async () => {
    const { app, backend, context } = await opened();
    await app.chat.choose({ kind: 'route', id: 'route-everyday' });
    render(ChatBar, { context });
    expect(screen.getByRole('button', { name: 'Route: everyday' })).toBeTruthy();
    await user.click(screen.getByRole('button', { name: /^route: cheapest healthy/ }));
    await screen.findByText(/^10 ways in for about/);
    app.chat.draft = 'Hello?';
    expect(await app.chat.send()).toBe(true);
    const asked = backend.calls.find(({ command }) => command === 'run_start');
    expect(asked?.request).toMatchObject({ target: { kind: 'route', id: 'route-everyday' } });
    expect(app.chat.liveRun?.state.answer.run?.routeName).toBe('everyday');
    await app.chat.stop();
  });

  it('says that its route is gone, and asks nobody else in its place', async () => {
    const { app, context } = await opened();
    await app.chat.choose({ kind: 'route', id: 'route-everyday' });
    app.chat.draft = 'Hello?';
    await app.chat.send();
    await waitFor(() => expect(app.chat.liveRun).toBeUndefined());
    await app.deleteRoute('route-everyday');
    expect(app.chat.isRouteGone).toBe(true);
    render(Composer, { context });
    expect(screen.getByText('The route of this chat was deleted.')).toBeTruthy();
    app.chat.draft = 'Still there?';
    expect(await app.chat.send()).toBe(false);
    app.undo();
    await waitFor(() => expect(app.chat.isRouteGone).toBe(false));
    await app.deleteRoute('route-everyday');
    app.newChat();
    expect(app.chat.target?.kind).toBe('endpoint');
    app.toasts.closeAll();
  });
});

describe('a chat with a model', () => {
  it('asks it by any of its ways in, and again by any', async () => {
    const { app, backend } = await opened({ waysIn: 10 });
    const target = { kind: 'model', key: 'anthropic/claude-opus-4.6' } as const;
    await app.chat.choose(target);
    expect(app.chat.endpoint?.model).toContain('claude-opus-4.6');
    app.chat.draft = 'Hello?';
    await app.chat.send();
    await waitFor(() => expect(app.chat.liveRun).toBeUndefined(), { timeout: 5_000 });
    const answer = app.conversations.turns.at(-1)?.message;
    if (!answer) throw new Error('no answer');
    expect(answer.run?.target).toEqual(target);
    await app.chat.retry(answer);
    const asked = backend.calls.filter(({ command }) => command === 'run_start');
    expect(asked.map(({ request }) => request)).toMatchObject([{ target }, { target }]);
    expect(app.chat.target).toEqual(target);
    await app.chat.stop();
  });
});

describe('health', () => {
  it('is shown with its samples, and a pause can be ended', async () => {
    const { app, backend, context } = await opened();
    const endpoint = { providerId: 'anthropic', model: 'claude-sonnet-4.6' };
    render(HealthFacts, { context, props: { endpoint } });
    expect(screen.getByText(/^paused, 1[78] s$/)).toBeTruthy();
    expect(screen.getByText(/655 ms\s+p50, 1\.6 s p95/)).toBeTruthy();
    expect(screen.getByText('99.2 % of 64 attempts')).toBeTruthy();
    expect(screen.getByText(/^3,982 of 4,000 left, all again in/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Try again now' }));
    await waitFor(() => expect(screen.getByText('healthy')).toBeTruthy());
    expect(backend.calls).toContainEqual({ command: 'health_reset', request: { endpoint } });
    app.health.stop();
  });
});

describe('an answer that was rescued', () => {
  async function rescued(model: string) {
    const { app, backend, context } = await opened({});
    const provider = await backend.call('provider_save', {
      providerId: null,
      presetId: null,
      family: null,
      name: 'Scripted',
      baseUrl: 'https://scripted.example/v1',
      options: [],
      extraHeaders: [],
      hasAttribution: true,
      key: null,
      keyForSessionOnly: false,
    });
    await app.models.refresh();
    const endpoint = { providerId: provider.id, model };
    await app.chat.choose({ kind: 'endpoint', endpoint });
    app.chat.draft = 'Explain it';
    await app.chat.send();
    await waitFor(() => expect(app.chat.liveRun).toBeUndefined(), { timeout: 5_000 });
    const turn = app.conversations.turns.at(-1);
    if (!turn) throw new Error('no answer');
    render(Answer, { context, props: { turn, isLast: true } });
    return turn.message.text;
  }

  it('says that it began again', async () => {
    await rescued('scripted-replaced');
    expect(screen.getByText('began again at Scripted after Anthropic fell silent')).toBeTruthy();
  });

  it('shows where another one went on', async () => {
    const text = await rescued('scripted-continued');
    expect(text).toContain('Watch for one trap');
    const mark = screen.getByRole('img', {
      name: 'Scripted went on here after Anthropic fell silent',
    });
    expect(mark.closest('.text')).not.toBeNull();
  });
});
