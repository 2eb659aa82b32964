/** Servers that were found on this computer, in words and as drafts. */

import { formatCount } from '../../lib/format';
import type { LocalServerView, PresetView } from '../../lib/ipc/gen/types';
import { fieldsFor, type ProviderFields } from './draft';

/** "7 models · 127.0.0.1:11434" */
export function modelsAt({ modelCount, baseUrl }: LocalServerView): string {
  const models = `${formatCount(modelCount)} ${modelCount === 1 ? 'model' : 'models'}`;
  return `${models} · ${URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl}`;
}

/** The form for such a server. Where it is where its preset says, the address is left to the preset. */
export function fieldsForServer(
  server: LocalServerView,
  preset: PresetView,
  keyForSessionOnly: boolean,
): ProviderFields {
  return {
    ...fieldsFor(preset, keyForSessionOnly),
    name: server.name,
    baseUrl: server.baseUrl === preset.baseUrl ? '' : server.baseUrl,
  };
}
