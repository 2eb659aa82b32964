import { expect, it } from 'vitest';

import { faultPlace } from './fault';

it('tells the kind and the places of a fault, and none of its words', () => {
  const error = new TypeError('what a person wrote\nat home: https://secret.example:1:2');
  error.stack = `${error.name}: ${error.message}\n    at send (tauri://localhost/app.js:10:5)\nrun@tauri://localhost/app.js:3:1`;
  expect(faultPlace(error)).toBe(
    'TypeError\n    at send (tauri://localhost/app.js:10:5)\nrun@tauri://localhost/app.js:3:1',
  );
});

it('does not repeat what is not even an error', () => {
  expect(faultPlace('what a person wrote')).toBe('a thrown string');
});
