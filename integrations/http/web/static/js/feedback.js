// @ts-check
// The thumbs below an answer, with a remark and the question if the visitor wants to send those.
import { judge } from "./asking.js";
import { slot, texts } from "./page_data.js";

/**
 * Send the form without leaving the page.
 * @param {HTMLElement} shape
 * @param {string} question
 * @param {any} answer
 * @param {(message: string) => void} announce
 */
export function makeJudgeable(shape, question, answer, announce) {
  const form = /** @type {HTMLFormElement} */ (slot(shape, "feedback"));
  // Radio buttons of one name are one group in a form only, so each answer's are apart.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    const keeps = fields.has("vraagBewaren");
    const isKept = await judge({
      antwoordId: answer.id,
      oordeel: fields.get("oordeel"),
      opmerking: String(fields.get("opmerking") ?? "").trim(),
      vraagBewaren: keeps,
      ...(keeps && { vraag: question }),
    });
    const message = isKept ? texts.feedback.thanks : texts.feedback.failed;
    const result = slot(shape, "feedback-result");
    result.textContent = message;
    result.hidden = false;
    announce(message);
    if (isKept) {
      result.tabIndex = -1;
      result.focus(); // the button that had it goes away
      for (const part of form.querySelectorAll("fieldset, .feedback-more")) /** @type {HTMLElement} */ (part).hidden = true;
    }
  });
}
