// @ts-check
// What the server wrote into the page for the scripts: words, language, and where the service lives.

const data = /** @type {HTMLElement} */ (document.getElementById("gegevens")).dataset;

/** @type {Record<string, Record<string, string>>} */
export const texts = JSON.parse(data.texts ?? "{}");

/** @type {string} */
export const language = data.language ?? "nl";

/** @type {string} The path of the service, without a slash at the end. */
export const root = data.root ?? "";

/** @type {Record<string, string>} Of documents that are not Dutch, by id. */
const documentLanguages = JSON.parse(data.documentLanguages ?? "{}");

/**
 * The language that a document is in.
 * @param {string} id
 */
export const languageOf = (id) => documentLanguages[id] ?? "nl";

/**
 * A text with its {names} filled in.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/**
 * A date as people write it; empty without one.
 * @param {string | null} day such as "2021-07-03"
 */
export function dayWords(day) {
  if (!day) return "";
  const [year, month, date] = day.split("-").map(Number);
  const moment = new Date(Date.UTC(year, month - 1, date));
  const locale = language === "en" ? "en-GB" : "nl-NL";
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(moment);
}

/** Today, as dayWords takes it. */
export function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/**
 * An element that the templates promise.
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`#${id} is missing`);
  return found;
}

/**
 * A copy of a template's only element.
 * @param {string} id
 */
export function copyOf(id) {
  const template = element(id, HTMLTemplateElement);
  return /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
}

/**
 * The place for something in a copied template.
 * @param {ParentNode} shape
 * @param {string} name
 */
export function slot(shape, name) {
  const found = shape.querySelector(`[data-slot="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`slot ${name} is missing`);
  return found;
}
