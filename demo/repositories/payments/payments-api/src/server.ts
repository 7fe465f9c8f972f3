import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { cancel, capture, type Payment } from './payment.ts';

const payments = new Map<string, Payment>();

const server = createServer(async (request, response) => {
  const answer = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  try {
    const [, collection, id, action] = (request.url ?? '/').split('/');
    if (request.method === 'GET' && collection === 'health') {
      return answer(200, { status: 'ok' });
    }
    if (request.method !== 'POST' || collection !== 'payments') {
      return answer(404, { error: 'No such page' });
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    if (!id) {
      const payment: Payment = {
        id: randomUUID(),
        order: String(body.order),
        authorisedCents: Number(body.cents),
        capturedCents: 0,
        state: 'authorised',
      };
      payments.set(payment.id, payment);
      return answer(201, payment);
    }
    const payment = payments.get(id);
    if (!payment) {
      return answer(404, { error: 'No such payment' });
    }
    const changed =
      action === 'capture' ? capture(payment, body.cents) : cancel(payment);
    payments.set(id, changed);
    return answer(200, changed);
  } catch (error) {
    return answer(400, { error: (error as Error).message });
  }
});

server.listen(Number(process.env.PORT ?? 8080));
process.on('SIGTERM', () => server.close());
