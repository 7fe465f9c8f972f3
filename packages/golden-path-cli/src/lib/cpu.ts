import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';

/** Where the processor time of commands goes while something is measured; in seconds. */
type Meter = { cpuSeconds: number };

const meters = new AsyncLocalStorage<Meter>();

/** Clock ticks in a second as /proc counts them; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/self/stat after the command's name: user and system time of children that were waited for. */
const CHILDREN_USER = 13;
const CHILDREN_SYSTEM = 14;

/**
 * Processor time of all ended children and theirs, in seconds, from the text of /proc/self/stat; 0 for what is no such text.
 */
export function childrenSeconds(stat: string): number {
  // The name is in brackets and may hold anything, brackets too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_SYSTEM]);
  return Number.isFinite(ticks) ? ticks / TICKS_PER_SECOND : 0;
}

function readChildren(): number {
  try {
    return childrenSeconds(readFileSync('/proc/self/stat', 'latin1'));
  } catch {
    // Not Linux: then nothing is told apart.
    return 0;
  }
}

let counted = 0;

/**
 * Says that a child has just ended: what its kind used since the last one is counted for whom it was started by. Children that end in the
 * same moment are counted for the first of them.
 */
export function countEndedChild(): void {
  const now = readChildren();
  const meter = meters.getStore();
  if (meter) {
    meter.cpuSeconds += now - counted;
  }
  counted = now;
}

/** Does something and measures the processor time, in seconds, of the commands it ran. */
export async function measured<T>(
  work: () => Promise<T>,
): Promise<{ result: T; cpuSeconds: number }> {
  const meter: Meter = { cpuSeconds: 0 };
  const result = await meters.run(meter, work);
  return { result, cpuSeconds: meter.cpuSeconds };
}

/** Processor time of this process and all its ended children so far, in seconds. */
export function totalCpuSeconds(): { own: number; children: number } {
  const { user, system } = process.cpuUsage();
  return { own: (user + system) / 1e6, children: readChildren() };
}
