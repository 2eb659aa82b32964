import { describe, expect, it } from 'vitest';

import { PRESETS, presetNamed } from '../../lib/ipc/fake/presets';
import type { PresetView } from '../../lib/ipc/gen/types';
import {
  addressIn,
  groupPresets,
  groupsAt,
  looksLikeKey,
  nextOption,
  otherOwner,
  presetsOfKey,
  rowsOf,
} from './presets';

const idsOf = (presets: readonly PresetView[]) => presets.map(({ id }) => id);
const found = (search: string) =>
  groupPresets(PRESETS, search).flatMap(({ presets }) => idsOf(presets));
const LONG = '0123456789abcdef0123456789abcdef';

describe('the search', () => {
  it('shows everything in its group, the groups in one order, where nothing is typed', () => {
    const groups = groupPresets(PRESETS, '  ');
    expect(groups.map(({ title }) => title)).toEqual([
      'Makers of models',
      'Gateways to many',
      'Hosts',
      'Clouds',
      'On this computer',
      'Anything else',
    ]);
    expect(groups.flatMap(({ presets }) => presets)).toHaveLength(PRESETS.length);
  });

  it('finds by parts of names in any order and case', () => {
    expect(found('VERTEX goo')).toEqual(['vertex']);
    expect(found('studio')).toEqual(['google', 'lm_studio']);
  });

  it('looks at addresses only where no name fits', () => {
    expect(found('openai')).not.toContain('groq');
    expect(found('googleapis')).toEqual(['google', 'vertex']);
    expect(found('nobody')).toEqual([]);
  });

  it('keeps a preset of a group that it does not know', () => {
    const odd = { ...(PRESETS[0] as PresetView), id: 'odd', group: 'new kind' };
    expect(groupPresets([odd], '')).toEqual([{ title: 'Others', presets: [odd] }]);
  });
});

describe('what was pasted', () => {
  it.each([
    [`sk-proj-${LONG}`, true],
    [`  ${LONG}\n`, true],
    ['sk-proj-0', false],
    ['a sentence that is long enough, with 1 digit', false],
    ['https://llm.example/v1?version=2026-07', false],
    ['bedrock-runtime.us-east-1.amazonaws.com', false],
    ['any-openai-compatible-address', false],
    ['{"type":"service_account","private_key":"-----BEGIN"}', true],
    ['{"type":"something else entirely 12345"}', false],
  ])('%j may be a key: %s', (text, isKey) => {
    expect(looksLikeKey(text)).toBe(isKey);
  });

  it('belongs to the preset with the longest beginning that fits', () => {
    expect(idsOf(presetsOfKey(PRESETS, `sk-ant-${LONG}`))).toEqual(['anthropic']);
    expect(idsOf(presetsOfKey(PRESETS, `sk-or-v1-${LONG}`))).toEqual(['openrouter']);
    expect(idsOf(presetsOfKey(PRESETS, ` gsk_${LONG} `))).toEqual(['groq']);
  });

  it('may belong to several, or to nobody that is known', () => {
    expect(idsOf(presetsOfKey(PRESETS, `sk-${LONG}`))).toEqual(['openai', 'deepseek']);
    expect(presetsOfKey(PRESETS, LONG)).toEqual([]);
    expect(presetsOfKey(PRESETS, 'sk-ant-')).toEqual([]);
  });

  it('is for Google’s cloud where it is the file of a service account', () => {
    const file = '{\n  "type": "service_account",\n  "private_key": "-----BEGIN"\n}';
    expect(idsOf(presetsOfKey(PRESETS, file))).toEqual(['vertex']);
  });

  it('is an address only with its scheme and a host', () => {
    expect(addressIn(' http://127.0.0.1:4000/v1 ')).toBe('http://127.0.0.1:4000/v1');
    for (const text of ['https://', 'openai', 'ftp://host', 'see https://host']) {
      expect(addressIn(text)).toBeNull();
    }
  });
});

describe('a key in the form of another provider', () => {
  const owner = (presetId: string, key: string) =>
    otherOwner(PRESETS, presetNamed(presetId), key)?.id;

  it('is told where its beginning is certainly another’s', () => {
    expect(owner('openai', `sk-ant-${LONG}`)).toBe('anthropic');
    expect(owner('mistral', `gsk_${LONG}`)).toBe('groq');
  });

  it('is not told where it may well belong', () => {
    expect(owner('anthropic', `sk-ant-${LONG}`)).toBeUndefined();
    expect(owner('deepseek', `sk-${LONG}`)).toBeUndefined();
    expect(owner('mistral', LONG)).toBeUndefined();
    expect(owner('openai', 'sk-ant-')).toBeUndefined();
  });

  it('is nobody’s business at a server of one’s own', () => {
    expect(owner('litellm', `sk-ant-${LONG}`)).toBeUndefined();
    expect(owner('openai_compatible', `gsk_${LONG}`)).toBeUndefined();
    expect(otherOwner(PRESETS, undefined, `gsk_${LONG}`)).toBeUndefined();
  });
});

describe('an address', () => {
  it('leads to who is at home there, and then to those that can be anywhere', () => {
    const groups = groupsAt(PRESETS, 'https://api.groq.com/openai');
    expect(groups.map(({ presets }) => idsOf(presets))).toEqual([
      ['groq'],
      ['openai_compatible', 'responses_compatible', 'anthropic_compatible', 'litellm'],
    ]);
    expect(groupsAt(PRESETS, 'https://llm.example')).toHaveLength(1);
  });
});

describe('the mark', () => {
  const rows = [['a', 'b'], ['c'], ['d', 'e']];

  it.each([
    [null, 'ArrowDown', 'a'],
    [null, 'ArrowUp', 'a'],
    ['gone', 'ArrowDown', 'a'],
    ['a', 'ArrowRight', 'b'],
    ['b', 'ArrowRight', 'b'],
    ['b', 'ArrowLeft', 'a'],
    ['a', 'ArrowLeft', 'a'],
    ['b', 'ArrowDown', 'c'],
    ['c', 'ArrowDown', 'd'],
    ['e', 'ArrowDown', 'e'],
    ['e', 'ArrowUp', 'c'],
    ['a', 'ArrowUp', 'a'],
    ['a', 'Home', 'a'],
  ])('on %s goes with %s to %s', (marked, key, next) => {
    expect(nextOption(rows, marked, key)).toBe(next);
  });

  it('has nowhere to go in an empty list', () => {
    expect(nextOption([], null, 'ArrowDown')).toBeNull();
  });

  it('moves over the rows that are on screen: long names stand alone', () => {
    expect(rowsOf(groupPresets(PRESETS, 'any'))).toEqual([
      ['openai_compatible'],
      ['responses_compatible'],
      ['anthropic_compatible'],
    ]);
    expect(rowsOf(groupPresets(PRESETS, 'ai'))[0]).toHaveLength(2);
  });
});
