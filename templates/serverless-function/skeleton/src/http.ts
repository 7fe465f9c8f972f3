import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** What a route answers. */
export type Answer = { status: number; body: unknown };

/** Answers one request. What it throws becomes the answer: an {@link HttpError} as it says, anything else as 500. */
export type Route = (event: APIGatewayProxyEventV2) => Promise<Answer> | Answer;

/** A request that is refused; the caller sees `message`. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'HttpError';
  }
}
