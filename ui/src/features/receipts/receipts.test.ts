import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../lib/ipc/fake/backend';
import { deletedHistory, receiptHistory } from '../../lib/ipc/fake/receipts';
import { longConversation } from '../../lib/ipc/fake/seed';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import { PAGE } from '../../lib/state/pages.svelte';
import { NO_CRITERIA, readCriteria } from '../../lib/state/receipts.svelte';
import ReceiptSheet from '../chat/receipt/ReceiptSheet.svelte';
import { foundAttempts } from './found';
import ReceiptsView from './ReceiptsView.svelte';

const user = userEvent.setup();

async function opened(options: FakeOptions = {}) {
  const backend = new FakeBackend(options);
  const app = new WindowState(backend);
  await app.start();
  await app.readAll();
  app.show({ kind: 'receipts' });
  return { app, backend, context: new Map([[STATE_KEY, app]]) };
}

const withSamples = () => {
  const now = Date.now();
  return opened({
    conversations: receiptHistory(now),
    deleted: deletedHistory(now),
    waysIn: 10,
  });
};

/** By role they would be looked through one by one, which takes long in jsdom. */
const rows = () => [...document.querySelectorAll('li')];
const questions = () => rows().map((row) => row.querySelector('.question')?.textContent ?? '');

describe('the cable of an answer that was found', () => {
  it('has a joint where somebody went on with half an answer', async () => {
    const { app } = await withSamples();
    await app.receipts.refresh();
    const jointsOf = (question: string) => {
      const found = app.receipts.found.find((each) => each.question?.includes(question));
      return found && foundAttempts(found).map(({ isContinuation }) => isContinuation);
    };
    expect(jointsOf('haiku')).toEqual([false, true]);
    expect(jointsOf('back-pressure')).toEqual([false, false]);
  });
});

beforeEach(() => {
  document.body.replaceChildren();
});

describe('what is looked for', () => {
  const read = (change: Partial<typeof NO_CRITERIA>) => readCriteria({ ...NO_CRITERIA, ...change });

  it('is read as it is typed', () => {
    expect(
      read({ costAbove: ' $0,05 ', firstTokenAbove: '2.5', model: ' sonnet ' }).search,
    ).toEqual({
      switched: false,
      failed: false,
      hedged: false,
      continued: false,
      costAbove: '0.05',
      firstTokenAboveMillis: 2_500,
      providerId: null,
      model: 'sonnet',
    });
  });

  it.each([
    ['costAbove', 'a lot'],
    ['costAbove', '-1'],
    ['costAbove', '1.0000000001'],
    ['firstTokenAbove', '2 s'],
  ] as const)('refuses %s %s', (field, value) => {
    expect(read({ [field]: value }).error?.field).toBe(field);
  });
});

describe('the list of receipts', () => {
  it('narrows to answers that raced and failed', async () => {
    const { context } = await withSamples();
    render(ReceiptsView, { context });
    await waitFor(() => expect(rows()).toHaveLength(6));

    await user.click(screen.getByText('Raced'));
    await waitFor(() => expect(questions()).toEqual(['And how large should the bound be?']));
    expect(document.querySelector('[role=img]')?.getAttribute('aria-label')).toContain(
      'openrouter lost the race',
    );
    await user.click(screen.getByText('Failed'));
    await waitFor(() => expect(screen.getByText('No answer like that')).toBeTruthy());
    await user.click(screen.getAllByText('Show all')[0] ?? document.body);
    await waitFor(() => expect(rows()).toHaveLength(6));
  });

  it('narrows to answers that cost more or came later', async () => {
    const { context } = await withSamples();
    render(ReceiptsView, { context });
    await user.type(screen.getByLabelText('Cost more than'), '0.008');
    await waitFor(() =>
      expect(questions()).toEqual([
        'And how large should the bound be?',
        'Write a haiku about fallbacks',
      ]),
    );
    await user.type(screen.getByLabelText('First token after', { selector: 'input' }), '2');
    await waitFor(() => expect(questions()).toEqual(['And how large should the bound be?']));
  });

  it('says what it cannot read, and keeps what was found', async () => {
    const { backend, context } = await withSamples();
    render(ReceiptsView, { context });
    await waitFor(() => expect(rows()).toHaveLength(6));
    const asked = backend.calls.length;
    await user.type(screen.getByLabelText('Cost more than'), 'x');
    expect(screen.getByText('Dollars, such as 0.05.')).toBeTruthy();
    expect(rows()).toHaveLength(6);
    expect(backend.calls).toHaveLength(asked);
  });

  it('leads to the answer in its chat, on its own branch, with the receipt beside it', async () => {
    const { app, context } = await withSamples();
    render(ReceiptsView, { context });
    await user.click(await screen.findByText(/^Write a haiku/));
    await waitFor(() =>
      expect(app.application.overlay).toEqual({
        kind: 'receipt',
        messageId: 'receipts-continued',
      }),
    );
    expect(app.application.view).toEqual({ kind: 'chat', conversationId: 'receipts' });
    expect(app.receipts.sought).toBe('receipts-continued');
  });

  it('shows the receipt alone where its chat is gone', async () => {
    const { app, context } = await withSamples();
    render(ReceiptsView, { context });
    render(ReceiptSheet, { context });
    await user.click(await screen.findByText('A chat that was deleted'));
    const sheet = await screen.findByRole('dialog', { name: 'Receipt' });
    await waitFor(() => expect(sheet.textContent).toContain('OpenRouter → Google Vertex'));
    expect(app.application.view).toEqual({ kind: 'receipts' });
    expect(within(sheet).queryByRole('button', { name: /^(Run|Ask) again/ })).toBeNull();
  });

  it('reads page after page', async () => {
    const { context } = await opened({ conversations: [longConversation(PAGE + 10, Date.now())] });
    render(ReceiptsView, { context });
    await waitFor(() => expect(rows()).toHaveLength(PAGE));
    await user.click(screen.getByText('Show more'));
    await waitFor(() => expect(rows()).toHaveLength(PAGE + 10));
    expect(new Set(questions()).size).toBe(PAGE + 10);
    expect(screen.queryByText('Show more')).toBeNull();
  });

  it('teaches where there is nothing yet', async () => {
    const { context } = await opened();
    render(ReceiptsView, { context });
    await screen.findByText('Every answer leaves a receipt');
    expect(screen.getByRole('button', { name: 'Ask something' })).toBeTruthy();
  });
});

