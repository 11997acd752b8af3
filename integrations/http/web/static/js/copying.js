// @ts-check
// The copy buttons below an answer.
import { filled, slot, texts } from "./page_data.js";
import { asHtml, asMarkdown, asPlainText } from "./references.js";

/**
 * Make the buttons of an answer work.
 * @param {HTMLElement} shape
 * @param {any} answer
 * @param {(message: string) => void} announce
 */
export function makeCopyable(shape, answer, announce) {
  for (const button of slot(shape, "copy").querySelectorAll("button")) {
    button.addEventListener("click", async () => {
      const kind = button.dataset.copy ?? "plain";
      const isDone = await copied(answer, kind);
      announce(isDone ? filled(texts.copying.done, { kind: texts.copying[kind] }) : texts.copying.failed);
    });
  }
}

/**
 * @param {any} answer
 * @param {string} kind
 */
async function copied(answer, kind) {
  const plain = kind === "markdown" ? asMarkdown(answer) : asPlainText(answer);
  const html = kind === "word" ? asHtml(answer) : null;
  try {
    const types = { "text/plain": blob(plain, "text/plain"), ...(html && { "text/html": blob(html, "text/html") }) };
    await navigator.clipboard.write([new ClipboardItem(types)]);
    return true;
  } catch {
    return copiedTheOldWay(plain, html); // a page over http on another computer has no clipboard of its own
  }
}

/**
 * @param {string} text
 * @param {string} type
 */
const blob = (text, type) => new Blob([text], { type });

/**
 * @param {string} plain
 * @param {string | null} html
 */
function copiedTheOldWay(plain, html) {
  /** @param {ClipboardEvent} event */
  const fill = (event) => {
    event.preventDefault();
    event.clipboardData?.setData("text/plain", plain);
    if (html) event.clipboardData?.setData("text/html", html);
  };
  document.addEventListener("copy", fill, { once: true });
  try {
    return document.execCommand("copy");
  } finally {
    document.removeEventListener("copy", fill);
  }
}
