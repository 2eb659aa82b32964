/**
 * From anything thrown to what a person can press. Every code and class of the contract is listed by
 * hand, so that a new one does not compile until somebody has thought about its way out.
 */

import type { ErrorCode, FailureClass, IpcError, Side } from './gen/types';

export type ErrorAction =
  | 'retry'
  | 'other_model'
  | 'add_key'
  | 'open_provider'
  | 'get_local_model'
  | 'unlock_keychain'
  | 'open_settings'
  | 'new_chat'
  | 'open_budgets'
  | 'copy_details';

const CODES: Record<ErrorCode, true> = {
  invalid_input: true,
  not_found: true,
  storage_unavailable: true,
  storage_full: true,
  vault_unavailable: true,
  provider_failed: true,
  busy: true,
  cancelled: true,
  internal: true,
};

/** Keeps an error of the contract as it is, and calls anything else a fault of ours. */
export function toIpcError(thrown: unknown): IpcError {
  if (isIpcError(thrown)) return thrown;
  return {
    code: 'internal',
    message: 'Patchbay ran into a fault of its own.',
    advice: 'Try again; if it comes back, restart Patchbay and look into the log.',
    field: null,
    detail: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
    failure: null,
  };
}

function isIpcError(value: unknown): value is IpcError {
  if (typeof value !== 'object' || value === null) return false;
  const candidate: Partial<Record<keyof IpcError, unknown>> = value;
  return (
    typeof candidate.code === 'string' &&
    Object.hasOwn(CODES, candidate.code) &&
    typeof candidate.message === 'string' &&
    typeof candidate.advice === 'string'
  );
}

function unreachable(value: never): never {
  throw new Error(`Not in the contract: ${String(value)}`);
}

/** The most useful action first. */
export function actionsForFailure(failure: FailureClass): ErrorAction[] {
  switch (failure) {
    case 'key_missing':
    case 'authentication':
      return ['add_key', 'retry', 'other_model'];
    case 'keychain_unavailable':
      return ['unlock_keychain', 'retry', 'other_model'];
    case 'permission_denied':
    case 'payment_required':
      return ['other_model', 'open_provider', 'retry'];
    case 'invalid_address':
    case 'connection_refused':
    case 'not_found':
    case 'redirected':
    case 'unexpected_content':
      return ['open_provider', 'retry', 'other_model'];
    case 'name_not_resolved':
    case 'tls':
    case 'connect_timeout':
      return ['retry', 'open_provider', 'other_model'];
    case 'model_not_found':
      return ['other_model', 'open_provider', 'retry'];
    case 'rate_limited':
    case 'overloaded':
    case 'server_error':
    case 'connection_lost':
    case 'first_token_timeout':
    case 'silence_timeout':
    case 'run_timeout':
    case 'stream_cut':
    case 'empty_answer':
    case 'response_too_large':
      return ['retry', 'other_model'];
    case 'context_too_long':
      return ['other_model', 'new_chat'];
    case 'content_filtered':
    case 'invalid_request':
    case 'no_way_in':
    case 'no_embeddings':
      return ['other_model', 'retry'];
    case 'over_budget':
      return ['open_budgets', 'other_model'];
    case 'local_model_missing':
      return ['get_local_model', 'other_model'];
    case 'local_model_unusable':
      return ['get_local_model', 'other_model', 'copy_details'];
    case 'internal':
      return ['retry', 'copy_details'];
    default:
      return unreachable(failure);
  }
}

export function actionsForError(error: IpcError): ErrorAction[] {
  switch (error.code) {
    case 'provider_failed':
      return error.failure ? actionsForFailure(error.failure.class) : ['retry', 'other_model'];
    case 'vault_unavailable':
      return ['unlock_keychain', 'retry'];
    case 'storage_unavailable':
    case 'storage_full':
      return ['retry', 'open_settings', 'copy_details'];
    case 'busy':
      return ['retry'];
    case 'internal':
      return ['retry', 'copy_details'];
    case 'invalid_input':
    case 'not_found':
    case 'cancelled':
      return [];
    default:
      return unreachable(error.code);
  }
}

/** The words on the button. */
export function actionLabel(action: ErrorAction): string {
  switch (action) {
    case 'retry':
      return 'Try again';
    case 'other_model':
      return 'Ask another model';
    case 'add_key':
      return 'Add a key';
    case 'open_provider':
      return 'Check the provider';
    case 'get_local_model':
      return 'Get the local model';
    case 'unlock_keychain':
      return 'Look for the keychain again';
    case 'open_settings':
      return 'Open settings';
    case 'new_chat':
      return 'New chat';
    case 'open_budgets':
      return 'Open the budgets';
    case 'copy_details':
      return 'Copy details';
    default:
      return unreachable(action);
  }
}

/** Whose doing, in words that stand by themselves. */
export function sideWords(side: Side): string {
  switch (side) {
    case 'provider':
      return 'On the provider’s side.';
    case 'network':
      return 'On the network in between.';
    case 'settings':
      return 'On your side.';
    case 'this_computer':
      return 'On this computer.';
    default:
      return unreachable(side);
  }
}

/** All that is known, for a bug report: secrets were removed before it came here. */
export function errorDetails(error: IpcError): string {
  const failure = error.failure;
  return [
    `${error.code}: ${error.message}`,
    error.advice,
    error.field ? `field: ${error.field}` : '',
    failure
      ? `failure: ${failure.class}, HTTP ${failure.status ?? 'none'}, request ${failure.requestId ?? 'unknown'}`
      : '',
    failure?.words ?? '',
    error.detail ?? '',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