describe('the receipt of a route', () => {
  async function sheetOf(messageId: string) {
    const { app, backend, context } = await withSamples();
    await app.conversations.open('receipts');
    app.application.overlay = { kind: 'receipt', messageId };
    render(ReceiptSheet, { context });
    const sheet = await screen.findByRole('dialog', { name: 'Receipt' });
    return { app, backend, sheet };
  }

  it('names who was left out, and who read it', async () => {
    const { backend, sheet } = await sheetOf('receipts-switched');
    const left = within(sheet).getByRole('list', { name: 'Left out' });
    // What happened comes first.
    const attempts = within(sheet).getByRole('list', { name: 'Attempts' });
    expect(attempts.compareDocumentPosition(left)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
    expect(left.textContent).toContain('NanoGPT');
    expect(left.textContent).toMatch(/1\d s more/);
    expect(within(left).getAllByRole('listitem')).toHaveLength(3);
    expect(within(sheet).getByText('2 more were left out')).toBeTruthy();
    const readers = within(sheet).getByRole('region', { name: 'Who read it' });
    expect(readers.textContent).toContain('Keeps it for 30 days.');
    expect(readers.textContent).toMatch(/Google Vertex\s*the host behind it/);
    expect(readers.textContent).toContain('Declares nothing that we know of.');
    await user.click(
      within(readers).getByRole('button', { name: /^Open what Anthropic declares/ }),
    );
    expect(backend.calls.at(-1)).toEqual({
      command: 'link_open',
      request: { url: 'https://privacy.anthropic.example/commercial' },
    });
  });

  it('asks again by another way in', async () => {
    const { app, backend, sheet } = await sheetOf('receipts-switched');
    await user.click(within(sheet).getByRole('button', { name: 'Run again, other way in' }));
    // What floats is never placed in jsdom, so its roles count as hidden there.
    const way = (name: string) => screen.findByText(name, { selector: '[role=menuitem] *' });
    const maker = await way('Anthropic');
    expect(screen.queryByText('OpenRouter', { selector: '[role=menuitem] *' })).toBeNull();
    await user.click(maker);
    await waitFor(() => expect(app.application.overlay).toBeNull());
    const start = backend.calls.find(({ command }) => command === 'run_start');
    expect(start?.request).toMatchObject({
      parentId: 'receipts-switched-q',
      text: null,
      target: { kind: 'endpoint', endpoint: { providerId: 'anthropic' } },
    });
    await waitFor(() => expect(app.chat.liveRun).toBeUndefined());
  });

  it('leads to the route that chose', async () => {
    const { app, sheet } = await sheetOf('receipts-raced');
    await user.click(within(sheet).getByRole('button', { name: 'Edit route' }));
    await waitFor(() => expect(app.application.overlay).toMatchObject({ kind: 'route' }));
  });
});
