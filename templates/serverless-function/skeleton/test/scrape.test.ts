import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScrape } from '../local/scrape.js';
import { createMetrics } from '../src/metrics.js';

test('what the function counts is what Prometheus reads', () => {
  const scrape = createScrape('svc', '1.2.3');
  const metrics = createMetrics({ environment: 'test' }, line => scrape.take(line));
  metrics.countRequest({ method: 'GET', route: '/v1/x', status: 200 }, 0.2);
  metrics.countRequest({ method: 'GET', route: '/v1/x', status: 200 }, 0.4);
  metrics.countSecurityEvent('unauthorized');
  const text = scrape.text(1);
  for (const line of [
    'http_requests_total{method="GET",route="/v1/x",status="200",service="svc"} 2',
    'http_request_duration_seconds_bucket{le="0.3",method="GET",route="/v1/x",status="200",service="svc"} 1',
    'http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/v1/x",status="200",service="svc"} 2',
    'http_request_duration_seconds_count{method="GET",route="/v1/x",status="200",service="svc"} 2',
    'security_events_total{event="unauthorized",service="svc"} 1',
    'build_info{version="1.2.3",service="svc"} 1',
    'function_environments{service="svc"} 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line} is missing in\n${text}`);
  }
});

test('lines without metrics change nothing', () => {
  const scrape = createScrape('svc', '1.2.3');
  const before = scrape.text(0);
  for (const line of ['', 'plain words', '{"msg":"hello"}', '{"_aws": broken']) {
    scrape.take(line);
  }
  assert.equal(scrape.text(0), before);
});

test('what is counted once only is declared from the beginning', () => {
  assert.match(createScrape('svc', '1').text(0), /# TYPE function_throttles_total counter/);
});
