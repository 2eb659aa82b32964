import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
    preprocess: vitePreprocess(),
    compilerOptions: {
        // Old syntax (export let, $:) is refused, so the code base has one way of writing state.
        runes: true,
    },
};
