/**
 * The state behind the window, as a person drives it.
 *
 * Long because each journey through the state has its own example.
 */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Backend } from '../ipc/backend';
import { FakeBackend } from '../ipc/fake/backend';
import { pictureHistory } from '../ipc/fake/seed';
import type { RunEvent } from '../ipc/gen/types';
import { WindowState } from './index.svelte';
import { endpointTarget } from './targets';

/** Frames that the test turns over by hand. */
class Frames {
  #waiting: (() => void)[] = [];
  readonly next = (work: () => void) => void this.#waiting.push(work);
  count = 0;

  turn(): void {
    const work = this.#waiting;
    this.#waiting = [];
    this.count += work.length;
    for (const each of work) each();
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

async function started(backend: Backend, frames = new Frames()): Promise<WindowState> {
  const app = new WindowState(backend, frames.next);
  await app.start();
  await vi.advanceTimersByTimeAsync(0);
  return app;
}

/** Lets time pass and frames turn until nothing is left to do. */
async function settle(frames: Frames, times = 400): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    await vi.advanceTimersByTimeAsync(5);
    frames.turn();
  }
}

function withProvider(): FakeBackend {
  return new FakeBackend({ hasOpenRouter: true });
}

async function scripted(backend: FakeBackend): Promise<string> {
  const draft = { providerId: null, name: 'Scripted', baseUrl: 'https://scripted.example/v1' };
  const saved = await backend.call('provider_save', {
    ...draft,
    presetId: null,
    family: null,
    options: [],
    hasAttribution: true,
    extraHeaders: [],
    key: null,
    keyForSessionOnly: false,
  });
  return saved.id;
}

describe('a question', () => {
  it('becomes a conversation with an answer that grows and is then as stored', async () => {
    const frames = new Frames();
    const app = await started(new FakeBackend(), frames);
    app.chat.draft = 'How do I get back-pressure?';
    expect(await app.chat.send()).toBe(true);

    expect(app.chat.draft).toBe('');
    expect(app.application.view).toEqual({
      kind: 'chat',
      conversationId: app.conversations.openId,
    });
    const run = app.chat.liveRun;
    expect(run).toBeDefined();
    const lengths = new Set<number>();
    for (let index = 0; index < 40; index += 1) {
      await vi.advanceTimersByTimeAsync(5);
      frames.turn();
      lengths.add(run?.state.answer.text.length ?? 0);
    }
    expect(lengths.size).toBeGreaterThan(5);
    await settle(frames);
    expect(app.chat.liveRun).toBeUndefined();
    const answer = app.conversations.turns.at(-1)?.message;
    expect(answer?.status).toBe('complete');
    expect(answer?.text).toContain('mpsc::channel');
    expect(app.conversations.list).toHaveLength(1);
  });

  it('comes back into the composer where it could not be asked', async () => {
    const backend = new FakeBackend();
    const app = await started(backend);
    app.application.settings = {
      ...app.application.settings,
      endpoint: { providerId: 'gone', model: 'gone' },
    };
    app.models.hasLoaded = false;
    app.chat.draft = 'Are you there?';
    expect(await app.chat.send()).toBe(false);
    expect(app.chat.draft).toBe('Are you there?');
    expect(app.chat.sendError?.code).toBe('not_found');
    expect(app.application.view).toEqual({ kind: 'chat', conversationId: null });
  });

  it('makes its model one that was used, with the colour of its cable', async () => {
    const app = await started(new FakeBackend({ waysIn: 10 }));
    const opus = { providerId: 'anthropic', model: 'claude-opus-4.6' };
    const ways = () => app.models.value.filter(({ key }) => key === 'anthropic/claude-opus-4.6');
    expect(ways().map(({ colour }) => colour)).toEqual([null, null, null]);
    await app.chat.choose(endpointTarget(opus));
    app.chat.draft = 'Hello?';
    await app.chat.send();
    const colour = app.chat.liveRun?.state.answer.run?.colour;
    expect(ways().map((way) => way.colour)).toEqual([colour, colour, colour]);
    const used = ways().filter(({ lastUsedAt }) => lastUsedAt !== null);
    expect(used.map(({ endpoint }) => endpoint)).toEqual([opus]);
  });

  it('is written as a draft of its own in every chat', async () => {
    const app = await started(new FakeBackend({ conversations: pictureHistory(Date.now()) }));
    app.chat.draft = 'for a new chat';
    await app.conversations.open('rust');
    expect(app.chat.draft).toBe('');
    app.chat.draft = 'about Rust';
    await app.conversations.open(null);
    expect(app.chat.draft).toBe('for a new chat');
  });

  it('goes on while another chat is on screen, and is not asked for twice', async () => {
    const frames = new Frames();
    const backend = new FakeBackend({ conversations: pictureHistory(Date.now()) });
    const app = await started(backend, frames);
    app.chat.draft = 'Explain it';
    await app.chat.send();
    const mine = app.conversations.openId;
    app.show({ kind: 'chat', conversationId: 'rust' });
    await settle(frames);
    expect(app.conversations.openId).toBe('rust');
    expect(app.runs.live.size).toBe(0);

    app.show({ kind: 'chat', conversationId: mine });
    await vi.advanceTimersByTimeAsync(0);
    expect(app.conversations.turns.at(-1)?.message.status).toBe('complete');
    expect(backend.calls.filter(({ command }) => command === 'run_attach')).toHaveLength(0);
  });

  it('keeps what was written when it is stopped', async () => {
    const frames = new Frames();
    const app = await started(new FakeBackend(), frames);
    app.chat.draft = 'Explain it';
    await app.chat.send();
    await settle(frames, 10);
    await app.chat.stop();
    await settle(frames, 5);
    const answer = app.conversations.turns.at(-1)?.message;
    expect(answer?.status).toBe('stopped');
    expect(answer?.text.length).toBeGreaterThan(0);
  });

  it('can be changed and asked again as branches', async () => {
    const frames = new Frames();
    const app = await started(new FakeBackend(), frames);
    app.chat.draft = 'First';
    await app.chat.send();
    await settle(frames);
    const [question, answer] = app.conversations.turns.map(({ message }) => message);
    if (!question || !answer) throw new Error('no turns');
    await app.chat.retry(answer);
    await settle(frames);
    expect(app.conversations.turns[1]).toMatchObject({ position: 1 });
    await app.chat.edit(question, 'Second');
    await settle(frames);
    expect(app.conversations.turns[0]).toMatchObject({ position: 1 });
    expect(app.conversations.turns[0]?.message.text).toBe('Second');
    await app.conversations.showBranch(question.id);
    expect(app.conversations.turns.map(({ position }) => position)).toEqual([0, 1]);
  });
});

