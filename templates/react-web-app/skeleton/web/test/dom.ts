import { JSDOM } from 'jsdom';

/** A browser's globals, before anything that looks for them is loaded: import this first. */
const { window } = new JSDOM('<!doctype html><html lang="en"><head><title>Test</title></head><body></body></html>', {
  url: 'http://localhost/',
  pretendToBeVisual: true,
});
const globals: Record<string, unknown> = {
  window,
  document: window.document,
  navigator: window.navigator,
  addEventListener: window.addEventListener.bind(window),
  removeEventListener: window.removeEventListener.bind(window),
  IS_REACT_ACT_ENVIRONMENT: true,
};
for (const name of Object.getOwnPropertyNames(window)) {
  if (!(name in globalThis)) {
    globals[name] = window[name as keyof typeof window];
  }
}
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

export type Sent = { url: string; body: Blob };

/** What the page sends from here on, instead of sending it. */
export function catchBeacons(): Sent[] {
  const sent: Sent[] = [];
  Object.defineProperty(window.navigator, 'sendBeacon', {
    configurable: true,
    value: (url: string, body: Blob) => sent.push({ url, body }) > 0,
  });
  return sent;
}
