/**
 * Builds the window with the in-memory backend and serves it on a free port for as long as the journeys
 * take. A build, not the dev server: it is what ships but for the backend, and pages open at once.
 */

import { fileURLToPath } from 'node:url';

import { build, preview } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const outDir = fileURLToPath(new URL('../node_modules/.cache/patchbay-mock', import.meta.url));

export default async function serve(): Promise<() => Promise<void>> {
  const common = { root, mode: 'mock', logLevel: 'warn' as const };
  await build({ ...common, build: { outDir, emptyOutDir: true } });
  const server = await preview({
    ...common,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0, strictPort: false },
  });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error('the mock server has no address');
  process.env['PATCHBAY_MOCK'] = address;
  return () => server.close();
}