describe('a stream', () => {
  /** Loses one message of the channel. */
  function losing(backend: FakeBackend, lost: number): Backend {
    return {
      call: (command, request) => backend.call(command, request),
      onStoreChanged: (listener) => backend.onStoreChanged(listener),
      onWindowAction: (listener) => backend.onWindowAction(listener),
      stream: (command, request, onMessage) => {
        let count = 0;
        return backend.stream(command, request, (message) => {
          count += 1;
          if (command === 'run_start' && count === lost) return;
          onMessage(message);
        });
      },
    };
  }

  it('is joined again after a gap, and ends with the whole text', async () => {
    const frames = new Frames();
    const backend = new FakeBackend();
    const app = await started(losing(backend, 9), frames);
    app.chat.draft = 'Explain it';
    await app.chat.send();
    await settle(frames);
    expect(backend.calls.filter(({ command }) => command === 'run_attach')).toHaveLength(1);
    const answer = app.conversations.turns.at(-1)?.message;
    expect(answer?.text).toContain('Watch for one trap');
    expect(answer?.status).toBe('complete');
  });

  it('is joined when the window is opened anew', async () => {
    const backend = withProvider();
    const providerId = await scripted(backend);
    const frames = new Frames();
    const before = await started(backend, frames);
    await before.chat.choose(endpointTarget({ providerId, model: 'scripted-small' }));
    before.chat.draft = 'Explain it';
    await before.chat.send();
    await settle(frames, 10);
    const conversationId = before.conversations.openId;

    const later = new Frames();
    const app = new WindowState(backend, later.next);
    await app.start({ kind: 'chat', id: conversationId });
    await settle(later, 3);
    expect(app.application.view).toEqual({ kind: 'chat', conversationId });
    expect(app.chat.liveRun?.state.answer.text.length).toBeGreaterThan(0);
    await settle(later);
    expect(app.conversations.turns.at(-1)?.message.status).toBe('complete');
  });

  it('begins with a new chat where the old one is gone', async () => {
    const app = new WindowState(new FakeBackend(), new Frames().next);
    await app.start({ kind: 'chat', id: 'not-there' });
    expect(app.application.view).toEqual({ kind: 'chat', conversationId: null });
    expect(app.conversations.openError).toBeNull();
  });

  it('reaches the screen once a frame, however many runs and events there are', async () => {
    const frames = new Frames();
    const app = await started(new FakeBackend({ tickMillis: 1 }), frames);
    for (const text of ['One', 'Two', 'Three']) {
      app.newChat();
      app.chat.draft = text;
      await app.chat.send();
    }
    frames.turn();
    const before = frames.count;
    await vi.advanceTimersByTimeAsync(30);
    frames.turn();
    expect(frames.count - before).toBe(1);
    expect(app.runs.live.size).toBe(3);
    for (const run of app.runs.live.values()) {
      expect(run.state.answer.text.length).toBeGreaterThan(10);
    }
  });

  it('hears events that came before the reply', async () => {
    const frames = new Frames();
    const fake = new FakeBackend();
    const backend = losing(fake, -1);
    const slow: Backend = {
      ...backend,
      stream: async (command, request, onMessage) => {
        const reply = await fake.stream(command, request, onMessage);
        if (command === 'run_start') await new Promise((resolve) => setTimeout(resolve, 40));
        return reply;
      },
    };
    const app = await started(slow, frames);
    app.chat.draft = 'Explain it';
    const sent = app.chat.send();
    await vi.advanceTimersByTimeAsync(60);
    await sent;
    await settle(frames);
    expect(app.conversations.turns.at(-1)?.message.text).toMatch(/^Use /);
    expect(fake.calls.filter(({ command }) => command === 'run_attach')).toHaveLength(0);
  });

  it('that is broken for good says so, and can be asked for again', async () => {
    const frames = new Frames();
    const fake = new FakeBackend();
    let isBroken = true;
    const broken: Backend = {
      ...losing(fake, -1),
      call: (command, request) => fake.call(command, request),
      stream: (command, request, onMessage) => {
        if (command === 'run_attach' && isBroken) return Promise.reject(new Error('no channel'));
        return fake.stream(command, request, (message) => {
          const events = message as RunEvent[];
          const skipped = events.map((event) => ({ ...event, sequence: event.sequence + 1 }));
          onMessage(command === 'run_start' ? skipped : message);
        });
      },
    };
    const app = await started(broken, frames);
    app.chat.draft = 'Explain it';
    await app.chat.send();
    await settle(frames, 5);
    const run = app.chat.liveRun;
    expect(run?.lost?.code).toBe('internal');
    isBroken = false;
    if (run) app.runs.rejoin(run);
    await settle(frames);
    expect(app.conversations.turns.at(-1)?.message.status).toBe('complete');
  });
});

