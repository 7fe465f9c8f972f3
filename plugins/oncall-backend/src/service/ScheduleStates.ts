import type { OnCallStore } from '../store/OnCallStore';
import { inForceAt, type ScheduleInForce } from './history';

/** The schedules in force, by their refs. The same object as long as nothing changed. */
export type InForce = ReadonlyMap<string, ScheduleInForce>;

/** Reads what is in force; the present is kept in memory until a version is added by any back end. */
export class ScheduleStates {
  #present: { revision: string; value: InForce } | undefined;

  constructor(
    private readonly store: Pick<
      OnCallStore,
      'revision' | 'current' | 'inForceAt'
    >,
    private readonly clock: () => number,
  ) {}

  /** What is in force now, which is also what the future is computed from. */
  async present(): Promise<InForce> {
    const revision = await this.store.revision();
    if (this.#present?.revision !== revision) {
      const now = this.clock();
      // Overrides that ended lately stay, so that a clock a little behind the database's sees no difference.
      const history = await this.store.current(now - 3_600_000);
      this.#present = { revision, value: inForceAt(history, Infinity) };
    }
    return this.#present.value;
  }

  /** What was in force at an instant in milliseconds; the present for one that is not past. */
  async at(instant: number): Promise<InForce> {
    if (instant >= this.clock() - 1000) {
      return await this.present();
    }
    return inForceAt(await this.store.inForceAt(instant), instant);
  }
}
