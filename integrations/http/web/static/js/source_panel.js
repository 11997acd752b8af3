// @ts-check
// The panel with a source: beside the conversation on a wide screen, over it on a narrow one.
import { element, filled, texts } from "./page_data.js";

const panel = element("bron", HTMLDialogElement);
const title = element("bron-titel", HTMLElement);
const body = element("bron-inhoud", HTMLElement);
const pageLink = element("bron-pagina", HTMLAnchorElement);
const wide = window.matchMedia("(min-width: 64rem)");

/** @type {HTMLAnchorElement | null} What opened the panel, and gets the focus back. */
let opener = null;
let latest = 0;

/**
 * Let links to sources open the panel.
 * @param {(message: string) => void} announce
 */
export function openSourcesHere(announce) {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a[data-source]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!(link instanceof HTMLAnchorElement) || !isPlain) return;
    event.preventDefault();
    if (!panel.contains(link)) remember(link);
    void load(link.href, titleOf(link), announce);
  });
  element("bron-sluiten", HTMLButtonElement).addEventListener("click", () => panel.close());
  panel.addEventListener("close", forget);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.open && !event.defaultPrevented) panel.close();
  });
  wide.addEventListener("change", () => {
    if (panel.open) reopen();
  });
}

/** Close the panel, if it is open. */
export function closeSource() {
  opener = null;
  if (panel.open) panel.close();
}

/** @param {HTMLAnchorElement} link */
function titleOf(link) {
  if (panel.contains(link)) return title.textContent ?? "";
  const item = link.querySelector("[data-slot='title']");
  if (item) return item.textContent ?? "";
  return (link.getAttribute("aria-label") ?? "").replace(/^.*?: /, "");
}

/** @param {HTMLAnchorElement} link */
function remember(link) {
  opener?.removeAttribute("aria-current");
  opener = link;
  link.setAttribute("aria-current", "true");
}

function forget() {
  latest += 1; // what is still being loaded comes too late
  opener?.removeAttribute("aria-current");
  opener?.focus();
  opener = null;
}

function reopen() {
  const kept = opener;
  opener = null; // closing must not move the focus
  panel.close();
  opener = kept;
  open();
}

function open() {
  if (!panel.open) {
    if (wide.matches) panel.show();
    else panel.showModal();
  }
}

/**
 * @param {string} address
 * @param {string} name
 * @param {(message: string) => void} announce
 */
async function load(address, name, announce) {
  latest += 1;
  const mine = latest;
  title.textContent = name;
  pageLink.href = address;
  body.textContent = texts.source.loading;
  open();
  title.focus();
  const contents = await fetched(address);
  if (mine !== latest) return;
  body.replaceChildren(...contents);
  announce(filled(texts.status.source_opened, { title: name }));
  showQuote(new URL(address).hash.slice(1));
}

/** @param {string} address */
async function fetched(address) {
  const asked = new URL(address);
  asked.searchParams.set("paneel", "true");
  try {
    const response = await fetch(asked, { credentials: "same-origin" });
    if (!response.ok) throw new Error(String(response.status));
    // The server has escaped every text; a parsed document runs no scripts.
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
    return [...parsed.body.childNodes].map((node) => document.importNode(node, true));
  } catch {
    const message = document.createElement("p");
    message.className = "field-error";
    message.textContent = texts.errors.source_failed;
    return [message];
  }
}

/** @param {string} anchor */
function showQuote(anchor) {
  const image = body.querySelector("img[data-mark-top]");
  const quote = body.querySelector("mark") ?? (anchor && body.querySelector(`#${CSS.escape(anchor)}`));
  body.scrollTop = 0;
  if (image instanceof HTMLImageElement) showMark(image);
  else if (quote && !body.querySelector(".page-image img")) scrollTo(quote.getBoundingClientRect().top);
  opener?.scrollIntoView({ block: "nearest", behavior: "instant" });
}

/**
 * The quote on the picture of a page; its height is known before it has come, from its attributes.
 * @param {HTMLImageElement} image
 */
function showMark(image) {
  const place = image.getBoundingClientRect();
  scrollTo(place.top + place.height * Number(image.dataset.markTop));
}

/**
 * Bring a place in the window to a third of the panel; the page itself stays where it is.
 * @param {number} top
 */
function scrollTo(top) {
  const view = body.getBoundingClientRect();
  body.scrollTop += top - view.top - view.height / 3;
}
