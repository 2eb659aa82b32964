/** One found receipt in words, and the way to the answer that it belongs to. */

import type { FoundAttempt, FoundCase, FoundReceipt } from '../../lib/ipc/gen/types';
import type { WindowState } from '../../lib/state/index.svelte';
import type { AttemptOutcome, CableAttempt } from '../../lib/ui/cable';
import { isErrorStatus, wayLabel } from '../chat/facts';

/** What it is called: its chat, or what stands in for one. `appName` tells what an app is called. */
export function titleOf(
  { title, origin, purpose, app }: Pick<FoundReceipt, 'title' | 'origin' | 'purpose' | 'app'>,
  appName: (id: string) => string,
): string {
  if (purpose === 'judge') return 'Judge of a comparison';
  if (title !== null) return purpose === 'merge' ? `Made of several: ${title}` : title;
  switch (origin) {
    case 'gateway':
      return app === null ? 'Asked through the gateway' : `${appName(app)}, through the gateway`;
    case 'lab':
      return 'Latency lab';
    case 'compare':
      return 'Comparison';
    default:
      return 'A chat that was deleted';
  }
}

/** As the line under the answer shows it: the wire that answered is the last one. */
export function foundAttempts({ attempts, outcome }: FoundReceipt): CableAttempt[] {
  const answered = attempts.filter(({ status }) => status === 'answered');
  const others = attempts.filter(({ status }) => status !== 'answered');
  return [...others, ...answered].map((attempt) => ({
    label: wayLabel(attempt.providerName, attempt.failure, attempt.httpStatus),
    outcome: outcomeOf(attempt, outcome),
    isContinuation: attempt.madeBecause === 'continuation',
    // Where there is no status, the label says it already.
    note: isErrorStatus(attempt.httpStatus) ? attempt.failure?.replaceAll('_', ' ') : undefined,
  }));
}

/** What was stopped although the answer was not has lost a race. */
function outcomeOf({ status }: FoundAttempt, outcome: string): AttemptOutcome {
  return status === 'stopped' && outcome !== 'stopped' ? 'raced' : status;
}

/** Goes to the answers to the prompt, with the receipt beside them. One asked again since has its receipt alone. */
export async function openCompared(
  app: WindowState,
  place: FoundCase,
  runId: string,
): Promise<void> {
  const { application, comparisons } = app;
  application.overlay = null;
  app.show({ kind: 'compare' });
  await comparisons.openAt(place);
  const { shown } = comparisons;
  if (shown.roundId !== place.roundId) return;
  const merged = (shown.case?.merged ?? []).find(({ message }) => message?.run?.id === runId);
  const answer = (shown.case?.answers ?? []).find(({ message }) => message.run?.id === runId);
  const message = merged?.message ?? answer?.message;
  if (merged) {
    comparisons.tools.mergeId = merged.id;
    comparisons.tools.panel = 'merged';
  }
  application.overlay = message
    ? { kind: 'receipt', messageId: message.id }
    : { kind: 'run', runId };
}

/** Goes to the answer in its chat with the receipt beside it; shows the receipt alone where it is gone. */
export async function openFound(app: WindowState, found: FoundReceipt): Promise<void> {
  const { conversationId, runId, comparisonCase } = found;
  const { application, conversations } = app;
  const showAlone = () => (application.overlay = { kind: 'run', runId });
  if (comparisonCase !== null) {
    await openCompared(app, comparisonCase, runId);
    return;
  }
  if (conversationId === null) {
    showAlone();
    return;
  }
  const before = conversations.openId;
  await conversations.open(conversationId);
  const message = conversations.opened?.messages.find(({ run }) => run?.id === runId);
  if (conversations.openId !== conversationId) return;
  if (!message) {
    await conversations.open(before);
    showAlone();
    return;
  }
  if (!conversations.turns.some((turn) => turn.message.id === message.id)) {
    await app.attempt(() => conversations.showBranch(message.id));
  }
  app.show({ kind: 'chat', conversationId });
  app.receipts.sought = message.id;
  application.overlay = { kind: 'receipt', messageId: message.id };
}
