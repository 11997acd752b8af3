// @ts-check
// An answer with its references, to be pasted elsewhere: as plain text, as Markdown, or for a word processor.
import { dayWords, filled, texts, today } from "./page_data.js";
import { placeWords } from "./sources.js";

/**
 * @param {any} answer
 * @returns {string}
 */
export function asPlainText(answer) {
  const references = cited(answer).map((citation) => {
    const parts = [...factsOf(citation), citation.link, consulted()];
    return `[${citation.nummer}] ${citation.bron.titel}. ${parts.join(". ")}.`;
  });
  return [textOf(answer), titled(references, texts.copying.sources), notice()].filter(Boolean).join("\n\n");
}

/**
 * @param {any} answer
 * @returns {string}
 */
export function asMarkdown(answer) {
  const references = cited(answer).map((citation) => {
    const parts = [...factsOf(citation).map(escapedMarkdown), consulted()];
    return `${citation.nummer}. [${escapedMarkdown(citation.bron.titel)}](<${citation.link}>). ${parts.join(". ")}.`;
  });
  const text = escapedMarkdown(textOf(answer)).replace(/\n(?!\n)/g, "  \n");
  return [text, titled(references, `**${texts.copying.sources}**\n`), `*${notice()}*`].filter(Boolean).join("\n\n");
}

/**
 * @param {any} answer
 * @returns {string}
 */
export function asHtml(answer) {
  const paragraphs = textOf(answer).split(/\n\s*\n/).map((paragraph) => `<p>${escaped(paragraph).replaceAll("\n", "<br>")}</p>`);
  const references = cited(answer).map((citation) => {
    const parts = [...factsOf(citation).map(escaped), escaped(consulted())];
    const link = `<a href="${escaped(citation.link)}">${escaped(citation.bron.titel)}</a>`;
    return `<p>[${citation.nummer}] ${link}. ${parts.join(". ")}.</p>`;
  });
  const heading = references.length ? [`<p><b>${escaped(texts.copying.sources)}</b></p>`] : [];
  return [...paragraphs, ...heading, ...references, `<p><i>${escaped(notice())}</i></p>`].join("\n");
}

/**
 * @param {any} answer
 * @returns {any[]}
 */
const cited = (answer) => (answer.citaten.length ? answer.citaten : (answer.dichtstbij ?? []));

/**
 * The text as it is on the page: a refusal without the addresses that only text clients need.
 * @param {any} answer
 * @returns {string}
 */
const textOf = (answer) => (answer.volledigheid === "geen" ? answer.antwoord.split("\n")[0] : answer.antwoord);

/**
 * Publisher, date, place in the document, and the address of the original.
 * @param {any} citation
 */
function factsOf(citation) {
  const { bron } = citation;
  const who = [bron.uitgever || texts.answer.unknown_publisher, dayWords(bron.publicatiedatum) || texts.answer.undated];
  const original = bron.url ? `${capitalised(texts.copying.original)}: ${bron.url}` : "";
  return [who.join(", "), capitalised(placeWords(citation)), original].filter(Boolean);
}

const consulted = () => capitalised(filled(texts.copying.consulted, { date: dayWords(today()) }));
const notice = () => filled(texts.copying.notice, { date: dayWords(today()) });

/** @param {string} text */
const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * @param {string[]} lines
 * @param {string} title
 */
const titled = (lines, title) => (lines.length ? [title, ...lines].join("\n") : "");

/** @param {string} text */
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** @param {string} text */
const escapedMarkdown = (text) => text.replace(/[\\`*_<>]/g, "\\$&");
