/** Which addresses in a model's text may become something to press. */

const ALLOWED = new Set(['https:', 'http:', 'mailto:']);
const LONGEST_ADDRESS = 4096;

/** The address in its normal form, or null: only absolute https, http and mailto addresses pass. */
export function safeAddress(href: string): string | null {
  if (href.length > LONGEST_ADDRESS) return null;
  // The URL parser drops tabs and line ends inside "java\nscript:", so the scheme is judged after it.
  if (!URL.canParse(href)) return null;
  const url = new URL(href);
  if (!ALLOWED.has(url.protocol)) return null;
  // "https://bank.example@elsewhere.example" is only ever meant to be misread.
  if (url.username !== '' || url.password !== '') return null;
  return url.href;
}

/** The host to show for an address, in its ASCII form so that look-alike letters are seen. */
export function addressHost(href: string): string {
  return new URL(href).host;
}
