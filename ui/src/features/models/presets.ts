/** Finding a preset: by name, by group, or by a key that was pasted. */

import type { PresetView } from '../../lib/ipc/gen/types';
import { hasWords, searchWords } from '../../lib/state/search';

const GROUPS: readonly [group: string, title: string][] = [
  ['maker', 'Makers of models'],
  ['gateway', 'Gateways to many'],
  ['host', 'Hosts'],
  ['cloud', 'Clouds'],
  ['local', 'On this computer'],
  ['compatible', 'Anything else'],
];

export interface PresetGroup {
  title: string;
  presets: readonly PresetView[];
}

/**
 * The presets whose name holds every word, by group and in the order of the file. Where no name does,
 * the address may: half of them are called "openai" somewhere in it.
 */
export function groupPresets(presets: readonly PresetView[], search: string): PresetGroup[] {
  const words = searchWords(search);
  const named = presets.filter(({ name, id }) => hasWords(`${name} ${id}`, words));
  const found =
    named.length > 0 ? named : presets.filter(({ baseUrl }) => hasWords(baseUrl, words));
  const known = new Set(GROUPS.map(([group]) => group));
  const rest = found.filter(({ group }) => !known.has(group));
  return [
    ...GROUPS.map(([group, title]) => ({
      title,
      presets: found.filter((preset) => preset.group === group),
    })),
    { title: 'Others', presets: rest },
  ].filter((group) => group.presets.length > 0);
}

/** Shorter than any key: what somebody types while searching is none. */
const SHORTEST_KEY = 20;
/** How the file of a service account of Google's cloud begins to be told from a key. */
const SERVICE_ACCOUNT = /^\s*\{[\s\S]*"private_key"/;

/** An address, with or without its scheme. */
const ADDRESS = /^[a-z]+:\/\/|^[a-z0-9.-]+\.[a-z]{2,6}([:/]|$)/;

/** Whether this may be a key, which must then not be shown like any text. */
export function looksLikeKey(text: string): boolean {
  if (SERVICE_ACCOUNT.test(text)) return true;
  const key = text.trim();
  return (
    key.length >= SHORTEST_KEY && /^[\x21-\x7e]+$/.test(key) && /\d/.test(key) && !ADDRESS.test(key)
  );
}

/** Whose key this may be: the presets with the longest beginning that fits. Empty where nobody's is. */
export function presetsOfKey(presets: readonly PresetView[], text: string): PresetView[] {
  if (!looksLikeKey(text)) return [];
  if (SERVICE_ACCOUNT.test(text))
    return presets.filter(({ credential }) => credential === 'google');
  const key = text.trim();
  const fits = presets.map(({ keyPrefixes }) =>
    Math.max(0, ...keyPrefixes.map((prefix) => (key.startsWith(prefix) ? prefix.length : 0))),
  );
  const longest = Math.max(0, ...fits);
  return longest === 0 ? [] : presets.filter((_, index) => fits[index] === longest);
}

/**
 * The other provider that a key certainly belongs to. A server of one's own gives out keys of any kind,
 * and so does a provider whose keys are known by nothing: there only a beginning that is another's tells.
 */
export function otherOwner(
  presets: readonly PresetView[],
  preset: PresetView | undefined,
  text: string,
): PresetView | undefined {
  if (!preset || preset.needsKey !== 'always' || preset.baseUrl === '') return undefined;
  const owners = presetsOfKey(presets, text);
  return owners.length === 1 && owners[0]?.id !== preset.id ? owners[0] : undefined;
}

/** An address, where that is what was typed or pasted. */
export function addressIn(search: string): string | null {
  const text = search.trim();
  return /^https?:\/\/[^\s/]/i.test(text) ? text : null;
}

/** Who may be at an address: the preset that is at home there, and those that are at home nowhere. */
export function groupsAt(presets: readonly PresetView[], address: string): PresetGroup[] {
  const host = hostOf(address);
  const anywhere = presets.filter(({ baseUrl }) => baseUrl === '');
  return [
    {
      title: 'At home at this address',
      presets: presets.filter(({ baseUrl }) => baseUrl !== '' && hostOf(baseUrl) === host),
    },
    {
      title: 'Any server at this address',
      presets: [
        ...anywhere.filter(({ group }) => group === 'compatible'),
        ...anywhere.filter(({ group }) => group !== 'compatible'),
      ],
    },
  ].filter((group) => group.presets.length > 0);
}

function hostOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).host : null;
}

/** The options in rows, as they stand on screen: short names by twos, long ones alone. */
export function rowsOf(groups: readonly PresetGroup[]): string[][] {
  return groups.flatMap((group) => {
    const width = isWide(group) ? 1 : 2;
    const ids = group.presets.map(({ id }) => id);
    return Array.from({ length: Math.ceil(ids.length / width) }, (_, row) =>
      ids.slice(row * width, row * width + width),
    );
  });
}

/** Whether its names are too long to stand side by side. */
export function isWide({ presets }: PresetGroup): boolean {
  return presets.some(({ name }) => name.length > 26);
}

/** From the option that is marked to the next, in rows of one or two. */
export function nextOption(
  rows: readonly (readonly string[])[],
  marked: string | null,
  key: string,
): string | null {
  const row = rows.findIndex((each) => marked !== null && each.includes(marked));
  if (row < 0 || marked === null) return rows[0]?.[0] ?? null;
  const column = rows[row]?.indexOf(marked) ?? 0;
  const at = (index: number, wanted: number) => {
    const found = rows[Math.min(Math.max(index, 0), rows.length - 1)];
    return found?.[Math.min(wanted, found.length - 1)] ?? marked;
  };
  switch (key) {
    case 'ArrowDown':
      return at(row + 1, column);
    case 'ArrowUp':
      return at(row - 1, column);
    case 'ArrowRight':
      return at(row, column + 1);
    case 'ArrowLeft':
      return at(row, Math.max(0, column - 1));
    default:
      return marked;
  }
}
