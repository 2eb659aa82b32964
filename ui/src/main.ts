import { mount } from 'svelte';

import App from './App.svelte';
import { connect } from './lib/ipc';
import { faultPlace } from './lib/state/fault';
import { WindowState } from './lib/state/index.svelte';
import { placeFromAddress } from './lib/state/place';
import { applyTheme } from './lib/theme';

async function start(): Promise<void> {
  const app = new WindowState(await connect());

  addEventListener('error', ({ error, message }) => {
    // Said where sizes settle a frame later than asked; nothing is broken, and nobody threw anything.
    if (message.startsWith('ResizeObserver loop')) return;
    app.application.log('error', faultPlace(error));
  });
  addEventListener('unhandledrejection', ({ reason }) =>
    app.application.log('error', faultPlace(reason)),
  );

  // Theme and font are known before anything is drawn, so that nothing flashes. A font that is not there
  // yet costs more than the wait: the system is asked for a substitute at every size, and all is laid
  // out twice.
  await Promise.all([app.start(placeFromAddress()), loadFont()]);
  const target = document.getElementById('app');
  if (target) mount(App, { target, props: { app } });
}

async function loadFont(): Promise<void> {
  // Words can be read in any font.
  await document.fonts.load('1em "Inter Variable"').catch(() => undefined);
}

applyTheme('system');
void start();
