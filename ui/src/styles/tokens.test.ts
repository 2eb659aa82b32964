import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

const source = readFileSync('src/styles/tokens.css', 'utf8');

type Scheme = 'light' | 'dark';

function colours(block: string): Record<Scheme, Map<string, string>> {
  const light = new Map<string, string>();
  const dark = new Map<string, string>();
  for (const [, name, lightValue, darkValue] of block.matchAll(
    /(--[\w-]+):\s*light-dark\((#\w{6}), (#\w{6})\)/g,
  )) {
    if (!name || !lightValue || !darkValue) continue;
    light.set(name, lightValue);
    dark.set(name, darkValue);
  }
  return { light, dark };
}

const [normalBlock = '', contrastBlock = ''] = source.split(":root[data-contrast='more'] {");
const normal = colours(normalBlock);
const more = colours(contrastBlock);
const themes = (['light', 'dark'] as const).flatMap((scheme) => [
  { theme: scheme, values: normal[scheme], contrast: 4.5 },
  {
    theme: `${scheme}, high contrast`,
    values: new Map([...normal[scheme], ...more[scheme]]),
    contrast: 7,
  },
]);

/** Relative luminance as WCAG 2 defines it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(values: Map<string, string>, ink: string, ground: string): number {
  const [a, b] = [ink, ground].map((name) => {
    const value = values.get(name);
    if (!value) throw new Error(`${name} is not in tokens.css`);
    return luminance(value);
  });
  const [dark = 0, light = 0] = [a ?? 0, b ?? 0].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(themes)('contrast, $theme', ({ values, contrast: wanted }) => {
  const inks = ['--ink', '--ink-2', '--ink-3'];
  const grounds = ['--ground', '--panel', '--sunk', '--raised', '--hover'];
  it.each(inks.flatMap((ink) => grounds.map((ground) => [ink, ground] as const)))(
    'of %s on %s is enough to read',
    (ink, ground) => {
      expect(contrast(values, ink, ground)).toBeGreaterThanOrEqual(wanted);
    },
  );

  const coloured = ['--accent-ink', '--good-ink', '--warn-ink', '--bad-ink'];
  it.each(
    coloured.flatMap((ink) => ['--ground', '--panel', '--sunk'].map((ground) => [ink, ground])),
  )('of %s on %s is enough to read', (ink, ground) => {
    expect(contrast(values, ink, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ['--on-accent', '--accent-fill'],
    ['--on-accent', '--accent-fill-hover'],
    ['--on-bad', '--bad-fill'],
    ['--bad-ink', '--bad-ground'],
    ['--warn-ink', '--warn-ground'],
    ['--ink-2', '--bad-ground'],
    ['--ink-2', '--warn-ground'],
    ['--ink', '--selection'],
  ])('of %s on %s is enough to read', (ink, ground) => {
    expect(contrast(values, ink, ground)).toBeGreaterThanOrEqual(4.5);
  });

  const code = [...values.keys()].filter((name) => name.startsWith('--code-'));
  it.each(code)('of %s on the ground of code is enough to read', (ink) => {
    expect(contrast(values, ink, '--sunk')).toBeGreaterThanOrEqual(4.5);
  });

  it('shows where the focus is', () => {
    for (const ground of grounds) {
      expect(contrast(values, '--focus', ground)).toBeGreaterThanOrEqual(3);
    }
  });
});

it('gives high contrast every colour of the cables', () => {
  for (const name of normal.light.keys()) {
    if (name.startsWith('--cable-')) expect(more.light.has(name)).toBe(true);
  }
});
