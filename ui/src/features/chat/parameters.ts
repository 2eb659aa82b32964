/** How to sample, between the fields of the form and the contract. */

import type { ParametersView, ReasoningEffort } from '../../lib/ipc/gen/types';

export interface ParameterFields {
  temperature: string;
  topP: string;
  seed: string;
  maxTokens: string;
  stop: string;
  /** Empty where it is left to the model. */
  reasoningEffort: ReasoningEffort | '';
}

export const EFFORTS: readonly { value: ReasoningEffort | ''; label: string }[] = [
  { value: '', label: 'Default' },
  { value: 'none', label: 'None' },
  { value: 'minimal', label: 'Minimal' },
  { value: 'low', label: 'Low' },
  { value: 'medium', label: 'Medium' },
  { value: 'high', label: 'High' },
  { value: 'max', label: 'Max' },
];

export type FieldErrors = Partial<Record<keyof ParameterFields, string>>;

const MOST_STOPS = 4;

export function fieldsOf(parameters: ParametersView): ParameterFields {
  const words = (value: number | null) => (value === null ? '' : String(value));
  return {
    temperature: words(parameters.temperature),
    topP: words(parameters.topP),
    seed: words(parameters.seed),
    maxTokens: words(parameters.maxTokens),
    stop: parameters.stop.map(escapeBreaks).join('\n'),
    reasoningEffort: parameters.reasoningEffort ?? '',
  };
}

/** The parameters that were typed, or what is wrong with them, by field. */
export function readFields(
  fields: ParameterFields,
): { parameters: ParametersView; errors: null } | { parameters: null; errors: FieldErrors } {
  const errors: FieldErrors = {};
  const number = (
    name: keyof ParameterFields,
    isAllowed: (value: number) => boolean,
    advice: string,
  ): number | null => {
    const typed = fields[name].trim().replace(',', '.');
    if (typed === '') return null;
    const value = Number(typed);
    if (Number.isFinite(value) && isAllowed(value)) return value;
    errors[name] = advice;
    return null;
  };
  const parameters: ParametersView = {
    temperature: number(
      'temperature',
      (value) => value >= 0 && value <= 2,
      'A number from 0 to 2.',
    ),
    topP: number('topP', (value) => value > 0 && value <= 1, 'A number above 0, at most 1.'),
    seed: number(
      'seed',
      (value) => Number.isSafeInteger(value) && value >= 0,
      'A whole number from 0 on.',
    ),
    maxTokens: number(
      'maxTokens',
      (value) => Number.isSafeInteger(value) && value >= 1,
      'A whole number from 1 on.',
    ),
    stop: fields.stop
      .split('\n')
      .filter((line) => line !== '')
      .map(readBreaks),
    reasoningEffort: fields.reasoningEffort === '' ? null : fields.reasoningEffort,
  };
  if (parameters.stop.length > MOST_STOPS) errors.stop = 'At most four, one on each line.';
  return Object.keys(errors).length > 0
    ? { parameters: null, errors }
    : { parameters, errors: null };
}

/** A stop text may hold a line break, which is written "\n" where each line is one text. */
function escapeBreaks(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function readBreaks(line: string): string {
  return line.replace(/\\(\\|n)/g, (_, mark: string) => (mark === 'n' ? '\n' : '\\'));
}

function effortWords(effort: ReasoningEffort): string {
  return effort === 'none' ? 'no thinking' : `think ${effort}`;
}

/** What differs from the model's own way, in few words: "temp 0.7 · top-p 0.9". */
export function parametersSummary(parameters: ParametersView): string {
  const parts = [
    parameters.temperature === null ? '' : `temp ${parameters.temperature}`,
    parameters.topP === null ? '' : `top-p ${parameters.topP}`,
    parameters.seed === null ? '' : `seed ${parameters.seed}`,
    parameters.maxTokens === null ? '' : `max ${parameters.maxTokens}`,
    parameters.stop.length === 0 ? '' : `${parameters.stop.length} stop`,
    parameters.reasoningEffort === null ? '' : effortWords(parameters.reasoningEffort),
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'Parameters' : parts.join(' · ');
}
