/** Files in a folder that is none: their names are counted, as Rust counts them. */

import type { SavedFile } from '../gen/types';

const written = new Set<string>();

export function savedFile(name: string, text: string): SavedFile {
  const dot = name.lastIndexOf('.');
  let free = name;
  for (let number = 2; written.has(free); number += 1) {
    free = `${name.slice(0, dot)} (${number})${name.slice(dot)}`;
  }
  written.add(free);
  return {
    name: free,
    folder: '/media/you/Downloads',
    bytes: new TextEncoder().encode(text).length,
  };
}
