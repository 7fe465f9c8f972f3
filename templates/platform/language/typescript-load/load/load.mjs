// Load test tied to the service level: `BASE_URL=http://… node load/load.mjs`. Fails when the objectives of ci/service.env are not
// met at RATE requests a second for DURATION_SECONDS. Open model: requests start on time whether or not earlier ones were answered,
// as users do.
import { setTimeout as sleep } from 'node:timers/promises';

const number = (name, fallback) => {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isFinite(value) || value <= 0) {
    throw new Error(`${name} must be a positive number`);
  }
  return value;
};
const baseUrl = process.env.BASE_URL;
if (!baseUrl) {
  throw new Error('BASE_URL names the deployment to load');
}
const rate = number('RATE', 50);
const seconds = number('DURATION_SECONDS', 30);
const objective = number('SLO_AVAILABILITY_PERCENT') / 100;
const latencyObjective = number('SLO_LATENCY_PERCENT') / 100;
const latencySeconds = number('SLO_LATENCY_SECONDS');
const path = process.env.LOAD_PATH ?? '/v1/greetings/load';

const durations = [];
let failed = 0;
async function request() {
  const started = performance.now();
  try {
    const response = await fetch(new URL(path, baseUrl), { signal: AbortSignal.timeout(10_000) });
    await response.arrayBuffer();
    if (response.status >= 500) {
      failed += 1;
      return;
    }
    durations.push((performance.now() - started) / 1000);
  } catch {
    failed += 1;
  }
}

const inFlight = [];
const begin = performance.now();
for (let i = 0; i < rate * seconds; i += 1) {
  const due = begin + (i * 1000) / rate;
  const wait = due - performance.now();
  if (wait > 0) {
    await sleep(wait);
  }
  inFlight.push(request());
}
await Promise.all(inFlight);

durations.sort((a, b) => a - b);
const total = durations.length + failed;
const quantile = q => durations[Math.min(durations.length - 1, Math.floor(q * durations.length))] ?? Infinity;
const fastEnough = durations.filter(d => d <= latencySeconds).length / total;
const available = (total - failed) / total;
console.log(
  JSON.stringify({
    requests: total,
    failed,
    p50Seconds: quantile(0.5),
    p99Seconds: quantile(0.99),
    available,
    fasterThanObjective: fastEnough,
    objectives: { available: objective, fasterThanObjective: latencyObjective, latencySeconds },
  }),
);
if (available < objective || fastEnough < latencyObjective) {
  console.error('The service level was not met under this load.');
  process.exitCode = 1;
}
