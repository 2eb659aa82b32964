import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { comparable, compareRequest, openAsChat } from '../../features/gateway/traffic/open';
import { FakeBackend } from '../ipc/fake/backend';
import { NEW_RULES } from './gateway.svelte';
import { WindowState } from './index.svelte';

async function windowWith(gateway: 'none' | 'some' | 'many') {
  const backend = new FakeBackend({ gateway, hasOpenRouter: true, hasRoutes: true });
  const app = new WindowState(backend, (work) => work());
  await app.start();
  await vi.waitFor(() => expect(app.gateway.apps.hasLoaded).toBe(true));
  app.showGateway();
  await app.gateway.refresh();
  return {
    app,
    backend,
    calls: (name: string) => backend.calls.filter((each) => each.command === name),
  };
}

describe('the gateway', () => {
  it('holds a token for as long as its dialog is open, and nowhere else', async () => {
    const { app } = await windowWith('none');
    await app.gateway.create({ name: 'Aider', rules: NEW_RULES });
    const token = app.gateway.issued?.token ?? '';
    expect(token).toMatch(/^pb-/);
    expect(JSON.stringify(app.gateway.apps.value)).not.toContain(token);
    app.gateway.issued = null;
    await app.gateway.renew('aider');
    expect((app.gateway.issued as { token: string } | null)?.token).not.toBe(token);
  });

  it('says what is wrong where it should listen and does not', async () => {
    const { app } = await windowWith('some');
    expect(await app.gateway.set({ port: 8080 })).toBe(false);
    expect(app.gateway.problem?.what).toContain('8080');
    expect(await app.gateway.set({ port: 4321 })).toBe(true);
    expect(app.gateway.problem).toBeNull();
    expect(app.gateway.address).toBe('http://127.0.0.1:4321');
  });

  it('keeps what is set where a change is refused', async () => {
    const { app } = await windowWith('some');
    expect(await app.gateway.set({ port: 0 })).toBe(false);
    expect(app.gateway.setError?.field).toBe('port');
    expect(app.gateway.status.value.settings.port).toBe(4180);
  });

  it('has an app back that was deleted', async () => {
    const { app } = await windowWith('some');
    await app.deleteApp('editor');
    expect(app.gateway.apps.value.map(({ id }) => id)).not.toContain('editor');
    app.undo();
    await vi.waitFor(() => expect(app.gateway.apps.value.map(({ id }) => id)).toContain('editor'));
  });

  it('opens the form of a budget that holds the app', async () => {
    const { app } = await windowWith('some');
    app.setAppBudget('editor');
    expect(app.application.view.kind).toBe('spend');
    expect(app.budgets.editing?.scope).toEqual({ kind: 'app', app: 'editor' });
  });
});

describe('traffic', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is read again at most twice a second, however much is asked', async () => {
    const { app, calls } = await windowWith('some');
    const before = calls('app_request_find').length;
    for (let index = 0; index < 20; index += 1) app.gateway.traffic.changed();
    expect(calls('app_request_find').length - before).toBe(1);
    await vi.advanceTimersByTimeAsync(499);
    expect(calls('app_request_find').length - before).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls('app_request_find').length - before).toBe(2);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls('app_request_find').length - before).toBe(2);
  });

  it('is read only where it is looked at', async () => {
    const { app, backend, calls } = await windowWith('some');
    const running = app.gateway.traffic.found[0]?.receipt.runId ?? '';
    app.showChat();
    const before = calls('app_request_find').length;
    await backend.call('app_request_stop', { runId: running });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls('app_request_find').length).toBe(before);
    app.showGateway();
    await backend.call('app_texts_forget', { app: null });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls('app_request_find').length).toBeGreaterThan(before);
  });

  it('comes page by page, and stays as long as it was when it is read again', async () => {
    const { app } = await windowWith('many');
    const { traffic } = app.gateway;
    expect(traffic.found).toHaveLength(50);
    await traffic.more();
    expect(traffic.found).toHaveLength(100);
    await traffic.refresh();
    expect(traffic.found).toHaveLength(100);
    await traffic.change({ failed: true });
    expect(traffic.found.length).toBeLessThan(50);
    expect(traffic.hasMore).toBe(false);
    expect(traffic.found.every(({ receipt }) => receipt.outcome === 'failed')).toBe(true);
  });

  it('drops what was asked before the last question', async () => {
    const { app } = await windowWith('many');
    const { traffic } = app.gateway;
    const slow = traffic.change({ app: 'editor' });
    await traffic.change({ app: 'mail-triage' });
    await slow;
    expect(new Set(traffic.found.map((line) => line.app))).toEqual(new Set(['mail-triage']));
  });

  it('becomes a chat, and the same one the next time', async () => {
    const { app } = await windowWith('some');
    const runId = app.gateway.traffic.found[1]?.receipt.runId ?? '';
    await openAsChat(app, runId);
    const view = app.application.view;
    expect(view.kind).toBe('chat');
    const count = app.conversations.list.length;
    app.showGateway();
    await openAsChat(app, runId);
    expect(app.application.view).toEqual(view);
    expect(app.conversations.list).toHaveLength(count);
  });

  it('runs again on the models of the last comparison and on its own', async () => {
    const { app } = await windowWith('some');
    app.comparisons.openNew([
      {
        label: '',
        target: { kind: 'model', key: 'openai/gpt-6.1' },
        systemPrompt: 'Old',
        parameters: app.comparisons.draft.columns[0]?.parameters ?? {
          temperature: null,
          topP: null,
          seed: null,
          maxTokens: null,
          stop: [],
          reasoningEffort: null,
        },
      },
    ]);
    const { traffic } = app.gateway;
    await traffic.open(traffic.found[1]?.receipt.runId ?? '');
    const detail = traffic.opened?.detail;
    expect(detail).toBeTruthy();
    if (detail) compareRequest(app, detail);
    const { draft } = app.comparisons;
    expect(draft.text).toBe('`^a+b?$`');
    expect(draft.columns.map(({ target }) => target?.kind)).toEqual(['endpoint', 'model']);
    expect(draft.columns.map(({ systemPrompt }) => systemPrompt)).toEqual([
      'You are a careful reviewer.',
      'You are a careful reviewer.',
    ]);
    expect(traffic.opened).toBeNull();
  });
});

describe('what a comparison can take of a request', () => {
  it('is its last question with all instructions', () => {
    expect(
      comparable([
        { role: 'system', text: 'A' },
        { role: 'user', text: 'first' },
        { role: 'assistant', text: 'answer' },
        { role: 'user', text: 'second' },
        { role: 'system', text: 'B' },
      ]),
    ).toEqual({ question: 'second', systemPrompt: 'A\n\nB', leftOut: 2 });
  });

  it('is nothing where no question was kept', () => {
    expect(comparable([])).toBeNull();
    expect(comparable([{ role: 'system', text: 'A' }])).toBeNull();
  });
});
