import { createSignalClient } from './signalsApi';

/** A connection that opens when the test says so. */
class SlowSocket {
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static made: SlowSocket[] = [];
  readyState = 0;
  sent: string[] = [];
  onmessage?: (event: { data: string }) => void;
  constructor() {
    SlowSocket.made.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.readyState = SlowSocket.CLOSED;
  }
}

describe('signals', () => {
  const { WebSocket } = globalThis;

  beforeEach(() => {
    jest.useFakeTimers();
    SlowSocket.made = [];
    Object.assign(globalThis, { WebSocket: SlowSocket });
  });

  afterEach(() => {
    jest.useRealTimers();
    Object.assign(globalThis, { WebSocket });
  });

  it('waits for a connection that takes its time, and is told what comes then', async () => {
    const told = jest.fn();
    createSignalClient({
      identity: { getCredentials: async () => ({ token: 'of-ines' }) } as never,
      discoveryApi: { getBaseUrl: async () => 'http://portal/api/signals' },
    }).subscribe('oncall:pages', told);

    await jest.advanceTimersByTimeAsync(12_000);
    expect(SlowSocket.made).toHaveLength(1);
    const [socket] = SlowSocket.made;
    expect(socket.readyState).toBe(0);

    socket.readyState = SlowSocket.OPEN;
    await jest.advanceTimersByTimeAsync(200);
    expect(socket.sent.map(text => JSON.parse(text))).toEqual([
      { action: 'subscribe', channel: 'oncall:pages' },
    ]);
    socket.onmessage?.({
      data: JSON.stringify({ channel: 'oncall:pages', message: { at: 1 } }),
    });
    expect(told).toHaveBeenCalledWith({ at: 1 });
    expect(SlowSocket.made).toHaveLength(1);
  });
});
