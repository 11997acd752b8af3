// @ts-check
// The page to ask on: sends a question, shows the answer as it comes, keeps the conversation.
import { addBlockedActions, errorTurn, kindOf, newAnswerTurn, questionTurn, showAnswer, showProgress, summaryOf } from "./answers.js";
import { ask, AskError } from "./asking.js";
import * as conversation from "./conversation.js";
import { makeCopyable } from "./copying.js";
import { makeJudgeable } from "./feedback.js";
import { chosenFilters, watchFilters } from "./filters.js";
import { element, slot, texts } from "./page_data.js";
import { closeSource, openSourcesHere } from "./source_panel.js";

const form = element("vraag-formulier", HTMLFormElement);
const field = element("vraag", HTMLTextAreaElement);
const label = element("vraag-label", HTMLElement);
const fieldError = element("vraag-fout", HTMLElement);
const send = element("verstuur", HTMLButtonElement);
const stop = element("stop", HTMLButtonElement);
const log = element("gesprek", HTMLElement);
const section = element("gesprek-deel", HTMLElement);
const status = element("status", HTMLElement);

/** @type {AbortController | null} The question that is being answered. */
let asking = null;

/** @param {string} message */
function announce(message) {
  status.textContent = "";
  // A screen reader does not repeat a text that did not change.
  setTimeout(() => { status.textContent = message; }, 50);
}

/** @param {string} message */
function showFieldError(message) {
  fieldError.textContent = message;
  fieldError.hidden = !message;
  if (message) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/** Show the page as it is before or after the first question. */
function showStage() {
  const hasBegun = log.childElementCount > 0;
  section.hidden = !hasBegun;
  for (const id of ["inleiding", "voorbeelden"]) {
    const part = document.getElementById(id);
    if (part) part.classList.toggle(id === "inleiding" ? "visually-hidden" : "is-gone", hasBegun);
    if (part && id === "voorbeelden") part.hidden = hasBegun;
  }
  element("ai-melding", HTMLElement).classList.toggle("is-short", hasBegun);
  label.textContent = (hasBegun ? label.dataset.next : label.dataset.first) ?? "";
}

/** @param {boolean} isBusy */
function showBusy(isBusy) {
  send.hidden = isBusy;
  stop.hidden = !isBusy;
}

/** @param {HTMLElement} turn */
function scrollTo(turn) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  turn.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });
}

/** @param {string} question */
async function answerTo(question) {
  if (asking) return;
  asking = new AbortController();
  const asked = questionTurn(question);
  const turn = newAnswerTurn();
  log.append(asked, turn);
  field.value = "";
  showStage();
  showBusy(true);
  scrollTo(asked);
  announce(texts.status.searching);
  try {
    const answer = await received(question, turn, asking.signal);
    if (kindOf(answer) === "blocked") showBlocked(question, asked, turn, answer);
    else finish(question, turn, answer);
    announce(summaryOf(answer));
  } catch (error) {
    turn.remove();
    showFailure(error, question, asked);
  } finally {
    asking = null;
    showBusy(false);
  }
}

/**
 * @param {string} question
 * @param {HTMLElement} turn
 * @param {AbortSignal} signal
 */
async function received(question, turn, signal) {
  let text = "";
  /** @type {any[]} */
  const citations = [];
  let answer = null;
  const body = { vraag: question, geschiedenis: conversation.history(), filters: chosenFilters() };
  for await (const { name, data } of ask(body, signal)) {
    if (name === "citaat") citations.push(data);
    else if (name === "tekst") showProgress(turn, (text += data.tekst), citations);
    else if (name === "klaar") answer = data;
  }
  return answer;
}

/**
 * @param {string} question
 * @param {HTMLElement} turn
 * @param {any} answer
 */
function finish(question, turn, answer) {
  showWhole(question, turn, answer);
  conversation.add({ question, answer });
}

/**
 * @param {string} question
 * @param {HTMLElement} turn
 * @param {any} answer
 */
function showWhole(question, turn, answer) {
  showAnswer(turn, answer);
  makeCopyable(turn, answer, announce);
  makeJudgeable(turn, question, answer, announce);
}

/**
 * A question with client data is not kept, not even on the page; it goes back to the field, for the visitor to mend.
 * @param {string} question
 * @param {HTMLElement} asked
 * @param {HTMLElement} turn
 * @param {any} answer
 */
function showBlocked(question, asked, turn, answer) {
  asked.remove();
  showAnswer(turn, answer);
  field.value = question;
  addBlockedActions(turn, () => {
    field.value = "";
    field.focus();
  });
  field.focus();
}

/**
 * @param {unknown} error
 * @param {string} question
 * @param {HTMLElement} asked
 */
function showFailure(error, question, asked) {
  if (error instanceof DOMException && error.name === "AbortError") {
    asked.remove();
    field.value = question;
    showStage();
    field.focus();
    announce(texts.status.stopped);
    return;
  }
  const isOurs = error instanceof AskError;
  const failure = errorTurn(isOurs ? error.message : texts.errors.other, isOurs && error.needsKey, () => {
    asked.remove();
    failure.remove();
    void answerTo(question);
  });
  log.append(failure);
  failure.focus();
  announce(slot(failure, "message").textContent ?? "");
}

function submit() {
  const question = field.value.trim();
  showFieldError(question ? "" : texts.ask.empty);
  if (question) void answerTo(question);
  else field.focus();
}

function begin() {
  asking?.abort();
  conversation.clear();
  closeSource();
  log.replaceChildren();
  showFieldError("");
  field.value = "";
  showStage();
  field.focus();
  announce(texts.status.cleared);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
field.addEventListener("keydown", (event) => {
  // While a character is being composed (Chinese, accents on some keyboards) Enter belongs to the composing.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  }
});
field.addEventListener("input", () => showFieldError(""));
stop.addEventListener("click", () => asking?.abort());
document.getElementById("nieuw-formulier")?.addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
document.getElementById("voorbeelden")?.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("button");
  if (!button) return;
  event.preventDefault();
  void answerTo(button.value);
});

openSourcesHere(announce);
watchFilters();
if (log.childElementCount === 0) {
  for (const { question, answer } of conversation.restored()) {
    const turn = newAnswerTurn();
    log.append(questionTurn(question), turn);
    showWhole(question, turn, answer);
  }
}
showStage();
