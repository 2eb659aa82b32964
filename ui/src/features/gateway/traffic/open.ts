/** Where a request of an app leads: to a chat, or to a comparison. */

import type { AppRequestDetailView, AppTurn } from '../../../lib/ipc/gen/types';
import { NO_PARAMETERS } from '../../../lib/state/chat.svelte';
import { MOST_COLUMNS } from '../../../lib/state/comparison-draft.svelte';
import type { WindowState } from '../../../lib/state/index.svelte';
import { endpointTarget } from '../../../lib/state/targets';

/** What a comparison can take of it: its last question, and its standing instructions. */
export interface Comparable {
  question: string;
  systemPrompt: string;
  /** Turns before the question, which a comparison of one question leaves out. */
  leftOut: number;
}

export function comparable(turns: readonly AppTurn[]): Comparable | null {
  const said = turns.filter(({ role }) => role !== 'system');
  const at = said.findLastIndex(({ role }) => role === 'user');
  const question = said[at]?.text ?? '';
  if (question.trim() === '') return null;
  const systemPrompt = turns
    .filter(({ role }) => role === 'system')
    .map(({ text }) => text)
    .join('\n\n');
  return { question, systemPrompt, leftOut: at };
}

/** The chat that it was opened as before, or a new one. */
export async function openAsChat(app: WindowState, runId: string): Promise<void> {
  await app.attempt(async () => {
    const chat = await app.backend.call('app_request_chat', { runId });
    await app.conversations.refresh();
    app.show({ kind: 'chat', conversationId: chat.id });
    void app.gateway.traffic.refresh();
  });
}

/** A new comparison with the question, put to who answered and to those of the comparison before. */
export function compareRequest(app: WindowState, { turns, run }: AppRequestDetailView): void {
  const taken = comparable(turns);
  if (!taken) return;
  const { comparisons } = app;
  const own = run.target ?? endpointTarget(run.endpoint);
  const key = (target: unknown) => JSON.stringify(target);
  const others = comparisons.draft.columns.flatMap(({ target }) =>
    target !== null && key(target) !== key(own) ? [target] : [],
  );
  const targets = [own, ...others].slice(0, MOST_COLUMNS);
  app.show({ kind: 'compare' });
  comparisons.openNew(
    targets.map((target) => ({
      label: '',
      target,
      systemPrompt: taken.systemPrompt,
      parameters: NO_PARAMETERS,
    })),
  );
  comparisons.draft.text = taken.question;
  if (taken.leftOut > 0) {
    app.toasts.show({
      text: 'The last question was taken. What was said before it stays with the request.',
    });
  }
}
