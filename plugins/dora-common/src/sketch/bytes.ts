/** Writes whole numbers of any sign below 2^53 in few bytes: zigzag, then seven bits a byte, the lowest first. */
export class ByteWriter {
  private bytes = new Uint8Array(1_024);
  private length = 0;

  write(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    if (this.length + 10 > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  /** What was written since the last time. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }
}

/** Reads what a {@link ByteWriter} wrote. */
export class ByteReader {
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.position >= this.bytes.length;
  }

  read(): number {
    let byte = this.bytes[this.position++];
    let rest = byte & 0x7f;
    let scale = 0x80;
    while (byte >= 0x80) {
      byte = this.bytes[this.position++];
      rest += (byte & 0x7f) * scale;
      scale *= 0x80;
    }
    return rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2;
  }
}
