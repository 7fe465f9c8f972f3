/**
 * What the function counts, for Prometheus: it writes metrics as lines of its log (CloudWatch's embedded metric format), and this adds
 * them up. A metric in `Count` is a counter, one in `Seconds` a histogram; every text beside it in the line is a label.
 */
export type Scrape = {
  /** Takes a line of the log; one that holds no metrics changes nothing. */
  take(line: string): void;
  /** Counts a request the function could not count itself, because it never came to an end there. */
  countRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
  countThrottle(): void;
  countTimeout(): void;
  /** All of it in Prometheus' text format. */
  text(environments: number): string;
};

/** The latency objectives (0.3, 0.5 and 1 s) are bucket bounds, so that they are counted exactly. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10];

type Labels = Record<string, string>;
type Series = { labels: Labels; value: number; buckets: number[]; count: number };
type Family = { type: 'counter' | 'histogram'; series: Map<string, Series> };

export function createScrape(service: string, version: string): Scrape {
  const families = new Map<string, Family>();

  const family = (name: string, type: Family['type']): Family => {
    const known = families.get(name) ?? { type, series: new Map<string, Series>() };
    families.set(name, known);
    return known;
  };
  const observe = (name: string, type: Family['type'], labels: Labels, value: number) => {
    const { series } = family(name, type);
    const key = JSON.stringify(Object.entries(labels).sort());
    const known = series.get(key) ?? { labels, value: 0, buckets: BUCKETS.map(() => 0), count: 0 };
    known.value += value;
    known.count += 1;
    BUCKETS.forEach((bound, index) => {
      known.buckets[index] = (known.buckets[index] ?? 0) + Number(value <= bound);
    });
    series.set(key, known);
  };
  // Counters that stay at nothing in a good life are there from the beginning, so that a rule can tell nothing from not measured.
  for (const name of ['security_events_total', 'function_throttles_total', 'function_timeouts_total']) {
    family(name, 'counter');
  }

  const format = (labels: Labels) =>
    `{${Object.entries({ ...labels, service })
      .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`)
      .join(',')}}`;

  return {
    take(line) {
      const record = metricsIn(line);
      if (!record) {
        return;
      }
      const metrics = (record._aws.CloudWatchMetrics ?? []).flatMap(({ Metrics = [] }) => Metrics);
      const labels = Object.fromEntries(
        Object.entries(record).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[0] !== 'environment'),
      );
      for (const { Name, Unit } of metrics) {
        const value = record[Name];
        if (typeof value === 'number') {
          observe(Name, Unit === 'Seconds' ? 'histogram' : 'counter', labels, value);
        }
      }
    },
    countRequest({ method, route, status }, seconds) {
      const labels = { method, route, status: String(status) };
      observe('http_requests_total', 'counter', labels, 1);
      observe('http_request_duration_seconds', 'histogram', labels, seconds);
    },
    countThrottle: () => observe('function_throttles_total', 'counter', {}, 1),
    countTimeout: () => observe('function_timeouts_total', 'counter', {}, 1),
    text(environments) {
      const lines: string[] = [];
      for (const [name, { type, series }] of families) {
        lines.push(`# TYPE ${name} ${type}`);
        for (const { labels, value, buckets, count } of series.values()) {
          if (type === 'counter') {
            lines.push(`${name}${format(labels)} ${value}`);
            continue;
          }
          BUCKETS.forEach((bound, index) => lines.push(`${name}_bucket${format({ le: String(bound), ...labels })} ${buckets[index]}`));
          lines.push(`${name}_bucket${format({ le: '+Inf', ...labels })} ${count}`);
          lines.push(`${name}_sum${format(labels)} ${value}`, `${name}_count${format(labels)} ${count}`);
        }
      }
      lines.push('# TYPE function_environments gauge', `function_environments${format({})} ${environments}`);
      lines.push('# TYPE build_info gauge', `build_info${format({ version })} 1`);
      return `${lines.join('\n')}\n`;
    },
  };
}

type MetricsRecord = {
  _aws: { CloudWatchMetrics?: { Metrics?: { Name: string; Unit?: string }[] }[] };
  [name: string]: unknown;
};

function metricsIn(line: string): MetricsRecord | undefined {
  if (!line.includes('"_aws"')) {
    return undefined;
  }
  try {
    return JSON.parse(line) as MetricsRecord;
  } catch {
    return undefined;
  }
}
