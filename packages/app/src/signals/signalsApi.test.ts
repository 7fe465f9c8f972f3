import { createSignalClient } from './signalsApi';

/** A connection that opens, is refused or ends when the test says so. */
class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static made: FakeSocket[] = [];
  /** Whether connections open as soon as they are made. */
  static opensAtOnce = false;
  readyState = FakeSocket.CONNECTING;
  sent: string[] = [];
  onmessage?: (event: { data: string }) => void;
  onclose?: (event: { code: number }) => void;
  constructor() {
    FakeSocket.made.push(this);
    if (FakeSocket.opensAtOnce) {
      this.open();
    }
  }
  open() {
    this.readyState = FakeSocket.OPEN;
  }
  /** The other side ends it, or does not take it up. */
  end(code: number) {
    this.readyState = FakeSocket.CLOSED;
    this.onclose?.({ code });
  }
  send(text: string) {
    this.sent.push(text);
  }
  close(code = 1005) {
    if (this.readyState !== FakeSocket.CLOSED) {
      this.end(code);
    }
  }
  tell(channel: string, message: object) {
    this.onmessage?.({ data: JSON.stringify({ channel, message }) });
  }
  /** What was asked for, each once. */
  get asked() {
    return [
      ...new Set(
        this.sent
          .map(text => JSON.parse(text))
          .map(({ action, channel }) => `${action} ${channel}`),
      ),
    ].sort();
  }
}

function client() {
  return createSignalClient({
    identity: { getCredentials: async () => ({ token: 'of-ines' }) } as never,
    discoveryApi: { getBaseUrl: async () => 'http://portal/api/signals' },
  });
}

describe('signals', () => {
  const { WebSocket } = globalThis;

  beforeEach(() => {
    jest.useFakeTimers();
    FakeSocket.made = [];
    FakeSocket.opensAtOnce = false;
    Object.assign(globalThis, { WebSocket: FakeSocket });
  });

  afterEach(() => {
    jest.useRealTimers();
    Object.assign(globalThis, { WebSocket });
  });

  it('waits for a connection that takes its time, and is told what comes then', async () => {
    const told = jest.fn();
    client().subscribe('oncall:pages', told);

    await jest.advanceTimersByTimeAsync(12_000);
    expect(FakeSocket.made).toHaveLength(1);
    const [socket] = FakeSocket.made;
    expect(socket.readyState).toBe(FakeSocket.CONNECTING);

    socket.open();
    await jest.advanceTimersByTimeAsync(200);
    expect(socket.sent.map(text => JSON.parse(text))).toEqual([
      { action: 'subscribe', channel: 'oncall:pages' },
    ]);
    socket.tell('oncall:pages', { at: 1 });
    expect(told).toHaveBeenCalledWith({ at: 1 });
    expect(FakeSocket.made).toHaveLength(1);
  });

  it('does not wait for a connection that was refused', async () => {
    const told = jest.fn();
    client().subscribe('oncall:pages', told);

    // As often as it is refused: while the portal starts again.
    for (const times of [1, 2, 3]) {
      await jest.advanceTimersByTimeAsync(times === 1 ? 50 : 5_400);
      expect(FakeSocket.made).toHaveLength(times);
      FakeSocket.made[times - 1].end(1006);
    }
    FakeSocket.opensAtOnce = true;
    await jest.advanceTimersByTimeAsync(5_400);
    expect(FakeSocket.made).toHaveLength(4);
    expect(FakeSocket.made[3].asked).toEqual(['subscribe oncall:pages']);
    FakeSocket.made[3].tell('oncall:pages', { at: 2 });
    expect(told).toHaveBeenCalledWith({ at: 2 });
  });

  it('keeps its connection for who comes back after the last one left while it was made', async () => {
    const signals = client();
    const left = jest.fn();
    const told = jest.fn();
    const first = signals.subscribe('oncall:pages', left);
    await jest.advanceTimersByTimeAsync(300);
    first.unsubscribe();
    FakeSocket.opensAtOnce = true;
    FakeSocket.made[0].open();
    await jest.advanceTimersByTimeAsync(300);
    signals.subscribe('oncall:pages', told);

    await jest.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made.map(({ readyState }) => readyState)).toEqual([
      FakeSocket.OPEN,
    ]);
    expect(FakeSocket.made[0].asked).toEqual(['subscribe oncall:pages']);
    FakeSocket.made[0].tell('oncall:pages', { at: 3 });
    expect(told.mock.calls).toEqual([[{ at: 3 }]]);
    expect(left).not.toHaveBeenCalled();
  });

  it('makes one connection for all who subscribe in one tick', async () => {
    FakeSocket.opensAtOnce = true;
    const signals = client();
    const told = [jest.fn(), jest.fn(), jest.fn()];
    signals.subscribe('oncall:pages', told[0]);
    signals.subscribe('oncall:pages', told[1]);
    signals.subscribe('notifications', told[2]);

    await jest.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made).toHaveLength(1);
    const [socket] = FakeSocket.made;
    expect(socket.asked).toEqual([
      'subscribe notifications',
      'subscribe oncall:pages',
    ]);
    socket.tell('oncall:pages', { at: 4 });
    socket.tell('notifications', { unread: 1 });
    expect(told.map(({ mock }) => mock.calls)).toEqual([
      [[{ at: 4 }]],
      [[{ at: 4 }]],
      [[{ unread: 1 }]],
    ]);
  });

  it('makes one connection when somebody subscribes while it waits to connect again', async () => {
    const signals = client();
    signals.subscribe('oncall:pages', jest.fn());
    await jest.advanceTimersByTimeAsync(50);
    FakeSocket.made[0].end(1006);
    FakeSocket.opensAtOnce = true;
    await jest.advanceTimersByTimeAsync(2_000);
    signals.subscribe('notifications', jest.fn());

    await jest.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made.map(({ readyState }) => readyState)).toEqual([
      FakeSocket.CLOSED,
      FakeSocket.OPEN,
    ]);
    expect(FakeSocket.made[1].asked).toEqual([
      'subscribe notifications',
      'subscribe oncall:pages',
    ]);
  });

  it.each([
    [1000, 'normal'],
    [1001, 'going away'],
    [1006, 'lost'],
    [1012, 'restarting'],
  ])('connects again after a connection ends with %d, %s', async code => {
    FakeSocket.opensAtOnce = true;
    client().subscribe('oncall:pages', jest.fn());
    await jest.advanceTimersByTimeAsync(200);
    FakeSocket.made[0].end(code);

    await jest.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made.map(({ readyState }) => readyState)).toEqual([
      FakeSocket.CLOSED,
      FakeSocket.OPEN,
    ]);
    expect(FakeSocket.made[1].asked).toEqual(['subscribe oncall:pages']);
  });
});
