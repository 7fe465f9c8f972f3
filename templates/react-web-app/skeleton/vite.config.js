import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'web',
  plugins: [react()],
  // The server puts a fresh nonce in its place with every answer (src/site.ts).
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // Everything is a file with its hash in its name; nothing is inlined, the policy would refuse it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Compressed sizes are counted by scripts/budget.mjs.
    reportCompressedSize: false,
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
