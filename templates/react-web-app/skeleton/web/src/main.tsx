import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.js';
import { ErrorBoundary } from './ErrorBoundary.js';
import { reportUncaughtErrors } from './errors.js';
import { readRuntimeConfig } from './runtimeConfig.js';
import { reportVitals } from './vitals.js';
import './style.css';

reportUncaughtErrors();
const config = readRuntimeConfig(document);
reportVitals(config);

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary supportUrl={config.supportUrl}>
        <App config={config} />
      </ErrorBoundary>
    </StrictMode>,
  );
}
