/** Sends a report without holding anything up, also while the page is being left. What cannot be sent is lost: it is a hint. */
export function send(url: string, report: object): void {
  const body = new Blob([JSON.stringify(report)], { type: 'application/json' });
  if (!navigator.sendBeacon(url, body)) {
    fetch(url, { method: 'POST', body, keepalive: true }).catch(() => undefined);
  }
}
