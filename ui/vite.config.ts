import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: {
    // The oldest engines that have `light-dark()`, which tokens.css is built on.
    target: ['chrome123', 'safari17.5'],
    // The content security policy allows no data: fonts and no inline workers.
    assetsInlineLimit: 0,
    // The bundle is read from the app itself, so a large chunk costs no download.
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es' },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['./src/test-setup.ts'],
    restoreMocks: true,
  },
});
