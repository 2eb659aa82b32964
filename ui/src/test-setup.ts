import fc from 'fast-check';

// Each start draws new cases unless a seed is given, as the project's test command does.
const seed = process.env['PATCHBAY_PROPERTY_SEED'];
if (seed) fc.configureGlobal({ seed: Number(seed) });

/** jsdom has no layout and no animations: the few browser calls that components make are answered here. */
class SilentResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

globalThis.ResizeObserver ??= SilentResizeObserver;
if (!('scrollIntoView' in Element.prototype)) {
  Object.assign(Element.prototype, { scrollIntoView: () => undefined });
}
globalThis.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener() {},
    removeEventListener() {},
    addListener() {},
    removeListener() {},
    dispatchEvent: () => false,
  }) satisfies MediaQueryList;
