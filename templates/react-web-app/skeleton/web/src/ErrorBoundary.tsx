import { Component, type ReactNode } from 'react';
import { reportError } from './errors.js';

type Props = { children: ReactNode; supportUrl: string | undefined };

/** Shows what to do next where a part of the page fails to render, and reports it. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown): void {
    reportError('render', error);
  }

  override render(): ReactNode {
    if (!this.state.failed) {
      return this.props.children;
    }
    return (
      <main className="page" role="alert">
        <h1>Something went wrong</h1>
        <p>It has been reported. Loading the page again often helps.</p>
        <p>
          <button type="button" onClick={() => window.location.reload()}>
            Load again
          </button>
        </p>
        {this.props.supportUrl && (
          <p>
            <a href={this.props.supportUrl}>Ask for help</a>
          </p>
        )}
      </main>
    );
  }
}
