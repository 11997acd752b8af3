// @ts-check
// Asks the API, and tells what went wrong in words that help.
import { serverEvents } from "./event_stream.js";
import { filled, language, root, texts } from "./page_data.js";

/** What the visitor is told when there is no answer. */
export class AskError extends Error {
  /**
   * @param {string} message
   * @param {boolean} [needsKey] whether signing in again helps
   */
  constructor(message, needsKey = false) {
    super(message);
    this.needsKey = needsKey;
  }
}

/**
 * The events of one answer.
 * @param {object} body as POST /v1/antwoorden takes it
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<{name: string, data: any}>}
 */
export async function* ask(body, signal) {
  const response = await sent("/v1/antwoorden", body, signal, "text/event-stream");
  if (!response.ok || !response.body) throw problemError(await problemOf(response), response);
  let isFinished = false;
  try {
    for await (const event of serverEvents(response.body)) {
      if (event.name === "fout") throw problemError(event.data, response);
      isFinished ||= event.name === "klaar";
      yield event;
    }
  } catch (error) {
    if (error instanceof AskError || signal.aborted) throw error;
    throw new AskError(texts.errors.interrupted);
  }
  if (!isFinished) throw new AskError(texts.errors.interrupted);
}

/**
 * Send feedback; false when it did not arrive.
 * @param {object} body as POST /v1/beoordelingen takes it
 */
export async function judge(body) {
  try {
    return (await sent("/v1/beoordelingen", body, undefined, "application/json")).ok;
  } catch {
    return false;
  }
}

/**
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal | undefined} signal
 * @param {string} accept
 */
async function sent(path, body, signal, accept) {
  try {
    return await fetch(root + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: accept },
      body: JSON.stringify(body),
      credentials: "same-origin",
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new AskError(texts.errors.network);
  }
}

/** @param {Response} response */
async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

/**
 * @param {{status?: number, detail?: string}} problem
 * @param {Response} response
 */
function problemError(problem, response) {
  const { errors } = texts;
  const seconds = response.headers.get("Retry-After") ?? "60";
  switch (problem.status ?? response.status) {
    case 400: case 413: case 422: return new AskError(errors.invalid);
    case 401: return new AskError(errors.unauthorised, true);
    case 403: return new AskError(errors.forbidden, true);
    case 429: return new AskError(filled(errors.too_many, { seconds }));
    case 503: return new AskError((language === "nl" && problem.detail) || errors.closed); // its detail is Dutch
    default: return new AskError(errors.other);
  }
}
