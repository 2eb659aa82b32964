import { describe, expect, it } from 'vitest';

import {
  actionLabel,
  actionsForError,
  actionsForFailure,
  errorDetails,
  toIpcError,
} from './errors';
import { failureNamed } from './fake/failures';
import type { ErrorCode, FailureClass, IpcError } from './gen/types';

const whole: IpcError = {
  code: 'storage_full',
  message: 'The disk is full.',
  advice: 'Make room and try again.',
  field: null,
  detail: 'SQLITE_FULL',
  failure: null,
};

describe('anything thrown', () => {
  it('stays as it is where it is an error of the contract', () => {
    expect(toIpcError(whole)).toBe(whole);
  });

  it.each([
    ['an Error', new TypeError('x is not a function'), 'TypeError: x is not a function'],
    ['a word', 'command not found', 'command not found'],
    ['nothing', undefined, 'undefined'],
    ['a code that nobody knows', { ...whole, code: 'toString' }, '[object Object]'],
    ['half an error', { code: 'busy' }, '[object Object]'],
  ])('is a fault of ours where it is %s', (_, thrown, detail) => {
    expect(toIpcError(thrown)).toMatchObject({ code: 'internal', detail });
  });
});

describe('what can be pressed', () => {
  it.each<[FailureClass, string[]]>([
    ['authentication', ['Add a key', 'Try again', 'Ask another model']],
    ['over_budget', ['Open the budgets', 'Ask another model']],
    ['overloaded', ['Try again', 'Ask another model']],
    ['context_too_long', ['Ask another model', 'New chat']],
    ['local_model_missing', ['Get the local model', 'Ask another model']],
    ['keychain_unavailable', ['Look for the keychain again', 'Try again', 'Ask another model']],
    ['connection_refused', ['Check the provider', 'Try again', 'Ask another model']],
  ])('after %s', (failure, labels) => {
    expect(actionsForFailure(failure).map(actionLabel)).toEqual(labels);
  });

  it.each<[ErrorCode, number]>([
    ['storage_full', 3],
    ['vault_unavailable', 2],
    ['invalid_input', 0],
    ['cancelled', 0],
  ])('after %s there are %i ways on', (code, count) => {
    expect(actionsForError({ ...whole, code })).toHaveLength(count);
  });

  it('follows the failure of the provider', () => {
    const failure = failureNamed('rate_limited');
    expect(actionsForError({ ...whole, code: 'provider_failed', failure })[0]).toBe('retry');
  });
});

it('writes all of it down for a report', () => {
  const failure = failureNamed('rate_limited');
  const text = errorDetails({ ...whole, code: 'provider_failed', failure });
  expect(text).toContain('rate_limited, HTTP 429');
  expect(text).toContain('SQLITE_FULL');
});
