/** The way from an answer's cost to the answer. */

import type { SpendAnswer } from '../../lib/ipc/gen/types';
import type { WindowState } from '../../lib/state/index.svelte';
import { openCompared } from '../receipts/found';

/**
 * Opens the chat where the answer stands, and scrolls to it where it is still there; of a comparison the
 * answers to its prompt, since its conversation is no chat.
 */
export async function openAnswer(
  app: WindowState,
  {
    conversationId,
    runId,
    comparisonCase,
  }: Pick<SpendAnswer, 'conversationId' | 'runId' | 'comparisonCase'>,
): Promise<void> {
  if (comparisonCase !== null) {
    await openCompared(app, comparisonCase, runId);
    return;
  }
  if (conversationId === null) return;
  const { conversations } = app;
  await conversations.open(conversationId);
  if (conversations.openId !== conversationId) return;
  const message = conversations.opened?.messages.find(({ run }) => run?.id === runId);
  if (message && !conversations.turns.some((turn) => turn.message.id === message.id)) {
    await app.attempt(() => conversations.showBranch(message.id));
  }
  app.show({ kind: 'chat', conversationId });
  if (message) app.receipts.sought = message.id;
}
