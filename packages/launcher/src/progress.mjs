// @ts-check
import { Interrupted } from './interrupted.mjs';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Steps shorter than this are not worth a line. */
const WORTH_A_LINE_MS = 400;

/** Where there is no terminal to animate, a long step says at this interval that it is alive. */
const HEARTBEAT_MS = 20_000;

/**
 * @typedef {object} Step
 * @property {(detail: string) => void} detail what the step is doing right now, shown beside its name on a terminal
 */

/**
 * @typedef {object} Output
 * @property {boolean} [isTTY]
 * @property {number} [columns]
 * @property {(text: string) => unknown} write
 */

/**
 * Seconds with one decimal under a minute, minutes and seconds above.
 *
 * @param {number} milliseconds
 * @returns {string}
 */
export function formatElapsed(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * Shows long steps: a spinner with elapsed time on a terminal, plain lines elsewhere. Steps run one after another.
 */
export class Progress {
  /** @type {Output} */
  #output;
  #clear = '';

  /** @param {Output} [output] */
  constructor(output = process.stdout) {
    this.#output = output;
  }

  /**
   * Runs one step and shows it when it takes long enough to be noticed, or when it fails.
   *
   * @template T
   * @param {string} name
   * @param {(step: Step) => Promise<T>} work
   * @param {{ always?: boolean }} [options] `always` gives even a quick step its line
   * @returns {Promise<T>}
   */
  async step(name, work, options = {}) {
    const started = Date.now();
    const elapsed = () => Date.now() - started;
    let detail = '';
    const stopShowing = this.#output.isTTY
      ? this.#spin(name, elapsed, () => detail)
      : this.#announce(name, elapsed);
    try {
      const result = await work({
        detail: text => {
          detail = text;
        },
      });
      const announced = stopShowing();
      if (announced || options.always || elapsed() >= WORTH_A_LINE_MS) {
        this.line(
          this.#output.isTTY
            ? `✔ ${name}  ${formatElapsed(elapsed())}`
            : `${name}: done in ${formatElapsed(elapsed())}`,
        );
      }
      return result;
    } catch (error) {
      stopShowing();
      if (error instanceof Interrupted) {
        throw error;
      }
      this.line(
        this.#output.isTTY
          ? `✖ ${name}  ${formatElapsed(elapsed())}`
          : `${name}: failed after ${formatElapsed(elapsed())}`,
      );
      throw error;
    }
  }

  /**
   * Prints one line, over whatever is being animated.
   *
   * @param {string} text
   */
  line(text) {
    this.#output.write(`${this.#clear}${text}\n`);
  }

  /**
   * @param {string} name
   * @param {() => number} elapsed
   * @param {() => string} detail
   */
  #spin(name, elapsed, detail) {
    this.#clear = '\r\u001b[2K';
    let frame = 0;
    const draw = () => {
      const width = (this.#output.columns ?? 80) - 1;
      const now = formatElapsed(elapsed());
      const tail = detail() ? `  ${detail()}` : '';
      const text = `${FRAMES[frame % FRAMES.length]} ${name}  ${now}${tail}`;
      frame += 1;
      this.#output.write(`${this.#clear}${text.slice(0, width)}`);
    };
    const timer = setInterval(draw, 100);
    return () => {
      clearInterval(timer);
      this.#output.write(this.#clear);
      this.#clear = '';
      return false;
    };
  }

  /**
   * @param {string} name
   * @param {() => number} elapsed
   */
  #announce(name, elapsed) {
    let announced = false;
    const first = setTimeout(() => {
      announced = true;
      this.line(`${name} …`);
    }, WORTH_A_LINE_MS);
    const heartbeat = setInterval(
      () => this.line(`${name}: ${formatElapsed(elapsed())} so far`),
      HEARTBEAT_MS,
    );
    return () => {
      clearTimeout(first);
      clearInterval(heartbeat);
      return announced;
    };
  }
}
