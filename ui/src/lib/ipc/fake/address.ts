/**
 * The fake as the address bar asks for it, so that each state of the window has an address:
 * `?with=history,local-missing&tick=30`.
 */

import type { BudgetStage } from '../gen/types';
import { FakeBackend } from './backend';
import { deletedHistory, receiptHistory } from './receipts';
import { longConversation, pictureHistory } from './seed';

const STAGES: readonly BudgetStage[] = ['fine', 'warned', 'saving', 'spent'];

export function fakeFromAddress(address: URL): FakeBackend {
  const parts = new Set((address.searchParams.get('with') ?? '').split(',').filter(Boolean));
  const now = Date.now();
  const theme = address.searchParams.get('theme');
  return new FakeBackend({
    tickMillis: Number(address.searchParams.get('tick') ?? 15),
    hasOpenRouter:
      parts.has('history') ||
      parts.has('provider') ||
      [...parts].some((part) => part.startsWith('compare')),
    hasRoutes: parts.has('routes'),
    gateway: parts.has('gateway-many') ? 'many' : parts.has('gateway') ? 'some' : 'none',
    hasKeys: parts.has('keys'),
    hasNoServers: parts.has('no-servers'),
    waysIn: parts.has('many') ? 2_500 : parts.has('catalogue') ? 60 : 0,
    conversations: [
      ...(parts.has('history') ? pictureHistory(now) : []),
      ...(parts.has('long') ? [longConversation(500, now)] : []),
      ...(parts.has('receipts') ? receiptHistory(now) : []),
    ],
    comparisons: [...parts].some((part) => part.startsWith('compare'))
      ? {
          isStreaming: parts.has('compare-streaming'),
          prompts: parts.has('compare-many') ? 400 : parts.has('compare-voted') ? 8 : 6,
          hasVotes: parts.has('compare-voted'),
          hasLong: parts.has('compare-long'),
        }
      : undefined,
    labs: parts.has('lab-running') ? 'running' : parts.has('lab') ? 'kept' : undefined,
    hasSpend: parts.has('spend'),
    budget: STAGES.find((stage) => parts.has(`budget-${stage}`)),
    deleted: parts.has('receipts') ? deletedHistory(now) : [],
    localModel: parts.has('local-missing') ? 'missing' : 'ready',
    vault: parts.has('vault-locked') ? 'locked' : parts.has('no-vault') ? 'no_service' : 'ready',
    hasStorageProblem: parts.has('storage-problem'),
    notices: parts.has('notices')
      ? ['One answer was being written when Patchbay closed. Its text so far is kept.']
      : [],
    settings: theme === null ? {} : { theme },
  });
}