describe('removing', () => {
  it('a chat can be taken back', async () => {
    const app = await started(new FakeBackend({ conversations: pictureHistory(Date.now()) }));
    await app.conversations.open('rust');
    const before = app.conversations.list.map(({ id }) => id);
    await app.deleteConversation('rust');
    expect(app.conversations.list.map(({ id }) => id)).not.toContain('rust');
    expect(app.application.view).toEqual({ kind: 'chat', conversationId: null });
    app.undo();
    await vi.advanceTimersByTimeAsync(0);
    expect(app.conversations.list.map(({ id }) => id)).toEqual(before);
    expect(app.conversations.openId).toBe('rust');
    app.toasts.closeAll();
  });

  it('a provider can be taken back', async () => {
    const app = await started(withProvider());
    await app.deleteProvider('openrouter');
    expect(app.providers.value).toEqual([]);
    expect(app.models.value.every(({ isLocal }) => isLocal)).toBe(true);
    app.undo();
    await vi.advanceTimersByTimeAsync(0);
    expect(app.providers.value).toHaveLength(1);
    app.toasts.closeAll();
  });

  it('a name that is refused is shown as it was', async () => {
    const backend = new FakeBackend({ conversations: pictureHistory(Date.now()) });
    const app = await started(backend);
    vi.spyOn(backend, 'call').mockRejectedValueOnce({
      code: 'storage_full',
      message: 'The disk is full.',
      advice: 'Make room.',
    });
    await expect(app.conversations.rename('rust', 'New name')).rejects.toMatchObject({
      code: 'storage_full',
    });
    expect(app.conversations.list.find(({ id }) => id === 'rust')?.title).toBe(
      'Rust channel back-pressure',
    );
  });
});

describe('facts', () => {
  it('a storage problem stops everything else until it is mended', async () => {
    const backend = new FakeBackend({ hasStorageProblem: true });
    const app = await started(backend);
    expect(app.application.information?.storageProblem?.title).toContain('newer');
    expect(backend.calls.map(({ command }) => command)).not.toContain('conversation_list');
    expect(await app.application.retryStorage()).toBe(true);
  });

  it('the local model is fetched with progress, and can be stopped', async () => {
    const app = await started(new FakeBackend({ localModel: 'missing', tickMillis: 10 }));
    const model = app.localModel;
    expect(model.view.state).toBe('missing');
    void model.get();
    await vi.advanceTimersByTimeAsync(300);
    expect(model.view.state).toBe('fetching');
    expect(model.progress).toBeGreaterThan(0);
    await model.cancel();
    await vi.advanceTimersByTimeAsync(0);
    expect(model.view.state).toBe('missing');
    expect(model.error).toBeNull();

    void model.get();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(model.view.state).toBe('ready');
    expect(app.models.value[0]?.unavailableBecause).toBeNull();
  });

  it('a locked keychain is looked for again', async () => {
    const app = await started(new FakeBackend({ vault: 'locked' }));
    expect(app.vault.isReady).toBe(false);
    await app.vault.retry();
    expect(app.vault.isReady).toBe(true);
  });

  it('what was set is kept in the order in which it was set', async () => {
    const backend = new FakeBackend();
    const app = await started(backend);
    await Promise.all([
      app.application.change({ theme: 'dark' }),
      app.application.change({ zoom: 150 }),
    ]);
    await vi.advanceTimersByTimeAsync(0);
    expect(app.application.settings).toMatchObject({ theme: 'dark', zoom: 150 });
    expect(await backend.call('settings_get', null)).toMatchObject({ theme: 'dark', zoom: 150 });
    await app.application.zoomBy(1);
    expect(app.application.settings.zoom).toBe(175);
  });
});
