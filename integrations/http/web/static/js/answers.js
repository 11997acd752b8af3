// @ts-check
// One answer on the page: while it comes in, when it is there, or why it is not there.
import { showText } from "./answer_text.js";
import { copyOf, element, filled, languageOf, slot, texts } from "./page_data.js";
import { sourceItem } from "./sources.js";

const KINDS = /** @type {Record<string, string>} */ ({ volledig: "complete", gedeeltelijk: "partial", geen: "none" });

/**
 * What kind of answer it is: complete, partial, none or blocked.
 * @param {any} answer
 */
export const kindOf = (answer) => (answer.geblokkeerd?.length ? "blocked" : KINDS[answer.volledigheid]);

/** @param {string} question */
export function questionTurn(question) {
  const shape = copyOf("vraag-vorm");
  slot(shape, "question").textContent = question;
  return shape;
}

/** An answer that is still empty. */
export function newAnswerTurn() {
  const shape = copyOf("antwoord-vorm");
  shape.setAttribute("aria-busy", "true");
  for (const name of ["warnings", "sources", "actions", "by-ai"]) slot(shape, name).hidden = true;
  const state = slot(shape, "state");
  state.textContent = texts.status.searching;
  return shape;
}

/**
 * The part of an answer that has come in.
 * @param {HTMLElement} shape
 * @param {string} text
 * @param {any[]} citations
 */
export function showProgress(shape, text, citations) {
  const place = slot(shape, "text");
  if (citations.length) place.lang = languageOf(citations[0].bron.id);
  showText(place, text, citations);
}

/**
 * A whole answer.
 * @param {HTMLElement} shape
 * @param {any} answer
 */
export function showAnswer(shape, answer) {
  const kind = kindOf(answer);
  shape.classList.add(`is-${kind}`);
  shape.removeAttribute("aria-busy");
  showState(slot(shape, "state"), kind);
  slot(shape, "by-ai").hidden = kind === "blocked";
  show(slot(shape, "understood"), answer.begrepenAls && filled(texts.answer.understood, { question: answer.begrepenAls }));
  const isQuoted = answer.werkwijze === "extractief" && answer.citaten.length > 0;
  const text = slot(shape, "text");
  text.lang = isQuoted ? languageOf(answer.citaten[0].bron.id) : answer.taal;
  // A refusal lists the nearest places as addresses, for clients that have text only; here they are links below it.
  showText(text, kind === "none" ? answer.antwoord.split("\n")[0] : answer.antwoord, answer.citaten);
  showWarnings(shape, kind === "blocked" ? [] : answer.waarschuwingen, answer.taal);
  showRemoved(slot(shape, "removed"), answer.verwijderdeBeweringen ?? 0);
  showSources(shape, kind, kind === "none" ? (answer.dichtstbij ?? []) : answer.citaten);
  slot(shape, "actions").hidden = kind === "blocked";
  slot(shape, "copy").hidden = false;
}

/**
 * What an answer amounts to, for a screen reader.
 * @param {any} answer
 */
export function summaryOf(answer) {
  const kind = kindOf(answer);
  if (kind === "blocked") return `${texts.answer.blocked}. ${answer.antwoord}`;
  return filled(texts.status.ready, { completeness: texts.answer[kind], count: answer.citaten.length });
}

/**
 * Why there is no answer.
 * @param {string} message
 * @param {boolean} needsKey
 * @param {() => void} retry
 */
export function errorTurn(message, needsKey, retry) {
  const shape = copyOf("fout-vorm");
  slot(shape, "message").textContent = message;
  slot(shape, "sign-in").hidden = !needsKey;
  slot(shape, "retry").addEventListener("click", retry);
  return shape;
}

/**
 * What to do with a question that holds client data: it is still in the field, and the visitor decides.
 * @param {HTMLElement} shape
 * @param {() => void} clear
 */
export function addBlockedActions(shape, clear) {
  const actions = copyOf("blokkade-vorm");
  slot(actions, "clear").addEventListener("click", clear);
  slot(shape, "text").after(actions);
}

/**
 * @param {HTMLElement} place
 * @param {string} kind
 */
function showState(place, kind) {
  const icon = element("icoon-vorm", HTMLTemplateElement).content.querySelector(`[data-icon="${kind}"] svg`);
  const words = document.createElement("span");
  words.textContent = texts.answer[kind];
  place.replaceChildren(...(icon ? [icon.cloneNode(true)] : []), words);
}

/**
 * @param {HTMLElement} place
 * @param {string | null | false | undefined} text
 */
function show(place, text) {
  place.textContent = text || "";
  place.hidden = !text;
}

/**
 * @param {HTMLElement} shape
 * @param {{tekst: string}[]} warnings
 * @param {string} language
 */
function showWarnings(shape, warnings, language) {
  const list = slot(shape, "warning-list");
  list.lang = language;
  list.replaceChildren(...warnings.map(({ tekst }) => Object.assign(document.createElement("li"), { textContent: tekst })));
  slot(shape, "warnings").hidden = warnings.length === 0;
}

/**
 * @param {HTMLElement} place
 * @param {number} count
 */
function showRemoved(place, count) {
  const { removed_one: one, removed_more: more } = texts.answer;
  show(place, count === 1 ? one : count > 1 && filled(more, { count }));
}

/**
 * @param {HTMLElement} shape
 * @param {string} kind
 * @param {any[]} citations
 */
function showSources(shape, kind, citations) {
  slot(shape, "sources-title").textContent = kind === "none" ? texts.answer.nearest : texts.answer.sources;
  slot(shape, "source-list").replaceChildren(...citations.map(sourceItem));
  slot(shape, "sources").hidden = citations.length === 0;
}
