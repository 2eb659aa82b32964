import { describe, expect, it } from 'vitest';

import { NEW_RULES } from '../../../lib/state/gateway.svelte';
import { draftOf, formOf, hasLimits, problemFrom, problemsOf, type AppForm } from './draft';

const form = (rest: Partial<AppForm> = {}): AppForm => ({
  ...formOf({ id: null, name: 'Aider', rules: NEW_RULES }),
  ...rest,
});

describe('an app that is typed', () => {
  it('comes back as it was', () => {
    const rules = {
      ...NEW_RULES,
      models: ['everyday'],
      answersWith: 'everyday',
      requestsAMinute: 60,
      requestsAtOnce: 2,
      expiresAt: new Date(2027, 1, 1).getTime(),
      keepsTexts: false,
      holdsBack: true,
      firstTokenMillis: 2_500,
      origins: ['http://localhost:5173', 'https://notes.example'],
    };
    const typed = formOf({ id: 'aider', name: 'Aider', rules });
    expect(typed.expiresOn).toBe('2027-01-31');
    expect(problemsOf(typed)).toEqual({});
    expect(draftOf(typed)).toEqual({ name: 'Aider', rules });
  });

  it('has no limits until one is set', () => {
    expect(draftOf(form())).toEqual({ name: 'Aider', rules: NEW_RULES });
    expect(hasLimits(form({ name: 'Other' }))).toBe(false);
    expect(hasLimits(form({ keepsTexts: false }))).toBe(true);
    expect(hasLimits(form({ requestsAtOnce: '1' }))).toBe(true);
  });

  it.each([
    ['name', { name: '  ' }],
    ['requestsAMinute', { requestsAMinute: '0' }],
    ['requestsAMinute', { requestsAMinute: '1.5' }],
    ['requestsAtOnce', { requestsAtOnce: 'many' }],
    ['expiresOn', { expiresOn: '2027-02-31' }],
    ['expiresOn', { expiresOn: '2027-13-01' }],
    ['expiresOn', { expiresOn: 'soon' }],
    ['firstToken', { firstToken: '0.4' }],
    ['firstToken', { firstToken: '3601' }],
    ['firstToken', { firstToken: 'x' }],
    ['origins', { origins: '*' }],
    ['origins', { origins: 'http://localhost:5173/path' }],
    ['origins', { origins: 'http://a.example\nftp://b.example' }],
  ] as const)('names %s where %o is typed', (field, rest) => {
    expect(Object.keys(problemsOf(form(rest)))).toEqual([field]);
  });

  it('reads a comma as a point, and seconds as milliseconds', () => {
    expect(draftOf(form({ firstToken: '2,5' })).rules.firstTokenMillis).toBe(2_500);
  });

  it('shows a refusal at its field, and above the buttons where it has none', () => {
    const error = (field: string | null) => ({
      code: 'invalid_input' as const,
      message: 'No.',
      advice: 'Yes.',
      field,
      detail: null,
      failure: null,
    });
    expect(problemFrom(error('name'))).toEqual({ name: 'No. Yes.' });
    expect(problemFrom(error('limits'))).toEqual({ requestsAMinute: 'No. Yes.' });
    expect(problemFrom(error('first_token_millis'))).toEqual({ firstToken: 'No. Yes.' });
    expect(problemFrom(error('rules'))).toBeNull();
  });
});
