import { mount } from 'svelte';

import App from './App.svelte';
import { connect } from './lib/ipc';
import { faultPlace } from './lib/state/fault';
import { WindowState } from './lib/state/index.svelte';
import { placeFromAddress } from './lib/state/place';
import { applyTheme } from './lib/theme';

async function start(): Promise<void> {
  const app = new WindowState(await connect());

  addEventListener('error', ({ error }) => app.application.log('error', faultPlace(error)));
  addEventListener('unhandledrejection', ({ reason }) =>
    app.application.log('error', faultPlace(reason)),
  );

  // The theme is known before anything is drawn, so that nothing flashes.
  await app.start(placeFromAddress());
  const target = document.getElementById('app');
  if (target) mount(App, { target, props: { app } });
}

applyTheme('system');
void start();
