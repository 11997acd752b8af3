// @ts-check
// The filters beside the question.
import { element, filled, texts } from "./page_data.js";

const form = element("vraag-formulier", HTMLFormElement);
const details = element("filters", HTMLDetailsElement);
const count = element("filters-gekozen", HTMLElement);
const clear = element("filters-wissen", HTMLButtonElement);

/** The filters as the API takes them. */
export function chosenFilters() {
  const fields = new FormData(form);
  const text = (/** @type {string} */ name) => String(fields.get(name) ?? "");
  return {
    bronnen: fields.getAll("bronnen").map(String),
    themas: fields.getAll("themas").map(String),
    statussen: fields.has("geldig") ? ["geldig"] : [],
    vanaf: text("vanaf") || null,
    tot: text("tot") || null,
    geldigOp: text("geldigOp") || null,
  };
}

function showCount() {
  const { bronnen, themas, statussen, ...days } = chosenFilters();
  const chosen = bronnen.length + themas.length + statussen.length + Object.values(days).filter(Boolean).length;
  count.textContent = chosen ? filled(texts.filters.chosen, { count: chosen }) : texts.filters.none;
  clear.hidden = chosen === 0;
}

/** Let a long list of sources be shortened to those with some words in their title; what is chosen stays in view. */
function watchSearch() {
  const search = document.getElementById("filters-zoek");
  const labels = /** @type {NodeListOf<HTMLElement>} */ (details.querySelectorAll("label:has([name='bronnen'])"));
  if (!(search instanceof HTMLInputElement)) return;
  /** @type {HTMLElement} */ (search.parentElement).hidden = false;
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/);
    for (const label of labels) {
      const title = (label.textContent ?? "").toLowerCase();
      label.hidden = !words.every((word) => title.includes(word)) && !label.querySelector("input:checked");
    }
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it would ask the question
  });
}

/** Show what is chosen, and let it be cleared. */
export function watchFilters() {
  details.addEventListener("input", showCount);
  clear.addEventListener("click", () => {
    for (const input of details.querySelectorAll("input")) {
      if (input.type === "checkbox") input.checked = false;
      else if (input.type === "date") input.value = "";
    }
    showCount();
    details.querySelector("summary")?.focus();
  });
  showCount();
  watchSearch();
}
