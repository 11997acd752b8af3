// @ts-check
// Where a source is shown: the same addresses as source_pages.py makes.
import { copyOf, dayWords, filled, language, languageOf, root, slot, texts } from "./page_data.js";

/**
 * Our own page that shows a citation.
 * @param {any} citation
 */
export function sourceAddress(citation) {
  const query = new URLSearchParams();
  if (citation.pagina) query.set("pagina", citation.pagina);
  query.set("van", citation.begin);
  query.set("tot", citation.einde);
  if (language !== "nl") query.set("taal", language);
  return `${root}/bronnen/${encodeURIComponent(citation.bron.id)}?${query}#z${citation.begin}`;
}

/**
 * Where in a document a citation stands: its headings and page.
 * @param {any} citation
 */
export function placeWords(citation) {
  const page = citation.pagina ? filled(texts.answer.page, { page: citation.pagina }) : "";
  const { titel } = citation.bron;
  const headings = (citation.kop ?? "").split(" › ").filter((/** @type {string} */ heading) => heading !== titel);
  return [headings.join(" › "), page].filter(Boolean).join(", ");
}

/**
 * One source below an answer.
 * @param {any} citation
 */
export function sourceItem(citation) {
  const shape = copyOf("bron-vorm");
  const { bron } = citation;
  const link = /** @type {HTMLAnchorElement} */ (slot(shape, "link"));
  link.href = sourceAddress(citation);
  slot(shape, "number").textContent = citation.nummer;
  slot(shape, "prefix").textContent = `${texts.source.panel} ${citation.nummer}: `;
  const title = slot(shape, "title");
  title.textContent = bron.titel;
  title.lang = languageOf(bron.id);
  const status = slot(shape, "status");
  status.hidden = bron.status === "geldig" || bron.status === "onbekend";
  status.textContent = texts.statuses[bron.status] ?? bron.status;
  slot(shape, "publisher").textContent = bron.uitgever || texts.answer.unknown_publisher;
  slot(shape, "date").textContent = dayWords(bron.publicatiedatum) || texts.answer.undated;
  const place = slot(shape, "place");
  place.textContent = placeWords(citation);
  place.hidden = !place.textContent;
  const quote = slot(shape, "quote");
  quote.textContent = citation.citaat;
  quote.lang = languageOf(bron.id);
  return shape;
}
