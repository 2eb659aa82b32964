import { mount } from 'svelte';

import App from './App.svelte';
import { connect } from './lib/ipc';
import { WindowState } from './lib/state/index.svelte';
import { placeFromAddress } from './lib/state/place';
import { applyTheme } from './lib/theme';

async function start(): Promise<void> {
  const app = new WindowState(await connect());

  // Names and places of faults only: what people and models write never goes into the log.
  addEventListener('error', ({ message, filename, lineno, colno }) =>
    app.application.log('error', `${message} at ${filename}:${lineno}:${colno}`),
  );
  addEventListener('unhandledrejection', ({ reason }) =>
    app.application.log(
      'error',
      reason instanceof Error ? `${reason.name}\n${reason.stack ?? ''}` : 'a rejected promise',
    ),
  );

  // The theme is known before anything is drawn, so that nothing flashes.
  await app.start(placeFromAddress());
  const target = document.getElementById('app');
  if (target) mount(App, { target, props: { app } });
}

applyTheme('system');
void start();
