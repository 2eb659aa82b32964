/** An app as it is typed, and what cannot be read of it. */

import { isoDay } from '../../../lib/format';
import type { AppDraft, AppRulesView, IpcError } from '../../../lib/ipc/gen/types';
import { NEW_RULES, type EditedApp } from '../../../lib/state/gateway.svelte';

export interface AppForm {
  name: string;
  models: string[];
  answersWith: string | null;
  requestsAMinute: string;
  requestsAtOnce: string;
  /** A date such as 2027-01-31; the app is refused from the end of that day. */
  expiresOn: string;
  keepsTexts: boolean;
  holdsBack: boolean;
  /** Seconds. */
  firstToken: string;
  /** One origin a line. */
  origins: string;
}

export type AppField =
  'name' | 'models' | 'requestsAMinute' | 'requestsAtOnce' | 'expiresOn' | 'firstToken' | 'origins';
export type AppProblems = Partial<Record<AppField, string>>;

export function formOf({ name, rules }: EditedApp): AppForm {
  return {
    name,
    models: [...rules.models],
    answersWith: rules.answersWith,
    requestsAMinute: written(rules.requestsAMinute),
    requestsAtOnce: written(rules.requestsAtOnce),
    expiresOn: rules.expiresAt === null ? '' : dateOf(rules.expiresAt),
    keepsTexts: rules.keepsTexts,
    holdsBack: rules.holdsBack,
    firstToken: rules.firstTokenMillis === null ? '' : String(rules.firstTokenMillis / 1_000),
    origins: rules.origins.join('\n'),
  };
}

/** What is typed, once nothing is wrong with it. */
export function draftOf(form: AppForm): AppDraft {
  const seconds = secondsOf(form.firstToken);
  const rules: AppRulesView = {
    models: form.models,
    answersWith: form.answersWith,
    requestsAMinute: numberOf(form.requestsAMinute),
    requestsAtOnce: numberOf(form.requestsAtOnce),
    expiresAt: endOfDay(form.expiresOn),
    keepsTexts: form.keepsTexts,
    holdsBack: form.holdsBack,
    firstTokenMillis: seconds === null ? null : Math.round(seconds * 1_000),
    origins: linesOf(form.origins),
  };
  return { name: form.name.trim(), rules };
}

/** In the order of the form, so that the first can be led to. */
export function problemsOf(form: AppForm): AppProblems {
  const problems: AppProblems = {};
  if (form.name.trim() === '') problems.name = 'Call it after the program that asks.';
  for (const field of ['requestsAMinute', 'requestsAtOnce'] as const) {
    if (!isLimit(form[field])) problems[field] = 'A whole number, or nothing for no limit.';
  }
  const typed = form.expiresOn.trim();
  if (typed !== '' && endOfDay(typed) === null) {
    problems.expiresOn = 'A date such as 2027-01-31, or nothing.';
  }
  const seconds = secondsOf(form.firstToken);
  if (Number.isNaN(seconds) || (seconds !== null && (seconds < 0.5 || seconds > 3_600))) {
    problems.firstToken = 'Seconds from 0.5 to 3600, or nothing.';
  }
  const wrong = linesOf(form.origins).find((line) => !/^https?:\/\/[A-Za-z0-9.:[\]-]+$/.test(line));
  if (wrong !== undefined) {
    problems.origins = `“${wrong}” is no origin. One a line, such as http://localhost:5173.`;
  }
  return problems;
}

/** A refusal at its field; `null` where it is about none of them. */
export function problemFrom({ field, message, advice }: IpcError): AppProblems | null {
  const words = `${message} ${advice}`.trim();
  switch (field) {
    case 'name':
    case 'models':
    case 'origins':
      return { [field]: words };
    case 'limits':
      return { requestsAMinute: words };
    case 'first_token_millis':
      return { firstToken: words };
    default:
      return null;
  }
}

export function isSameForm(left: AppForm, right: AppForm): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Where nothing but a name is set, few need to see more. */
export function hasLimits(form: AppForm): boolean {
  return !isSameForm(form, formOf({ id: null, name: form.name, rules: NEW_RULES }));
}

const written = (value: number | null) => (value === null ? '' : String(value));
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function isLimit(typed: string): boolean {
  const text = typed.trim();
  return text === '' || (/^\d{1,9}$/.test(text) && Number(text) > 0);
}

function numberOf(typed: string): number | null {
  const text = typed.trim();
  return text === '' ? null : Number(text);
}

/** `null` where nothing is typed, NaN where it is no number. */
function secondsOf(typed: string): number | null {
  const text = typed.trim().replace(',', '.');
  if (text === '') return null;
  return /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
}

/** The midnight that ends the day at this computer; `null` where it is no day. */
function endOfDay(day: string): number | null {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day.trim()) ?? [];
  if (year === undefined) return null;
  const [y, m, d] = [Number(year), Number(month), Number(date)];
  const isReal = new Date(y, m - 1, d).getDate() === d && m >= 1 && m <= 12;
  return isReal ? new Date(y, m - 1, d + 1).getTime() : null;
}

/** The last day on which it is still taken. */
function dateOf(expiresAt: number): string {
  return isoDay(new Date(expiresAt - 1));
}
