import type { LoggerService } from '@backstage/backend-plugin-api';
import type {
  OnCallProvider,
  ProviderAnswer,
} from '@pavedroad/plugin-oncall-node';

/** An answer with its age. */
export type AgedAnswer = {
  answer: ProviderAnswer;
  ageSeconds: number;
  /** The provider fails; this is the last answer it gave. */
  stale: boolean;
};

const MAX_AGE = 60_000;
const MAX_ENTRIES = 5_000;

/** Keeps a provider's answers for a minute, and its last known ones for when it fails. */
export class CachedProvider {
  readonly #answers = new Map<
    string,
    { answer: ProviderAnswer; askedAt: number }
  >();
  readonly #asking = new Map<string, Promise<ProviderAnswer | undefined>>();

  constructor(
    readonly provider: OnCallProvider,
    private readonly logger: LoggerService,
    private readonly clock: () => number,
  ) {}

  /**
   * Who is on call at an instant in milliseconds, or undefined when the provider has no such schedule. Only the present is kept.
   * @throws what the provider throws, when there is no earlier answer.
   */
  async onCallAt(
    scheduleId: string,
    instant: number,
  ): Promise<AgedAnswer | undefined> {
    const now = this.clock();
    const text = new Date(instant).toISOString();
    if (Math.abs(instant - now) > MAX_AGE) {
      const answer = await this.provider.onCallAt(scheduleId, text);
      return answer && { answer, ageSeconds: 0, stale: false };
    }
    const known = this.#answers.get(scheduleId);
    const age = known ? Math.round((now - known.askedAt) / 1000) : 0;
    if (known && now - known.askedAt < MAX_AGE) {
      return { answer: known.answer, ageSeconds: age, stale: false };
    }
    try {
      const answer = await this.#ask(scheduleId, text);
      return answer && { answer, ageSeconds: 0, stale: false };
    } catch (error) {
      if (!known) {
        throw error;
      }
      this.logger.warn(
        `${this.provider.title} fails; showing its answer of ${age} s ago`,
        error instanceof Error ? error : new Error(String(error)),
      );
      return { answer: known.answer, ageSeconds: age, stale: true };
    }
  }

  async #ask(
    scheduleId: string,
    instant: string,
  ): Promise<ProviderAnswer | undefined> {
    let asking = this.#asking.get(scheduleId);
    if (!asking) {
      asking = this.provider
        .onCallAt(scheduleId, instant)
        .then(answer => {
          this.#answers.delete(scheduleId);
          if (answer) {
            this.#answers.set(scheduleId, { answer, askedAt: this.clock() });
          }
          if (this.#answers.size > MAX_ENTRIES) {
            this.#answers.delete(this.#answers.keys().next().value!);
          }
          return answer;
        })
        .finally(() => this.#asking.delete(scheduleId));
      this.#asking.set(scheduleId, asking);
    }
    return await asking;
  }
}
