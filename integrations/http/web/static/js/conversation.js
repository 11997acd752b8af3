// @ts-check
// The conversation of this tab: kept in the tab only, gone when it closes or a new conversation begins.

const KEY = "beleidswijzer.gesprek";
const MOST_KEPT = 50;
const MOST_SENT = 20; // messages; what the API takes
const LONGEST = 8000;

/** @typedef {{question: string, answer: any}} Exchange */

/** @type {Exchange[]} */
let exchanges = [];

/** The conversation that this tab had before it was loaded again. */
export function restored() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    exchanges = Array.isArray(kept) ? kept : [];
  } catch {
    exchanges = [];
  }
  return exchanges;
}

/** @param {Exchange} exchange */
export function add(exchange) {
  exchanges = [...exchanges, exchange].slice(-MOST_KEPT);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(exchanges));
  } catch {
    // full or forbidden: then it lasts as long as the page
  }
}

export function clear() {
  exchanges = [];
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // nothing was kept
  }
}

/** The messages so far, as the API takes them. */
export function history() {
  const messages = exchanges.flatMap(({ question, answer }) => [
    { rol: "gebruiker", tekst: question },
    { rol: "assistent", tekst: answer.antwoord.slice(0, LONGEST) },
  ]);
  return messages.slice(-MOST_SENT);
}
