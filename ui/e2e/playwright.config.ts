import { defineConfig } from '@playwright/test';

// Debian's Chromium: Playwright's own browsers cannot be had everywhere. It has no sandbox for root.
export default defineConfig({
  testDir: '.',
  outputDir: '../node_modules/.cache/patchbay-e2e',
  globalSetup: './serve.ts',
  fullyParallel: true,
  workers: 2,
  // No journey waits for the clock, so these only have to outlast a machine that is busy with other things.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1360, height: 860 },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
