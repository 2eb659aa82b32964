import { defineConfig, globalIgnores } from 'eslint/config';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import typescript from 'typescript-eslint';

import svelteConfig from './svelte.config.js';

const HTML_SINKS = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTMLUnsafe', 'srcdoc'];
const NO_HTML = 'Model output is untrusted: build nodes or components, never a string of HTML.';

export default defineConfig(
    globalIgnores(['dist', 'coverage', 'test-results', 'src/lib/ipc/gen']),
    typescript.configs.recommendedTypeChecked,
    svelte.configs.recommended,
    {
        languageOptions: {
            globals: { ...globals.browser },
            parserOptions: {
                projectService: { allowDefaultProject: ['*.js'] },
                extraFileExtensions: ['.svelte'],
                tsconfigRootDir: import.meta.dirname,
            },
        },
        linterOptions: { reportUnusedDisableDirectives: 'error' },
        rules: {
            eqeqeq: 'error',
            'no-console': 'error',
            'no-eval': 'error',
            'no-implied-eval': 'off',
            'no-new-func': 'error',
            'no-restricted-properties': [
                'error',
                ...HTML_SINKS.map((property) => ({ property, message: NO_HTML })),
                { object: 'document', property: 'write', message: NO_HTML },
            ],
            'no-restricted-imports': [
                'error',
                {
                    patterns: [
                        {
                            group: ['@tauri-apps/*'],
                            message: 'Only src/lib/ipc talks to the shell.',
                        },
                        {
                            group: ['svelte/legacy', 'svelte/store'],
                            message: 'State is written in runes.',
                        },
                    ],
                },
            ],
            '@typescript-eslint/consistent-type-imports': 'error',
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
            '@typescript-eslint/switch-exhaustiveness-check': [
                'error',
                { considerDefaultExhaustiveForUnions: true },
            ],
            'svelte/no-at-html-tags': 'error',
            'svelte/no-at-debug-tags': 'error',
            'svelte/button-has-type': 'error',
            'svelte/no-target-blank': 'error',
        },
    },
    {
        files: ['**/*.svelte', '**/*.svelte.ts'],
        languageOptions: { parserOptions: { parser: typescript.parser, svelteConfig } },
    },
    {
        files: ['**/*.svelte'],
        rules: {
            'no-restricted-syntax': [
                'error',
                {
                    selector: 'SvelteAttribute[key.name="style"]',
                    message:
                        'The content security policy refuses style attributes: use a class or the style: directive.',
                },
                {
                    selector:
                        'SvelteDirective[kind="Binding"][key.name.name=/^(innerHTML|outerHTML)$/]',
                    message: NO_HTML,
                },
            ],
        },
    },
    { files: ['src/lib/ipc/**'], rules: { 'no-restricted-imports': 'off' } },
    {
        files: ['bench/**', 'tests/**', 'e2e/**', '*.config.{js,ts}'],
        languageOptions: { globals: { ...globals.node } },
        rules: { 'no-console': 'off' },
    },
    { files: ['**/*.js'], extends: [typescript.configs.disableTypeChecked] },
);
