// @ts-check
// The text of an answer as paragraphs, lists and markers; answer_view.py does the same for the page without scripts.
import { filled, texts } from "./page_data.js";
import { sourceAddress } from "./sources.js";

const MARKER = /\[(\d{1,3})\]/g;
const ITEM = /^\s*(?:[-•*]|\d{1,2}[.)])\s+/;

/**
 * Put a text into an element.
 * @param {HTMLElement} place
 * @param {string} text
 * @param {any[]} citations
 */
export function showText(place, text, citations) {
  place.replaceChildren();
  for (const paragraph of text.trim().split(/\n\s*\n/)) {
    const { intro, items } = cut(paragraph);
    if (intro) place.append(withMarkers(document.createElement("p"), intro, citations));
    if (items.length) {
      const list = document.createElement("ul");
      list.append(...items.map((item) => withMarkers(document.createElement("li"), item, citations)));
      place.append(list);
    }
  }
}

/** @param {string} paragraph */
function cut(paragraph) {
  const lines = paragraph.split("\n").map((line) => line.trim()).filter(Boolean);
  if (lines.length < 2 && !ITEM.test(paragraph)) return { intro: lines.join(" "), items: [] };
  const beginsList = !lines[0].endsWith(":") || ITEM.test(lines[0]);
  const intro = beginsList ? "" : /** @type {string} */ (lines.shift());
  return { intro, items: lines.map((line) => line.replace(ITEM, "")) };
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 * @param {any[]} citations
 */
function withMarkers(place, text, citations) {
  let begin = 0;
  for (const marker of text.matchAll(MARKER)) {
    const citation = citations.find((each) => each.nummer === Number(marker[1]));
    if (!citation) continue;
    place.append(text.slice(begin, marker.index), markerLink(citation));
    begin = marker.index + marker[0].length;
  }
  place.append(text.slice(begin));
  return place;
}

/** @param {any} citation */
function markerLink(citation) {
  const link = document.createElement("a");
  link.className = "marker";
  link.dataset.source = "";
  link.href = sourceAddress(citation);
  link.textContent = citation.nummer;
  link.setAttribute("aria-label", filled(texts.answer.marker, { number: citation.nummer, title: citation.bron.titel }));
  return link;
}
